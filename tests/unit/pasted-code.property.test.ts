/** Pasted codes with any text around them, and texts without a code (rules L-11, L-16, L-29). */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CODE_GRAMMAR } from '../../src/model/code.ts'
import { type LinkForm, parsePastedCode } from '../../src/model/pasted-code.ts'
import { runs } from '../support/runs.ts'

const HOSTS: ReadonlySet<string> = new Set(['arab.news', 'www.news.example', 'localhost:8787'])

const anyOf = (...texts: string[]) => fc.constantFrom(...texts)

/** A decoration adds text around a text. */
type Decoration = (text: string) => string

const CLOSING = [
  ...[
    ...'.,;:!)]}”’»›*`~|=–—…®•؛،؟۔。、」』）】》；：！．～',
    ' ',
    '\t',
    '\n',
    '\u00a0',
    '\u3000',
    '...',
    '**',
    '. ',
  ],
  ...['”.', ').', '»،', '」。', '´', '👍🏽', '🇦🇪'],
]
const OPENING = [
  ...[...'([{“‘«„*`~|•–—¿¡@&#?<"「『（【《', ' ', '\n', '\u00a0', '\u3000', '**', '> ', '´', '👉'],
]
/** Text that programs append to a link by mistake; ignored characters may follow it. */
const APPENDED = [
  '?utm=1',
  '&utm_source=x',
  '</a>',
  '"',
  '">',
  '#top',
  '&nbsp;',
  '?u=//evil.example/',
  '？',
  '＜b',
]
const INVISIBLE = [
  '\u200b',
  '\u200e',
  '\u200f',
  '\u2066',
  '\u2069',
  '\u202b',
  '\u00ad',
  '\ufeff',
  '\ufe0f',
  '\u061c',
]

const closing = anyOf(...CLOSING).map(
  (after): Decoration =>
    (text) =>
      text + after,
)
const opening = anyOf(...OPENING).map(
  (before): Decoration =>
    (text) =>
      before + text,
)
const emphasis = anyOf('_', '-', '__').map(
  (mark): Decoration =>
    (text) =>
      `${mark}${text}${mark}`,
)
const appended = anyOf(...APPENDED).map(
  (after): Decoration =>
    (text) =>
      text + after,
)
const invisible = fc.tuple(anyOf(...INVISIBLE), fc.nat()).map(
  ([character, place]): Decoration =>
    (text) => {
      const characters = [...text]
      characters.splice(place % (characters.length + 1), 0, character)
      return characters.join('')
    },
)
const wide: fc.Arbitrary<Decoration> = fc.constant((text) =>
  // U+FF01 to U+FF5E are the full-width forms of the printable ASCII characters.
  text.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0)),
)
const anyDecoration = fc.oneof(
  { weight: 4, arbitrary: closing },
  { weight: 4, arbitrary: opening },
  { weight: 2, arbitrary: invisible },
  { weight: 1, arbitrary: emphasis },
  { weight: 1, arbitrary: appended },
  { weight: 1, arbitrary: wide },
)
const address = fc
  .tuple(
    anyOf('', 'https://', 'http://', 'https:/', 'HTTP:/', 'https://https://'),
    anyOf(...HOSTS, 'Arab.News', 'WWW.NEWS.EXAMPLE'),
  )
  .map(
    ([scheme, host]): Decoration =>
      (text) =>
        `${scheme}${host}/${text}`,
  )

const encodings = anyOf('all', 'browser', 'twice').map((way) => (text: string): string => {
  if (way === 'browser') return encodeURIComponent(text).replaceAll('%2F', '/')
  const once = encodeURIComponent(text)
  return way === 'twice' ? encodeURIComponent(once) : once
})

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const code = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/)
/** Begins and ends with a letter or digit, because emphasis around other words is ambiguous. */
const word = fc
  .tuple(fc.stringMatching(/^[A-Za-z0-9_-]{0,20}$/), anyOf(...LETTERS), anyOf(...LETTERS))
  .map(([inside, first, last]) => `${first}${inside}${last}`)
