/** Characters that are refused, removed or escaped (rules ). */
import { describe, expect, it } from 'vitest'
import {
  byteLength,
  cleanText,
  collapseWhiteSpace,
  describeCharacter,
  escapeMarkup,
  findForbidden,
  findNearest,
  PAGE_MARK,
  SITE_MARK,
} from '../../src/text/characters.ts'

const listRange = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

/** All forbidden characters. Tab and line ends are white space, and so is U+0085 in XML. */
const FORBIDDEN = [
  ...listRange(0x00, 0x1f).filter((point) => ![0x09, 0x0a, 0x0d].includes(point)),
  ...listRange(0x7f, 0x9f).filter((point) => point !== 0x85),
  ...listRange(0x202a, 0x202e),
  ...listRange(0xfdd0, 0xfdef),
  ...listRange(0, 16).flatMap((plane) => [plane * 0x10000 + 0xfffe, plane * 0x10000 + 0xffff]),
  0xd800,
  0xdbff,
  0xdc00,
  0xdfff,
]

describe('findForbidden', () => {
  it.each(FORBIDDEN)(
    'finds code point %s, and counts positions in characters, not in code units',
    (point) => {
      expect(findForbidden(`🚀a${String.fromCodePoint(point)}b`)).toEqual({
        codePoint: point,
        position: 3,
      })
    },
  )

  it.each([
    'plain',
    'tab\tand\nline\r\nends',
    'U+0085 \u0085 and U+2028 \u2028',
    'emoji 👩‍🚀 with joiners',
    'العربية',
    'a pair \ud83d\ude80',
    '\u2066isolated\u2069 and \u2067\u2068nested\u2069\u2069',
    '\ufffd \u200e \u200f \u061c',
  ])('accepts %j', (text) => {
    expect(findForbidden(text)).toBeUndefined()
  })

  it.each([
    ['an isolate that is never closed', 'ab\u2067c', { codePoint: 0x2067, position: 3 }],
    ['a pop isolate without an open isolate', 'a\u2069', { codePoint: 0x2069, position: 2 }],
    [
      'the outer of two isolates if only the inner one is closed',
      '\u2066\u2068x\u2069',
      { codePoint: 0x2066, position: 1 },
    ],
  ])('finds %s', (_, text, found) => {
    expect(findForbidden(text)).toEqual(found)
  })
})

describe('describeCharacter', () => {
  it.each([
    [0x00, 'U+0000 (NUL)'],
    [0x07, 'U+0007 (control)'],
    [0x9b, 'U+009B (control)'],
    [0x202e, 'U+202E (right-to-left override)'],
    [0xd800, 'U+D800 (lone surrogate)'],
    [0xfffe, 'U+FFFE (noncharacter)'],
    [0x1ffff, 'U+1FFFF (noncharacter)'],
  ])('names %s', (point, name) => {
    expect(describeCharacter(point)).toBe(name)
  })
})

describe('cleanText', () => {
  it('removes every forbidden character and nothing else (R-25)', () => {
    const hostile = FORBIDDEN.map((point) => `x${String.fromCodePoint(point)}`).join('')
    // An x separates the lone surrogates, because two of them side by side could be a pair.
    expect(cleanText(`${hostile}\u2028é🚀`).text).toBe(`${'x'.repeat(FORBIDDEN.length)}\u2028é🚀`)
  })

  it('reports each removed character once, with its number of occurrences', () => {
    expect(cleanText('\u0000a\u0000\u202e\u0000').removed).toEqual([
      'U+0000 (NUL), 3 times',
      'U+202E (right-to-left override)',
    ])
  })

  it('replaces U+0085 by a space, so that the words beside it do not run together', () => {
    expect(cleanText('a\u0085b\u0085c')).toEqual({
      text: 'a b c',
      removed: ['U+0085 (next line), 2 times'],
    })
  })

  it('converts line ends to line feeds and normalises to NFC', () => {
    expect(cleanText('a\r\nb\rc\ne\u0301')).toEqual({ text: 'a\nb\nc\né', removed: [] })
  })

  it('removes the marks that stored HTML uses internally', () => {
    expect(cleanText(`a${SITE_MARK}b${PAGE_MARK}c`).text).toBe('abc')
  })
})

describe('collapseWhiteSpace', () => {
  it('collapses white space of every kind, including U+0085 and U+2028 (X-02)', () => {
    expect(collapseWhiteSpace('\ufeff a \t\r\n b\u0085c\u2028d\u2029e\u00a0f\u3000 ')).toBe(
      'a b c d e f',
    )
  })

  it('changes nothing when applied again', () => {
    const once = collapseWhiteSpace(' \u0085 e\u0301 \u2028 x \u0085')
    expect(once).toBe('é x')
    expect(collapseWhiteSpace(once)).toBe(once)
  })
})

it('escapeMarkup escapes ampersands, angle brackets and quotation marks exactly once', () => {
  expect(escapeMarkup('<a href="x">&amp; ]]>')).toBe('&lt;a href=&quot;x&quot;&gt;&amp;amp; ]]&gt;')
})

it('byteLength counts the bytes of UTF-8', () => {
  expect(byteLength('aéع🚀')).toBe(1 + 2 + 2 + 4)
})

describe('findNearest', () => {
  it.each([
    ['Titel', 'title'],
    ['sumary', 'summary'],
    ['lang', 'language'],
    ['tag', 'tags'],
    ['zzzzzzzz', undefined],
  ])('for %s returns %s', (word, key) => {
    expect(findNearest(word, ['title', 'summary', 'language', 'tags'])).toBe(key)
  })

  it('is fast with a long word (X-16)', () => {
    const start = performance.now()
    expect(findNearest('x'.repeat(100_000), ['title', 'summary'])).toBeUndefined()
    expect(performance.now() - start).toBeLessThan(500)
  })
})
