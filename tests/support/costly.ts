/**
 * Manuscripts that are as expensive as possible: each repeats one construct, a piece of syntax that
 * a parser handles, up to a size. Manuscripts that are refused are included, because parsing them
 * costs time too.
 */

const MAX_LINES = 3_990

const repeatTo = (text: string, bytes: number): string =>
  text.repeat(Math.max(1, Math.floor(bytes / Buffer.byteLength(text))))

/** Joins numbered lines until the size or the maximum number of lines is reached. */
function lines(line: (index: number) => string, bytes: number, maxLines = MAX_LINES): string {
  const result: string[] = []
  let length = 0
  for (let index = 0; index < maxLines; index += 1) {
    const next = line(index)
    length += Buffer.byteLength(next) + 1
    if (length > bytes && index > 0) break
    result.push(next)
  }
  return result.join('\n')
}

/** Builds a text of about this many bytes. */
export type Construct = (bytes: number) => string

/** Pieces that are repeated in one paragraph. */
const PIECES: Record<string, string> = {
  emphasis: '*a_ ',
  'emphasis signs': '*_',
  'emphasis that only closes': 'a* ',
  strikethrough: '~~a ',
  'closing brackets': 'a] ',
  'opening brackets': '[a ',
  'brackets in pairs': '[a] ',
  links: '[a](b) ',
  'links with addresses': '[a](https://a.b/c) ',
  'links without an end': '[a](\\',
  'titles of links without an end': '[a](b (c ',
  pictures: '![a](b) ',
  'addresses with www': 'www.a.b ',
  'addresses with http': 'http://a.b ',
  'e-mail addresses': 'a@b.c ',
  'addresses in angle brackets': '<http://a.b> ',
  'angle brackets without an end': '<http://a.b ',
  'comments without an end': 'x <!-- a',
  'instructions without an end': 'x <?a',
  'declarations without an end': 'x <!A',
  'CDATA without an end': 'x <![CDATA[',
  'HTML tags': '<b>a</b>',
  'HTML tags in paragraphs': '<b><p></b>',
  code: '`a` ',
  'backticks without an end': '`` ` ``` ',
  backslashes: '\\',
  tabs: 'a\t',
  entities: '&amp;',
  'vertical bars': '|',
  'vertical bars between words': 'a|',
  'footnote marks': '[^1]',
  'combining marks': '\u0316\u0301',
  letters: 'a',
  words: 'Word word word. ',
  dots: 'a.',
}

/** Lines that are repeated; each gets its number. */
const LINES: Record<string, (index: number) => string> = {
  'a list': () => '- a',
  'a numbered list': (index) => `${index}. a`,
  'a list of tasks': () => '- [x] a',
  'a list in a list': (index) => (index % 2 ? '  - a' : '- a'),
  'a list of quotes': () => '- > a',
  'lists in one line': () => '1) 1) 1) a',
  'a list that gets deeper': (index) => `${'  '.repeat(index)}- a`,
  'a list that gets deeper by tabs': (index) => `${'\t'.repeat(index)}- a`,
  'a list that gets deeper, again and again': (index) => `${'  '.repeat(index % 40)}- a`,
  'ninety-nine lists in one line': () => `${'- '.repeat(99)}a`,
  'quotes in lists in quotes': () => `${'> - '.repeat(33)}a`,
  'quotes of ninety-nine levels': () => `${'> '.repeat(99)}a`,
  'quotes of twenty levels, again and again': (index) => (index % 2 ? `${'>'.repeat(20)}a` : ''),
  'a quote, again and again': (index) => (index % 2 ? '> a' : ''),
  'lines that belong to a quote without its mark': (index) =>
    index === 0 ? `${'> '.repeat(99)}a` : 'a',
  'lines that belong to a footnote without its mark': (index) => (index === 0 ? '[^a]: x' : 'y'),
  'footnotes that get deeper': (index) => `${'    '.repeat(index)}[^${index}]: a`,
  'footnotes of footnotes': (index) => `[^${index}]: [^${index + 1}]`,
  definitions: (index) => `[a${index}]: /b`,
  'definitions without an end': () => '[a]: b (t',
  headings: () => '# a',
  'headings that are underlined': (index) => (index % 2 ? '---' : 'a'),
  'lines under headings': () => '===',
  'lines that are almost thematic breaks': () => '* * * * * * * * a',
  fences: () => '```',
  'indented code': () => '    a',
  'a table of two columns': (index) => (index === 1 ? '|-|-|' : '|*a*|`b`|'),
  'a table of a hundred columns': (index) => (index === 1 ? '-|'.repeat(100) : 'a|'.repeat(100)),
  'lines under the header of a table': () => '-|-|-',
  'tables of one row': (index) => ['a|b', '-|-', ''][index % 3] ?? '',
  'HTML blocks': (index) => (index % 2 ? '' : '<div>a</div>'),
  'hard breaks': () => 'a  ',
  'lines of one letter': () => 'a',
  'addresses in lines': () => 'www.a.b '.repeat(8),
}