const form = fc.constantFrom<[string, LinkForm]>(
  ['', 'link'],
  ['+', 'preview'],
  ['+.json', 'preview-json'],
  ['.svg', 'picture'],
)

const decorate = (text: string, decorations: readonly Decoration[]): string =>
  decorations.reduce((inner, decoration) => decoration(inner), text)

/**
 * Builds the path of the decorated text. Omits its outermost decorations if the path would be
 * longer than 600 characters, because such a path is refused.
 */
function getPath(
  text: string,
  decorations: readonly Decoration[],
  encode: (text: string) => string,
): string {
  let count = decorations.length
  while (count > 0 && encode(decorate(text, decorations.slice(0, count))).length > 590) count -= 1
  return `/${encode(decorate(text, decorations.slice(0, count)))}`
}

describe('a pasted code', () => {
  it('without other text is the first interpretation, in any form and encoding', () => {
    fc.assert(
      fc.property(
        code,
        form,
        fc.boolean(),
        encodings,
        (intended, [suffix, kind], slash, encode) => {
          const path = `/${encode(`${intended}${suffix}${slash ? '/' : ''}`)}`
          const requestedCode = parsePastedCode(path, HOSTS)
          expect(requestedCode?.codes[0]).toBe(intended)
          expect(requestedCode?.form).toBe(kind)
        },
      ),
      { numRuns: runs(700) },
    )
  })

  it('is found, with its form, between any ignored characters in any order', () => {
    const decorations = fc.array(anyDecoration, { maxLength: 9 })
    fc.assert(
      fc.property(
        word,
        form,
        decorations,
        encodings,
        (intended, [suffix, kind], around, encode) => {
          const requestedCode = parsePastedCode(
            getPath(`${intended}${suffix}`, around, encode),
            HOSTS,
          )
          expect(requestedCode?.codes.slice(0, 2)).toContain(intended)
          expect(requestedCode?.form).toBe(kind)
        },
      ),
      { numRuns: runs(1500) },
    )
  })

  it('is found after up to three of our own addresses with ignored characters between them', () => {
    const between = fc.array(fc.oneof(opening, invisible), { maxLength: 2 })
    const inner = fc.array(fc.oneof(closing, opening, invisible, emphasis), { maxLength: 2 })
    const stack = fc
      .tuple(
        inner,
        fc.array(fc.tuple(address, between), { minLength: 1, maxLength: 3 }),
        fc.array(closing, { maxLength: 2 }),
      )
      .map(([first, addresses, last]) => [
        ...first,
        ...addresses.flatMap(([one, ignored]) => [one, ...ignored]),
        ...last,
      ])
    fc.assert(
      fc.property(word, form, stack, encodings, (intended, [suffix, kind], around, encode) => {
        const requestedCode = parsePastedCode(
          getPath(`${intended}${suffix}`, around, encode),
          HOSTS,
        )
        expect(requestedCode?.codes).toContain(intended)
        expect(requestedCode?.form).toBe(kind)
      }),
      { numRuns: runs(1000) },
    )
  })

  it('that begins or ends with - or _ is the first interpretation if it is between ignored characters', () => {
    const ignored = fc.array(fc.oneof(closing, opening, invisible), { maxLength: 6 })
    fc.assert(
      fc.property(
        code.filter((one) => /[A-Za-z0-9]/.test(one)),
        ignored,
        encodings,
        (intended, around, encode) => {
          expect(parsePastedCode(getPath(intended, around, encode), HOSTS)?.codes[0]).toBe(intended)
        },
      ),
      { numRuns: runs(700) },
    )
  })

  it('is found if slashes are among the ignored characters after it', () => {
    const ignored = fc.array(closing, { maxLength: 3 })
    fc.assert(
      fc.property(
        word,
        ignored,
        ignored,
        ignored,
        encodings,
        (intended, first, second, third, encode) => {
          const slash: Decoration = (text) => `${text}/`
          expect(
            parsePastedCode(getPath(intended, [...first, slash, ...second], encode), HOSTS)?.codes,
          ).toEqual([intended])
          const two = `/${encode(decorate(intended, [...first, slash, ...second, slash, ...third]))}`
          expect(parsePastedCode(two, HOSTS)?.codes).toEqual([intended])
        },
      ),
    )
  })
})

