/** Generates arbitrary texts and manuscripts for property tests, valid and invalid ones. */
import fc from 'fast-check'
import { HOSTILE_MARKUP } from './hostile.ts'

/**
 * Fragments that have broken feeds: syntax of XML and HTML, forbidden characters, marks of
 * direction, several scripts, characters of all planes.
 */
const FRAGMENTS = [
  ']]>',
  ']]',
  '>',
  '<![CDATA[',
  '-->',
  '--',
  '<!--',
  '<?',
  '?>',
  '&',
  '&amp;',
  '&amp;amp;',
  '&nbsp;',
  '&#0;',
  '&#xFFFE;',
  '&#xD800;',
  '&#13;',
  '&lt;b&gt;',
  '<b>',
  '</title>',
  '</script',
  '<title>A &amp; B</title>',
  '"',
  "'",
  '\\',
  '\\u0000',
  '$&',
  '$1',
  '%',
  '%00',
  '%s',
  '{{',
  '${x}',
  '\t',
  '\n',
  '\r',
  '\r\n',
  ' ',
  '\u00a0',
  '\u0085',
  '\u2028',
  '\u2029',
  '\ufeff',
  '\u200b',
  '\u200c',
  '\u200d',
  '\u200e',
  '\u200f',
  '\u00ad',
  '\u0301',
  '\u0338',
  'é',
  'e\u0301',
  '🚀',
  '👩‍🚀',
  '🇵🇰',
  '𝒳',
  'العربية',
  'اسلام آباد',
  'ﷺ',
  'עברית',
  'हिन्दी',
  '東京',
  'ß',
  'ς',
  'İ',
  '\u2066a\u2069',
  'Q&A',
  'C++',
  'C#',
  'R&D',
  'a-b',
  'a_b',
  '١٢٣',
  'a',
  'B',
  '0',
]

/** Fragments that are refused in titles and names, and removed from texts. */
const FORBIDDEN_FRAGMENTS = [
  '\u0000',
  '\u0001',
  '\u0008',
  '\u000b',
  '\u000c',
  '\u001b',
  '\u001f',
  '\u007f',
  '\u0080',
  '\u009f',
  '\ufffe',
  '\uffff',
  '\ufdd0',
  '\ufdd1',
  '\ufdef',
  '\u{1fffe}',
  '\u{10ffff}',
  '\ud800',
  '\udc00',
  '\u202a',
  '\u202e',
  '\u2067',
  '\u2069',
]

const join = (parts: string[]): string => parts.join('')

/** Generates texts that the schema may accept, with many difficult fragments. */
export const arbitraryText = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...FRAGMENTS) },
        { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 6 }) },
      ),
      { minLength: 1, maxLength },
    )
    .map(join)

/** Generates texts like `arbitraryText`, some of them with forbidden fragments. */
export const arbitraryHostileText = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom(...FRAGMENTS) },
        { weight: 2, arbitrary: fc.constantFrom(...FORBIDDEN_FRAGMENTS) },
        { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
      ),
      { minLength: 1, maxLength },
    )
    .map(join)

const word = fc.constantFrom('Space', 'الإمارات', 'Chang', 'x', '7')
/** Generates a name with at least one letter, so that it has a slug. */
const name = fc.tuple(word, arbitraryText(4)).map(join)

const address = fc
  .tuple(
    fc.constantFrom(
      'https://news.example/2026/',
      'https://www.news.example/خبر/',
      'HTTPS://WWW.news.example:443/a/../',
    ),
    fc.array(
      fc.constantFrom(
        'a',
        'é',
        '&',
        '$&',
        "$'",
        '?',
        '#',
        '=',
        '%20',
        '"',
        "'",
        '<',
        '>',
        ']]>',
        '{',
        '|',
        '^',
        '+',
        '🚀',
        '@',
        ':',
      ),
      { minLength: 1, maxLength: 10 },
    ),
  )
  .map(([start, parts]) => start + parts.join(''))

const markup = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...HOSTILE_MARKUP) },
      { weight: 4, arbitrary: arbitraryHostileText(8) },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          'A plain paragraph.',
          '\n\n',
          '# Heading',
          '> ',
          '- ',
          '1. ',
          '**b**',
          '`c`',
          '| a | b |\n|---|---|\n| 1 | 2 |',
          '[x](/a?b&c#d)',
          '[x](#y)',
          '![alt](/media/x.png "t")',
          'ISLAMABAD: ',
          '**أبوظبي:** ',
          '<p dir="rtl">',
          '<p title="&quot;&amp;]]>">',
          '<table><tr><td>',
          '</p>',
          '<br>',
          '[^1]',
          '[^1]: note',
          '~~~\n',
          '<div>',
        ),
      },
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map(join)

export const markupArbitrary: fc.Arbitrary<string> = markup

const optional = { requiredKeys: [] as [] }

const author = fc.oneof(
  name,
  fc
    .tuple(name, fc.record({ url: address, email: fc.constant('a&b@c.example') }, optional))
    .map(([name, rest]) => ({ name: name, ...rest })),
)

const image = fc
  .tuple(
    fc.constantFrom(
      'https://pictures.example/a.jpg?w=1&h=2',
      '/media/é "x.png'.replace(' "', ''),
      'http://p.example/]]>.png',
    ),
    arbitraryText(6),
    fc.record(
      {
        type: fc.constantFrom('image/jpeg', 'IMAGE/WEBP', 'image/vnd.a+b'),
        length: fc.integer({ min: 1, max: 1e9 }),
        width: fc.integer({ min: 1, max: 9000 }),
        height: fc.integer({ min: 1, max: 9000 }),
        credit: arbitraryText(4),
      },
      optional,
    ),
  )
  .map(([url, alt, rest]) => ({ url, alt, ...rest }))

const time = fc
  .integer({ min: 0, max: Date.UTC(2099, 0, 1) / 1000 })
  .map((seconds) => new Date(seconds * 1000).toISOString())

/** Generates manuscripts as JSON; most are valid. */
export const manuscriptArbitrary: fc.Arbitrary<Record<string, unknown>> = fc
  .tuple(
    fc
      .tuple(
        fc.constantFrom('Title', 'عنوان', ''),
        fc.oneof(
          { weight: 6, arbitrary: arbitraryText(8) },
          { weight: 1, arbitrary: arbitraryHostileText(4) },
        ),
      )
      .map(join),
    fc.oneof(
      markup.map((body) => ({ body: `Text ${body}` })),
      markup.map((html) => ({ html: `<p>Text</p>${html}` })),
    ),
    fc.record(
      {
        summary: fc.oneof(arbitraryText(8), fc.array(arbitraryText(6), { maxLength: 5 })),
        dateline: name,
        authors: fc.array(author, { maxLength: 3 }),
        section: name,
        tags: fc.array(name, { maxLength: 4 }),
        language: fc.constantFrom(
          'ar',
          'ur',
          'en',
          'en-GB',
          'zh-Hant',
          'ar-u-nu-latn',
          'pa-PK',
          'ur-Latn',
        ),
        image,
        canonical: address,
        published: time,
        correction: fc.oneof(arbitraryText(8), fc.array(arbitraryText(6), { maxLength: 3 })),
      },
      optional,
    ),
  )
  .map(([title, text, rest]) => ({ title, ...text, ...rest }))