export const COSTLY_MARKDOWN: Record<string, Construct> = {
  ...Object.fromEntries(
    Object.entries(PIECES).map(([name, piece]) => [name, (bytes) => repeatTo(piece, bytes)]),
  ),
  ...Object.fromEntries(
    Object.entries(LINES).map(([name, line]) => [name, (bytes) => lines(line, bytes)]),
  ),
  'one run of stars': (bytes) => `${'*'.repeat(bytes / 2)}a${'*'.repeat(bytes / 2)}`,
  'emphasis in emphasis': (bytes) => `${repeatTo('*a ', bytes / 2)}${repeatTo(' b*', bytes / 2)}`,
  'words in a bracket': (bytes) => `[${repeatTo('a ', bytes)}]`,
  'backticks of many lengths': (bytes) =>
    `${Array.from({ length: 138 }, (_, index) => '`'.repeat(index)).join(' ')} ${repeatTo('word ', bytes)}`,
  'a definition used often': (bytes) =>
    `[a]: /${'b'.repeat(bytes / 2)}\n\n${repeatTo('[a] ', bytes / 2)}`,
  'a definition in a numbered list, used often': (bytes) =>
    `1. > [a]:\n   > /${'b'.repeat(bytes / 2)}\n\n${repeatTo('[a]\n\n', Math.min(bytes / 2, 9_000))}`,
  'titles of links that end once': (bytes) => `${repeatTo(`[a](b (c ${'d'.repeat(111)}`, bytes)})`,
  'titles of links after addresses in angle brackets': (bytes) =>
    repeatTo(`[a](<b c> (d ${'e'.repeat(107)}`, bytes),
  'an address before many punctuation marks': (bytes) => `www.a.b/${repeatTo('!', bytes)}c`,
  'an address before many entities': (bytes) => `www.a.b/${repeatTo('&amp;', bytes)}c`,
  'punctuation after each address': (bytes) => repeatTo(`www.a.b/${'.'.repeat(1_000)}c `, bytes),
  'a bracket that only code closes': (bytes) => `[${repeatTo('a `]` ', bytes)}`,
  'a bracket that only links close': (bytes) => `[${repeatTo('a [b](]) ', bytes)}`,
  'a bracket that only tags close': (bytes) => `[${repeatTo('a <br c="]"> ', bytes)}`,
  'a bracket and short words between others': (bytes) => `[${repeatTo('中1', bytes)}`,
  'lines that look blank': (bytes) => repeatTo('a *a_ *a_ *a_\n\u00a0\n', bytes),
  'a table with an invalid delimiter row': (bytes) =>
    `|a|\n|:|\n${lines(() => '|*a_ *a_ *a_|', bytes, 3_900)}`,
  'a quote after a table': (bytes) =>
    `|a|\n|-|\n> b\n${lines(() => '|*a_ *a_ *a_|', bytes, 3_900)}`,
  'a table of ten columns': (bytes) => {
    const row = (cell: string): string => `|${`${cell}|`.repeat(10)}\n`
    return `${row('a')}${row('-')}${repeatTo(row('12'), bytes)}`
  },
  'a table, links, quotes and code together': (bytes) =>
    [
      lines((index) => (index === 1 ? '-|'.repeat(100) : 'a|'.repeat(100)), bytes / 4),
      repeatTo('[a](https://a.b/c) ', bytes / 4),
      lines((index) => (index % 2 ? '> a' : ''), bytes / 4),
      repeatTo('`a` ', bytes / 4),
    ].join('\n\n'),
  'formatting that is never closed': (bytes) =>
    `<p>${Array.from({ length: 20 }, (_, index) => `<b t=${index}>`).join('')}${repeatTo('<p>x', bytes)}`,
  'deep lists with blank lines': (bytes) =>
    `${'- '.repeat(49)}a\n${lines(() => `\n${' '.repeat(98)}b`, bytes, MAX_LINES / 2)}`,
  'a host name of combining marks': (bytes) => `[a](http://a${repeatTo('%CC%96%CC%81', bytes)})`,
}

/** Pieces of HTML that are repeated after a prefix. */
const HTML_PIECES: Record<string, readonly [before: string, piece: string]> = {
  paragraphs: ['', '<p>a</p>'],
  'paragraphs that are not closed': ['', '<p>a'],
  'empty tags': ['', '<p>'],
  'line breaks': ['', '<br>'],
  'cells without a row': ['<table>', '<td>'],
  'rows of cells': ['<table>', '<tr><td>'],
  'elements that a table may not contain': ['<table>', '<p>a'],
  'text that a table may not contain': ['<table>', 'a<tr>'],
  tables: ['', '<table>'],
  'links in tables in links': ['', '<a href="/x">1<table><tr><td>2<a href="/y">3</a></table></a>'],
  'paragraphs in buttons': ['', '<p>a<button><p>b</p></button></p>'],
  'formatting across paragraphs': ['', '<b><p>x</b>'],
  'formatting that is repeated in each block': ['<p><b><i><u>', '<p>x'],
  'formatting in divisions': ['<i>'.repeat(90), '<div></i></div>'],
  'options of a select': ['', '<select><option>'],
  templates: ['', '<template></template>'],
  drawings: ['', '<svg></svg>'],
  formulas: ['', '<math><mi></mi></math>'],
  comments: ['', '<!--a-->'],
  'comments without an end': ['', '<!--'],
  entities: ['<p>', '&amp;'],
  'unknown elements': ['', '<x>a</x>'],
  links: ['', '<a href=/b>c</a>'],
  'closing tags': ['', '</p>'],
  attributes: ['<p ', 'b=c '],
  'attributes that are not closed': ['', '<a b="'],
  'a host name of combining marks': ['<a href="http://a', '&#x316;&#x301;'],
  'combining marks': ['<p>a', '\u0316\u0301'],
  'nested lists': ['<ul>', '<li>a<ul><li>b</ul>'],
  text: ['', 'Word word word. '],
}

export const COSTLY_HTML: Record<string, Construct> = Object.fromEntries(
  Object.entries(HTML_PIECES).map(([name, [before, piece]]) => [
    name,
    (bytes) => before + repeatTo(piece, bytes - before.length),
  ]),
)

/** Constructs of front matter, whose maximum size is smaller than that of a text. */
export const COSTLY_FRONT_MATTER: Record<string, Construct> = {
  keys: (bytes) => lines((index) => `k${index}: 1`, bytes, bytes),
  'keys without a value': (bytes) => lines((index) => `k${index}:`, bytes, bytes),
  'keys of the picture': (bytes) => `image:\n${lines((index) => `  k${index}: 1`, bytes, bytes)}`,
  'keys on one line': (bytes) => `x: {${repeatTo('a,', bytes)}}`,
  commas: (bytes) => `tags: [${repeatTo(',', bytes)}]`,
  tags: (bytes) => `tags: [${repeatTo('a,', bytes)}]`,
  'numbers for authors': (bytes) => `authors: [${repeatTo('1,', bytes)}]`,
  'lists in lists': (bytes) => `tags:\n${lines(() => '- - - - a', bytes, bytes)}`,
  anchors: (bytes) => `tags:\n${lines((index) => `- &a${index} x`, bytes, bytes)}`,
  merges: (bytes) => lines(() => '<<: {a: 1}', bytes, bytes),
  faults: (bytes) => lines((index) => `k${index}: "a" b`, bytes, bytes),
  braces: (bytes) => repeatTo('}', bytes),
  'a long title': (bytes) => `title: ${repeatTo('a ', bytes)}`,
  'a title of combining marks': (bytes) => `title: a${repeatTo('\u0316\u0301', bytes)}`,
}

const keys = (bytes: number): string =>
  lines((index) => `"k${index}":1,`, bytes, bytes)
    .replaceAll('\n', '')
    .slice(0, -1)

export const COSTLY_JSON: Record<string, Construct> = {
  keys: (bytes) => `{"title":"t","body":"b",${keys(bytes)}}`,
  'keys of the picture': (bytes) => `{"title":"t","body":"b","image":{${keys(bytes)}}}`,
  tags: (bytes) => `{"title":"t","body":"b","tags":[${repeatTo('"a",', bytes).slice(0, -1)}]}`,
  'numbers for tags': (bytes) =>
    `{"title":"t","body":"b","tags":[${repeatTo('1,', bytes).slice(0, -1)}]}`,
  'objects for authors': (bytes) =>
    `{"title":"t","body":"b","authors":[${repeatTo('{},', bytes).slice(0, -1)}]}`,
  'empty points': (bytes) =>
    `{"title":"t","body":"b","summary":[${repeatTo('"",', bytes).slice(0, -1)}]}`,
  'a title of combining marks': (bytes) =>
    `{"title":"a${repeatTo('\u0316\u0301', bytes)}","body":"b"}`,
}