describe('any text', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.string(),
    anyOf(
      ...CLOSING,
      ...OPENING,
      ...APPENDED,
      ...INVISIBLE,
      '/',
      '//',
      '+',
      '+.json',
      '.svg',
      '%',
      '%2',
      '%00',
    ),
    anyOf(
      'https://',
      'https:/',
      'arab.news',
      'arab.news/',
      'evil.example/',
      '%2f',
      '%252F',
      '\ud800',
      '..',
    ),
    code,
  )
  const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))
  const path = fc.oneof(
    text.map((one) => `/${one}`),
    text.map((one) => `/${encodeURIComponent(one.toWellFormed())}`),
    fc.webUrl({ withQueryParameters: true }).map((one) => `/${one}`),
    text,
  )

  it('is parsed without an exception, and has at most two interpretations, which are valid codes', () => {
    fc.assert(
      fc.property(path, (one) => {
        const requestedCode = parsePastedCode(one, HOSTS)
        if (requestedCode === undefined) return
        expect([1, 2]).toContain(requestedCode.codes.length)
        expect(new Set(requestedCode.codes).size).toBe(requestedCode.codes.length)
        for (const reading of requestedCode.codes) expect(reading).toMatch(CODE_GRAMMAR)
        expect(['link', 'preview', 'preview-json', 'picture']).toContain(requestedCode.form)
      }),
      { numRuns: runs(1500) },
    )
  })

  it('with white space or a slash between two words has no code', () => {
    const inside = fc
      .tuple(
        anyOf(' ', '\t', '\n', '\u00a0', '\u3000', '/', '／', '//', '%20', '. ', ' / '),
        word,
        word,
      )
      .map(([between, one, other]) => `${one}${between}${other}`)
    fc.assert(
      fc.property(
        inside,
        fc.array(fc.oneof(closing, opening, invisible), { maxLength: 4 }),
        encodings,
        (one, around, encode) => {
          expect(parsePastedCode(getPath(one, around, encode), HOSTS)).toBeUndefined()
        },
      ),
    )
  })

  it('with another host has no code, in any encoding and with any ignored characters', () => {
    const host = fc.oneof(
      fc.domain(),
      anyOf(
        'evil.example',
        'arab.news.evil.example',
        'xarab.news',
        'arab.news:8787',
        'arab.news@evil.example',
        'localhost',
        'me@arab.news',
      ),
    )
    const scheme = anyOf(
      '',
      '/',
      '//',
      'https://',
      'https:/',
      'HTTP://',
      'https://https://',
      'ftp://',
      'https://arab.news/',
    )
    fc.assert(
      fc.property(
        host,
        scheme,
        word,
        fc.array(anyDecoration, { maxLength: 5 }),
        encodings,
        (foreign, way, intended, around, encode) => {
          fc.pre(!HOSTS.has(foreign))
          // Decorations are put around the whole text, but appended text only after the code,
          // because removing it elsewhere would leave a bare host.
          expect(
            parsePastedCode(getPath(`${way}${foreign}/${intended}`, around, encode), HOSTS),
          ).toBeUndefined()
        },
      ),
      { numRuns: runs(1000) },
    )
  })

  it('causes at most three comparisons with our own hosts', () => {
    fc.assert(
      fc.property(path, (one) => {
        const hosts = new Set(HOSTS)
        let comparisons = 0
        hosts.has = (host) => {
          comparisons += 1
          return HOSTS.has(host)
        }
        parsePastedCode(one, hosts)
        expect(comparisons).toBeLessThanOrEqual(3)
      }),
    )
  })
})
