/**
 * Checks the schema of a manuscript: what it accepts and refuses, and how it reports faults (rules
 * U-33, X-15).
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/model/failures.ts'
import { parseManuscript } from '../../src/model/faults.ts'
import { LIMITS } from '../../src/model/rules.ts'

const GOOD = { id: 'itcn-asia', title: 'A headline', body: 'A text.' }
const IMAGE = { url: 'https://a.example/x.jpg', alt: 'A crowd' }

function parseAccepted(more: Record<string, unknown> = {}): Record<string, unknown> {
  const parsed = parseManuscript({ ...GOOD, ...more })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
  return parsed.manuscript
}

function getFaults(manuscript: unknown): Fault[] {
  const parsed = parseManuscript(manuscript)
  if (parsed.ok)
    throw new Error(`The manuscript was accepted: ${JSON.stringify(parsed.manuscript)}`)
  return parsed.faults
}

describe('a text without visible characters', () => {
  const blank = fc
    .array(
      fc.constantFrom(
        ...'\u00ad\u034f\u061c\u115f\u1160\u17b4\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2063\u2800\u3164\ufe0f\ufeff\uffa0',
        '\u{e0061}',
        '\u{e0100}',
        '\u{1d159}',
        '\u{1d173}',
        '\u{13441}',
        '\u0301',
        ' ',
        '\u00a0',
        '\u2003',
        '\u3000',
      ),
      { minLength: 1, maxLength: 12 },
    )
    .map((characters) => characters.join(''))

  it('is refused in every key whose value is a line of text', () => {
    const places: [at: (text: string) => Record<string, unknown>, name: string][] = [
      [(title) => ({ title }), 'title'],
      [(point) => ({ summary: ['First', point] }), 'summary point'],
      [(name) => ({ authors: [name] }), 'author'],
      [(name) => ({ authors: [{ name, url: 'https://a.example/' }] }), 'author'],
      [(section) => ({ section }), 'section'],
      [(tag) => ({ tags: ['space', tag] }), 'tag'],
      [(dateline) => ({ dateline }), 'dateline'],
      [(alt) => ({ image: { ...IMAGE, alt } }), 'image alt'],
      [(credit) => ({ image: { ...IMAGE, credit } }), 'image credit'],
      [(text) => ({ correction: text }), 'correction'],
    ]
    fc.assert(
      fc.property(blank, fc.constantFrom(...places), (text, [at, name]) => {
        const [fault] = getFaults({ ...GOOD, ...at(text) })
        expect([`${name} is empty`, `${name} has no visible character`]).toContain(fault?.detail)
      }),
    )
  })

  it.each(['👩\u200d🚀', 'می\u200cخواهم', 'क\u094d\u200dष', '\u200fخبر', '?', 'ー'])(
    'differs from %s, which is visible although it may contain invisible characters',
    (title) => expect(parseAccepted({ title })).toHaveProperty('title', title),
  )
})

describe('an image', () => {
  it('is refused if its address has the file extension of another type', () => {
    const extensions = fc.constantFrom(
      ...'mp3 MP3 m4a wav mp4 webm mov pdf html zip docx m3u8 txt json woff2'.split(' '),
    )
    const bases = fc.constantFrom('https://a.example/x', '/media/x', 'https://a.example/a.jpg/b')
    const suffixes = fc.constantFrom('', '?w=1', '#t=3', '?file=x.jpg', '/')
    fc.assert(
      fc.property(bases, extensions, suffixes, (base, extension, suffix) => {
        const url = `${base}.${extension}${suffix}`
        expect(getFaults({ ...GOOD, image: { ...IMAGE, url } })).toEqual([
          {
            detail: `image url ends in ".${extension.toLowerCase()}", which is not an image`,
            pointer: '/image/url',
          },
        ])
      }),
    )
  })

  it.each([
    'https://a.example/x.jpg',
    'https://a.example/x.avif',
    'https://a.example/x.JPEG?w=3',
    'https://a.example/x',
    'https://a.example/image.php?id=3.mp3',
    'https://a.example/v1.2/x',
    'https://mp3.example',
    '/media/x.webp',
  ])('is accepted at %s', (url) =>
    expect(parseAccepted({ image: { ...IMAGE, url } })).toHaveProperty('image'),
  )
})

describe('an accepted manuscript', () => {
  it('has id, title and text, and no keys that were not sent', () => {
    expect(parseAccepted()).toEqual(GOOD)
    const { body: _, ...withoutBody } = GOOD
    expect(parseManuscript({ ...withoutBody, html: '<p>a</p>' }).ok).toBe(true)
    expect(parseAccepted()).not.toHaveProperty('tags')
  })

  it('may have one value in place of a list', () => {
    expect(parseAccepted({ summary: 'One', tags: 'Space', authors: 'Sana' })).toMatchObject({
      summary: ['One'],
      tags: ['Space'],
      authors: [{ name: 'Sana' }],
    })
  })

  it('has trimmed and composed lines, a language and addresses in canonical form, and times in seconds', () => {
    expect(
      parseAccepted({
        title: '  A \t headline e\u0301 ',
        language: 'AR-eg',
        canonical: 'HTTPS://News.Example:443/خبر',
        image: { ...IMAGE, url: '/media/a b.png'.replace(' ', '%20'), type: 'IMAGE/JPEG' },
        published: '2026-01-15T14:00:00+05:00',
        updated: '2026-01-16',
      }),
    ).toMatchObject({
      title: 'A headline é',
      language: 'ar-EG',
      canonical: 'https://news.example/%D8%AE%D8%A8%D8%B1',
      image: { url: '/media/a%20b.png', type: 'image/jpeg' },
      published: Date.UTC(2026, 0, 15, 9) / 1000,
      updated: Date.UTC(2026, 0, 16) / 1000,
    })
  })

  it('may reach every limit, and its title is counted in characters, not in code units', () => {
    expect(parseAccepted({ title: '🚀'.repeat(LIMITS.titleCharacters) })).toHaveProperty('title')
    expect(parseAccepted({ summary: Array(LIMITS.summaryPoints).fill('x') })).toHaveProperty(
      'summary',
    )
    expect(
      parseAccepted({ tags: Array.from({ length: LIMITS.tags }, (_, index) => `t${index}`) }),
    ).toHaveProperty('tags')
    expect(parseAccepted({ body: 'a'.repeat(LIMITS.sourceBytes) })).toHaveProperty('body')
  })

  it.each([
    'mheng',
    'AbC',
    '2026',
    'a-b_c',
    'x'.repeat(64),
    'assembly',
    'constructor',
    '__proto__',
  ])('may have the code %s', (code) => {
    expect(parseAccepted({ code })['code']).toBe(code)
  })
})

describe('a refused manuscript', () => {
  it.each<[Record<string, unknown>, string, string]>([
    [{ id: undefined }, 'id is missing', '/id'],
    [
      { id: 'A' },
      'id is not 1 to 96 characters of a-z, 0-9 and -, beginning and ending with a letter or digit',
      '/id',
    ],
    [{ title: undefined }, 'title is missing', '/title'],
    [{ title: ' \u0085 ' }, 'title is empty', '/title'],
    [{ title: 7 }, 'title is not text', '/title'],
    [{ title: null }, 'title is not text', '/title'],
    [{ title: 'a\u202eb' }, 'title has U+202E (right-to-left override) at character 2', '/title'],
    [{ title: '🚀\ud800' }, 'title has U+D800 (lone surrogate) at character 2', '/title'],
    [{ title: 'a\ufffe' }, 'title has U+FFFE (noncharacter) at character 2', '/title'],
    [
      { title: '\u2067a' },
      'title has U+2067 (unpaired right-to-left isolate) at character 1',
      '/title',
    ],
    [{ title: 'x'.repeat(301) }, 'title has 301 characters, more than 300', '/title'],
    [{ body: undefined }, 'body is missing', '/body'],
    [{ body: ' \n' }, 'body is empty', '/body'],
    [{ html: '<p>a</p>' }, 'html and body are both present; send only one of them', '/html'],
    [{ body: 'é'.repeat(LIMITS.sourceBytes / 2 + 1) }, 'body is larger than 262144 bytes', '/body'],
    [{ summary: ['a', ''] }, 'summary point is empty', '/summary/1'],
    [{ summary: Array(6).fill('x') }, 'summary has 6 entries, more than 5', '/summary'],
    [{ tags: ['a', '!!!'] }, 'tag has no letter or digit', '/tags/1'],
    [{ tags: ['ع'.repeat(51)] }, 'tag is longer than 100 bytes as a slug', '/tags/0'],
    [{ tags: { a: 1 } }, 'tag is not text', '/tags/0'],
    [{ section: '🚀' }, 'section has no letter or digit', '/section'],
    [{ authors: [{}] }, 'authors name is missing', '/authors/0/name'],
    [{ authors: [{ name: '' }] }, 'author is empty', '/authors/0/name'],
    [{ authors: [''] }, 'author is empty', '/authors/0'],
    [{ authors: [null] }, 'author is neither a name nor an object with a name', '/authors/0'],
    [{ authors: [7] }, 'author is not text', '/authors/0'],
    [
      { authors: [{ name: 'A', email: 'no' }] },
      'author email is not an e-mail address',
      '/authors/0/email',
    ],
    [
      { authors: [{ name: 'A', url: 'a.example' }] },
      'author url is not an absolute http or https address',
      '/authors/0/url',
    ],
    [
      { authors: [{ name: 'A', mail: 'x' }] },
      '"mail" is not a key; the nearest is "email"',
      '/authors/0/mail',
    ],
    [{ language: 'english' }, 'language is not a language tag such as ar or en-GB', '/language'],
    [{ image: 'x.jpg' }, 'image is not an object with url and alt', '/image'],
    [{ image: { url: IMAGE.url } }, 'image alt is missing', '/image/alt'],
    [
      { image: { ...IMAGE, url: 'x.jpg' } },
      'image url is neither an absolute http or https address nor a path under /media/',
      '/image/url',
    ],
    [
      { image: { ...IMAGE, url: '/media/../secret' } },
      'image url is outside of /media/',
      '/image/url',
    ],
    [
      { image: { ...IMAGE, url: 'https://a.example/x.SVG?y' } },
      'image url names an SVG, which can carry scripts',
      '/image/url',
    ],
    [
      { image: { ...IMAGE, type: 'image/svg+xml' } },
      'image type is SVG, which can carry scripts',
      '/image/type',
    ],
    [
      { image: { ...IMAGE, type: 'text/html' } },
      'image type is not a media type such as image/jpeg',
      '/image/type',
    ],
    [{ image: { ...IMAGE, width: 0 } }, 'image width is less than 1', '/image/width'],
    [{ image: { ...IMAGE, width: '10' } }, 'image width is not a number', '/image/width'],
    [{ image: { ...IMAGE, length: 1.5 } }, 'image length is not a whole number', '/image/length'],
    [
      { image: { ...IMAGE, heigth: 1 } },
      '"heigth" is not a key; the nearest is "height"',
      '/image/heigth',
    ],
    [
      { canonical: '/relative' },
      'canonical is not an absolute http or https address',
      '/canonical',
    ],
    [
      { canonical: 'javascript:alert(1)' },
      'canonical is not an absolute http or https address',
      '/canonical',
    ],
    [
      { canonical: 'https://user@a.example/' },
      'canonical is not an absolute http or https address',
      '/canonical',
    ],
    [
      { canonical: 'https://a.example\\@b.example/' },
      'canonical is not an absolute http or https address',
      '/canonical',
    ],
    [
      { canonical: 'https://a.example/ b' },
      'canonical is not an absolute http or https address',
      '/canonical',
    ],
    [
      { canonical: `https://a.example/${'x'.repeat(2048)}` },
      'canonical is longer than 2048 characters',
      '/canonical',
    ],
    [{ code: 'a b' }, 'code is not 1 to 64 characters of A-Z, a-z, 0-9, _ and -', '/code'],
    [{ code: 'Feed' }, 'code is reserved for an address of the site', '/code'],
    [{ code: 'big-ass' }, 'code is a rude word', '/code'],
    [
      { published: 'yesterday' },
      'published is not a time with an offset such as 2026-01-15T09:00:00Z, nor a date',
      '/published',
    ],
    [
      { published: '2026-01-15T09:00:00' },
      'published is not a time with an offset such as 2026-01-15T09:00:00Z, nor a date',
      '/published',
    ],
    [
      { published: 1768467600 },
      'published is not a time such as 2026-01-15T09:00:00Z',
      '/published',
    ],
    [
      { published: '2026-01-02', updated: '2026-01-01' },
      'updated is earlier than published',
      '/updated',
    ],
    [{ republish: 'yes' }, 'republish is neither true nor false', '/republish'],
    [{ titel: 'x' }, '"titel" is not a key; the nearest is "title"', '/titel'],
    [{ 'a/b~c\u202e': 1 }, '"a/b~c?" is not a key', '/a~1b~0c\u202e'],
    [{ constructor: 1 }, '"constructor" is not a key', '/constructor'],
  ])('gets one fault, with a sentence and a pointer: %j', (more, detail, pointer) => {
    // JSON omits keys whose value is undefined.
    const input: unknown = JSON.parse(JSON.stringify({ ...GOOD, ...more }))
    expect(getFaults(input)).toEqual([{ detail, pointer }])
  })

  it('has all its faults reported at once', () => {
    const faults = getFaults({ ...GOOD, title: '', tags: ['!', 'ok', '?'], code: 'a b' })
    expect(faults.map(({ pointer }) => pointer)).toEqual(['/title', '/tags/0', '/tags/2', '/code'])
  })

  it('has all its unknown keys reported at once', () => {
    const faults = getFaults({ ...GOOD, titel: 'x', tag: 'y', title: '' })
    expect(faults.map(({ pointer }) => pointer).sort()).toEqual(['/tag', '/titel', '/title'])
  })

  it.each([null, 7, 'text', undefined])('may be something other than an object: %j', (input) => {
    expect(getFaults(input)).toEqual([{ detail: 'manuscript is not an object', pointer: '' }])
  })

  it('has faults in one form of sentence, without a full stop, a contraction or words of the library', () => {
    const values: unknown[] = [
      undefined,
      null,
      true,
      7,
      -1.5,
      '',
      ' ',
      'x'.repeat(3000),
      '\u0000',
      '!',
      [],
      [[]],
      [{}],
      {},
      { a: 1 },
    ]
    const keys = [
      'id',
      'title',
      'summary',
      'dateline',
      'body',
      'html',
      'authors',
      'section',
      'tags',
      'language',
      'image',
      'canonical',
      'code',
      'published',
      'updated',
      'republish',
      'nothing',
    ]
    const faults = keys.flatMap((key) =>
      values.flatMap((value) => {
        const parsed = parseManuscript({ ...GOOD, [key]: value })
        return parsed.ok ? [] : parsed.faults
      }),
    )
    expect(faults.length).toBeGreaterThan(150)
    for (const { detail, pointer } of faults) {
      expect(detail).toMatch(/^(?:[a-z]|")[^\r\n]*[^.\s]$/)
      expect(detail).not.toMatch(/n['’]t\b|Invalid|Expected|received|undefined|\[object/)
      expect(pointer).toMatch(/^(?:\/[^/]+)+$/)
    }
  })
})
