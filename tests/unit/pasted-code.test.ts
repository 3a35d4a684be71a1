/** The texts that people paste as a short code after the host (rules L-11, L-16, L-17, L-29). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parsePastedCode } from '../../src/model/pasted-code.ts'

const HOSTS: ReadonlySet<string> = new Set(['arab.news', 'www.news.example', 'localhost:8787'])

/** Parses the text as a browser sends it in a path: percent-encoded, but with its slashes. */
const parseText = (text: string) =>
  parsePastedCode(`/${encodeURIComponent(text).replaceAll('%2F', '/')}`, HOSTS)
const parsePath = (path: string) => parsePastedCode(path, HOSTS)

const link = (...codes: string[]) => ({ codes, form: 'link' })

/** Replaces invisible characters by their code points, for the titles of tests. */
const escapeForTitle = (text: string): string =>
  text.replace(
    /[^\p{L}\p{N}\p{P}\p{S} ]/gu,
    (character) => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}`,
  )
const table = (rows: readonly string[]) => rows.map((text) => [escapeForTitle(text), text] as const)

describe('a code without decoration', () => {
  it.each([
    'mheng',
    'MHENG',
    'mHeNg',
    'a',
    '2',
    'else-where',
    'else_where',
    'a'.repeat(64),
    'https',
    'json',
    'svg',
    '__proto__x',
    '2-4_6',
  ])('such as %s is the first interpretation, with its case unchanged', (code) => {
    expect(parseText(code)?.codes[0]).toBe(code)
    expect(parseText(code)?.form).toBe('link')
  })

  it.each([
    ['-mheng', ['-mheng', 'mheng']],
    ['mheng-', ['mheng-', 'mheng']],
    ['_mheng_', ['_mheng_', 'mheng']],
    ['__mheng__', ['__mheng__', 'mheng']],
    ['(-mheng_).', ['-mheng_', 'mheng']],
    ['else-where_', ['else-where_', 'else-where']],
    [`_${'a'.repeat(64)}_`, ['a'.repeat(64)]],
    ['-', ['-']],
    ['__', ['__']],
  ])('such as %s is read with and without emphasis, if both are valid codes', (text, codes) => {
    expect(parseText(text)).toEqual(link(...codes))
  })
})

describe('the form of a code', () => {
  it.each([
    ['mheng+', 'preview'],
    ['mheng+.json', 'preview-json'],
    ['mheng.svg', 'picture'],
    ['MHENG+.JSON', 'preview-json'],
    ['MHENG.SVG', 'picture'],
    ['mheng＋', 'preview'],
    ['mheng＋．ｊｓｏｎ', 'preview-json'],
    ['mheng+.', 'preview'],
    ['mheng+)', 'preview'],
    ['mheng++', 'preview'],
    ['mheng+/', 'preview'],
    ['“mheng+”,', 'preview'],
    ['mheng+؟', 'preview'],
    ['mheng+.json.', 'preview-json'],
    ['mheng.svg)。', 'picture'],
    ['mheng.svg?size=9', 'picture'],
    ['https:/arab.news/mheng+', 'preview'],
    ['\u200fmheng\u200f+\u2069', 'preview'],
    ['mheng.+', 'link'],
    ['mheng +', 'link'],
    ['mheng/+', 'link'],
    ['+mheng', 'link'],
  ])('in %s is %s', (text, form) => {
    expect(parseText(text)?.form).toBe(form)
    expect(parseText(text)?.codes[0]?.toLowerCase()).toBe('mheng')
  })

  it.each([
    ['--+', '--', 'preview'],
    ['_+.json', '_', 'preview-json'],
    ['-.svg/', '-', 'picture'],
  ])('is found in %s, although the code has no letters', (text, code, form) => {
    expect(parseText(text)).toEqual({ codes: [code], form })
  })

  it.each(['mheng.json', 'mheng.svgz', 'mheng+json', 'mheng+.jsonx', 'mheng.html', 'mheng.svg.gz'])(
    'is not recognised in %s',
    (text) => {
      expect(parseText(text)).toBeUndefined()
    },
  )
})

describe('ignored characters', () => {
  it.each(
    table([
      ...[
        '.',
        ',',
        ';',
        ':',
        '!',
        '?',
        '…',
        '...',
        ')',
        ']',
        '}',
        '>',
        '>.',
        ').',
        '),',
        '."',
        ".'",
      ],
      ...['”', '’', '»', '›', '“', '‘', '«', '„', '\u00b4', '`', '\u00a8', '\u2032'],
      ...[
        '–',
        '—',
        '―',
        ' –',
        ' -',
        '*',
        '**',
        '***',
        '`',
        '``',
        '~~',
        '|',
        '\\',
        '=',
        '^',
        '$',
        '@',
      ],
      ...['®', '©', '•', '·', '†', '→', '🔥', '👍🏽', '👩‍👩‍👧', '❤️', '🇦🇪', '\ufffd', '\uff05'],
    ]),
  )('after the code include %s', (_, after) => {
    expect(parseText(`mheng${after}`)).toEqual(link('mheng'))
  })

  it.each(
    table([
      ...[
        '،',
        '؛',
        '؟',
        '۔',
        '؟!',
        '».',
        '﴾',
        '﴿',
        '٪',
        '٫',
        '٬',
        '٭',
        '؞',
        '۔۔۔',
        '،\u200f',
        '؟\u2069',
      ],
      ...['\u061c.', '\u200e', '\u200f', '\u2067»\u2069', '\u202b،\u202c', ')\u200f،'],
    ]),
  )('in Arabic after the code include %s', (_, after) => {
    expect(parseText(`mheng${after}`)).toEqual(link('mheng'))
    expect(parseText(`«mheng${after}`)).toEqual(link('mheng'))
  })

  it.each(
    table([
      ...[
        '。',
        '、',
        '，',
        '．',
        '；',
        '：',
        '！',
        '？',
        '」',
        '』',
        '）',
        '】',
        '》',
        '〉',
        '〕',
        '〗',
        '］',
        '｝',
      ],
      ...[
        '」。',
        '）。',
        '……',
        '——',
        '・',
        '～',
        '〜',
        '･',
        '｡',
        '､',
        '゛',
        '\u3000',
        '｣',
        '＞',
        '＂',
        '＇',
        '／',
      ],
    ]),
  )('in Chinese and Japanese after the code include %s', (_, after) => {
    expect(parseText(`mheng${after}`)).toEqual(link('mheng'))
  })

  it.each(
    table([
      ...[
        '(',
        '[',
        '{',
        '<',
        '"',
        "'",
        '“',
        '‘',
        '«',
        '„',
        '‚',
        '*',
        '**',
        '`',
        '> ',
        '• ',
        '- ',
        '– ',
      ],
      ...[
        '¿',
        '¡',
        '#',
        '@',
        '?',
        '&',
        '=',
        '「',
        '『',
        '（',
        '【',
        '《',
        '〈',
        '﴾',
        '\u200f«',
        '→ ',
        '👉',
      ],
    ]),
  )('before the code include %s', (_, before) => {
    expect(parseText(`${before}mheng`)).toEqual(link('mheng'))
  })

  it.each(
    table([
      ...['(mheng)', '[mheng]', '<mheng>', '"mheng"', "'mheng'", '“mheng”', '‘mheng’', '«mheng»'],
      ...[
        '« mheng »',
        '„mheng“',
        '「mheng」',
        '『mheng』',
        '（mheng）',
        '【mheng】',
        '《mheng》',
        '﴿mheng﴾',
      ],
      ...['*mheng*', '**mheng**', '***mheng***', '`mheng`', '~~mheng~~', '|mheng|', '_*mheng*_'],
      ...[
        '_**mheng**_',
        '__"mheng"__',
        '- mheng -',
        '-- “mheng” --',
        '(*«mheng»*).',
        '\u00b4mheng\u00b4',
      ],
    ]),
  )('around the code are ignored in %s', (_, text) => {
    expect(parseText(text)).toEqual(link('mheng'))
  })

  it.each(
    table([
      ...[' mheng', 'mheng ', '  mheng  ', '\tmheng', 'mheng\n', 'mheng\r\n', '\u00a0mheng\u00a0'],
      ...[
        'mheng\u2009',
        '\u3000mheng\u3000',
        'mheng\u202f',
        'mheng\u2028',
        'mheng\u0085',
        'mheng .',
      ],
    ]),
  )('include the white space in %s', (_, text) => {
    expect(parseText(text)).toEqual(link('mheng'))
  })

  it.each(
    table([
      ...['mh\u200beng', 'mh\u00adeng', '\ufeffmheng', 'mheng\u200d', 'm\u200ch\u2060e\u180eng'],
      ...[
        '\u200emheng\u200e',
        '\u2066mheng\u2069',
        '\u202amheng\u202c',
        '\u061cmheng',
        'mheng\ufe0f',
      ],
      ...['mheng\u{e0020}', 'mh\u034feng', '\u202emheng', 'mheng.\u200b.\u200f'],
    ]),
  )('include the invisible characters in %s', (_, text) => {
    expect(parseText(text)).toEqual(link('mheng'))
  })

  it.each([
    ['ｍｈｅｎｇ', 'mheng'],
    ['ＭＨｅｎｇ２', 'MHeng2'],
    ['𝐦𝐡𝐞𝐧𝐠', 'mheng'],
    ['ⓜⓗⓔⓝⓖ', 'mheng'],
    ['ﬁne', 'fine'],
    ['else‑where', 'else-where'],
    ['else‐where', 'else-where'],
    ['else－where', 'else-where'],
    ['else＿where', 'else_where'],
  ])('do not include other forms of the same letters, which are converted: %s', (text, code) => {
    expect(parseText(text)).toEqual(link(code))
  })
})

describe('slashes', () => {
  it.each(['mheng/', 'mheng／', 'mheng./', 'mheng/.', 'mheng"/', '(mheng/)', 'mheng/…', 'mheng/ '])(
    'are ignored after a code, as in %s',
    (text) => {
      expect(parseText(text)).toEqual(link('mheng'))
    },
  )

  it.each(['mheng//', 'mheng/./', 'mheng／／', 'mheng/)/', '/mheng', '//mheng//', 'mheng//?x'])(
    'are ignored even if there are several, as in %s',
    (text) => {
      expect(parseText(text)).toEqual(link('mheng'))
    },
  )

  it.each(['./mheng', '../mheng', 'a/b', '//a//b'])(
    'after other text make the path invalid: %s',
    (text) => {
      expect(parseText(text)).toBeUndefined()
    },
  )
})

describe('text that a linkifier adds to a link', () => {
  it.each([
    ...['mheng&utm_source=x', 'mheng?utm=1', 'mheng</a>', 'mheng"', 'mheng#top', 'mheng">more</a>'],
    ...[
      '<mheng>x',
      '"mheng" x',
      'mheng&amp;x',
      'mheng&nbsp;',
      'mheng.&x',
      'mheng/?x=/y',
      'mheng？x',
    ],
    ...['mheng＆x', 'mheng<br/>Read', 'mheng”?x', '&mheng&x', 'mheng?url=//evil.example/AbC'],
  ])('is removed from %s', (text) => {
    expect(parseText(text)).toEqual(link('mheng'))
  })

  it('is removed from /mheng%3Futm=1 and /mheng%253Futm=1', () => {
    expect(parsePath('/mheng%3Futm=1')).toEqual(link('mheng'))
    expect(parsePath('/mheng%253Futm=1')).toEqual(link('mheng'))
  })
})

describe('our own address typed twice', () => {
  it.each([
    ...['/https://arab.news/mheng', '/https:/arab.news/mheng', '/http%3A%2F%2Farab.news%2Fmheng'],
    ...[
      '/http://arab.news/mheng',
      '/arab.news/mheng',
      '/HTTPS://Arab.News/mheng',
      '/ARAB.NEWS/mheng',
    ],
    ...['/https://www.news.example/mheng', '/localhost:8787/mheng', '/http:/localhost:8787/mheng/'],
    ...[
      '/%22https://arab.news/mheng%22',
      '/(https:/arab.news/mheng).',
      '/%3Chttps://arab.news/mheng%3E',
    ],
    ...['/_https://arab.news/mheng', '/-%20arab.news/mheng', '/%E2%80%8Fhttps://arab.news/mheng'],
    ...['/https://https://arab.news/mheng', '/https:/http:/arab.news/mheng', '/arab.news%2Fmheng'],
    ...['/https://arab.news/https://arab.news/mheng', '/arab.news/arab.news/arab.news/mheng'],
    ...['/https%253A%252F%252Farab.news%252Fmheng', '/arab.news/%E2%80%9Cmheng%E2%80%9D'],
    ...['/%EF%BD%88ttps%EF%BC%9A%EF%BC%8F%EF%BC%8Farab%EF%BC%8Enews%EF%BC%8Fmheng'],
    ...[
      '/https://arab.news/mheng?x',
      '/https://arab.news/mheng%3Fx=1',
      '/https://arab.news/%20mheng',
    ],
    ...[
      '/https://arab.news//mheng',
      '//arab.news//mheng',
      '/arab.news///mheng//',
      '/http:/arab.news//mheng',
    ],
    ...['/https://arab.news//https://arab.news//mheng', '/https%3A%2F%2Farab.news%2F%2Fmheng'],
    ...['/https://arab.news:443/mheng', '/http://arab.news:80/mheng', '/ARAB.NEWS:443//mheng'],
    ...[
      '/https://arab.news./mheng',
      '/arab.news./mheng',
      '/arab.news.:443/mheng',
      '/localhost:8787/mheng',
    ],
  ])('is removed from %s', (path) => {
    expect(parsePath(path)).toEqual(link('mheng'))
  })

  it.each([
    ...[
      '/https://evil.example/AbC',
      '/https:/evil.example/AbC',
      '/evil.example/AbC',
      '/https://AbC',
    ],
    ...['//evil.example/AbC', '/https:///arab.news/AbC', '/https://arab.news'],
    ...['/https://arab.news/', '/arab.news', '/arab.news/', '/https://arab.news.evil.example/AbC'],
    ...[
      '/https://arab.news@evil.example/AbC',
      '/https://evil.example%2F@arab.news/AbC',
      '/https:/',
    ],
    ...[
      '/https://evil.example/arab.news/AbC',
      '/https://arab.news/evil.example/AbC',
      '/ftp://arab.news/x',
    ],
    ...[
      '/javascript:AbC',
      '/https:AbC',
      '/https://arab.news:8787/AbC',
      '/localhost/AbC',
      '/https://',
    ],
    ...[
      '/https://arab.news/https://evil.example/AbC',
      '/https://arab.news/AbC/x',
      '/xarab.news/AbC',
    ],
    ...['/arab.news/arab.news/arab.news/arab.news/mheng', '/https://arab.news//evil.example/AbC'],
  ])('is distinguished from %s, which is another address', (path) => {
    expect(parsePath(path)).toBeUndefined()
  })
})

describe('a host of another script', () => {
  const unicode = 'أخبار.باكستان'
  const ascii = new URL(`http://${unicode}`).host
  const hosts = new Set([ascii])

  it.each(['', ':443', ':80', '.', '.:443'])('is our own with %j after it', (end) => {
    for (const host of [unicode, ascii, ascii.toUpperCase()])
      for (const way of ['/https://', '/http:/', '/', '//'])
        for (const slash of ['/', '//'])
          expect(
            parsePastedCode(encodeURI(`${way}${host}${end}${slash}mheng`), hosts),
            `${way}${host}${end}${slash}`,
          ).toEqual(link('mheng'))
  })
})

describe('an escape that was cut off', () => {
  const CUTS = ['%', '%2', '%E', '%E2', '%E2%80', '%E2%80%', '%E2%80%9', '%D8', '%F0%9F%91']
  const cut = (text: string) => text.replaceAll('%', '%25')

  it.each(CUTS)('such as %s is ignored after a code', (end) => {
    for (const one of [end, cut(end), `%D8%8C${end}`, `.${end}`])
      for (const tail of ['', '/', '//', '%2F', '.', '?x', '%E2%80%9D'])
        expect(parsePath(`/mheng${one}${tail}`), `${one}${tail}`).toEqual(link('mheng'))
  })

  it.each(CUTS)('such as %s keeps the form of the link', (end) => {
    for (const one of [end, cut(end)]) {
      expect(parsePath(`/mheng${one}+`)).toEqual({ codes: ['mheng'], form: 'preview' })
      expect(parsePath(`/mheng${one}+.json`)).toEqual({ codes: ['mheng'], form: 'preview-json' })
      expect(parsePath(`/mheng${one}.svg/`)).toEqual({ codes: ['mheng'], form: 'picture' })
      expect(parsePath(`/https://arab.news/mheng${one}/`)).toEqual(link('mheng'))
    }
  })

  it.each([
    '%zz',
    '%2x',
    '%E2%80x',
    '%E2%80-x',
    '%E2%80ن',
    '%%E2%80%8Bx',
    '%ff',
    '%80',
    '%c0%ae',
    '%ed%a0%80/',
  ])('is not %s, which is malformed or inside a word', (end) => {
    expect(parsePath(`/mheng${end}`)).toBeUndefined()
    expect(parsePath(`/mheng${cut(end)}`)).toBeUndefined()
  })
})

describe('the code is not guessed from', () => {
  it.each([
    ...['/', '', 'mheng', '//', '/%20', '/.', '/..', '/...', '/%E2%80%8B', '/+', '/?', '/%25'],
    ...[
      '/AbC//evil.example',
      '/AbC%2f%2fevil.example',
      '/AbC%252f%252fevil.example',
      '/AbC/x',
      '/AbC%2Fx',
    ],
    ...[
      '/a%20b',
      '/a%09b',
      '/a%C2%A0b',
      '/a+b',
      '/a.b',
      '/a%E2%80%94b',
      '/a%20%20b',
      '/a%0Ab',
      '/(a)b',
    ],
    ...[
      '/%00',
      '/mheng%00',
      '/mheng%2500',
      '/%01mheng',
      '/mheng%1b',
      '/mheng%7f',
      '/mheng%c2%9b',
      '/%0bmheng',
    ],
    ...['/%ff', '/mheng%ff', '/%c0%ae', '/%ed%a0%80', '/mheng%zz', '/mheng%25zz'],
    ...['/..%2f', '/%2e%2e%2f', '/..%2f..%2fetc', '/..%2fmheng', '/%5c%5cevil%2fAbC'],
    ...['/mheng%252520', "/mheng's", '/mheng,x', '/mheng\ud800'],
  ])('%s', (path) => {
    expect(parsePath(path)).toBeUndefined()
  })

  it.each(['خبر', 'mhéng', 'mheng\u0301', 'mhеng', '新聞', 'mhengー'])(
    '%s, which NFKC does not change',
    (text) => {
      expect(parseText(text)).toBeUndefined()
    },
  )

  it('a code longer than 64 characters', () => {
    expect(parsePath(`/${'a'.repeat(64)}`)).toEqual(link('a'.repeat(64)))
    expect(parsePath(`/${'a'.repeat(65)}`)).toBeUndefined()
    expect(parsePath(`/${'a'.repeat(65)}.`)).toBeUndefined()
    expect(parsePath(`/${'ﷺ'.repeat(60)}`)).toBeUndefined()
  })

  it('a path longer than 600 characters', () => {
    expect(parsePath(`/mheng${'.'.repeat(594)}`)).toEqual(link('mheng'))
    expect(parsePath(`/mheng${'.'.repeat(595)}`)).toBeUndefined()
    expect(parsePath(`/${'%'.repeat(65_535)}`)).toBeUndefined()
  })
})

describe('parsePastedCode', () => {
  it('uses only patterns that cannot backtrack, so that its time is linear', () => {
    const source = readFileSync(join(import.meta.dirname, '../../src/model/pasted-code.ts'), 'utf8')
    const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/ [^\n]*/g, '')
    const patterns = [
      ...code.matchAll(/(?<=[=(,]\s*)\/(?:\\.|\[(?:\\.|[^\]])*\]|[^/\n\\[])+\/[a-z]*/g),
    ].map(([pattern]) => pattern.replace(/\[(?:\\.|\[[^\]]*\]|[^\]])*\]/g, '[]'))
    expect(patterns.length).toBe(17)
    expect(patterns.filter((pattern) => /[*+]|\{\d+,\}|\(\?<|\\[1-9k]/.test(pattern))).toEqual([])
    expect(code).not.toMatch(/new RegExp|\.(?:trim|split|replace|match)\w*\(/)
  })

  const MARKS = [...'№℠℡℻℃㎏㍿㈱㊗㊙﷼₨﷽ªºℹ'].map((mark) => `mheng${mark}`)

  it('ignores a mark that NFKC would turn into letters, and finds no code in the name of a hidden file', () => {
    for (const path of [
      'mheng²',
      'mheng①',
      'mheng™',
      ...MARKS,
      'mheng](https://arab.news/mheng)',
      'mheng(x',
    ])
      expect(parseText(path), path).toEqual(link('mheng'))
    for (const path of ['.env', '.git', '.mheng', 'mh²eng', 'mh№eng', '№'])
      expect(parseText(path), path).toBeUndefined()
  })

  it('ignores every symbol and mark after a code that is no other form of a character of codes', () => {
    for (let codePoint = 0x80; codePoint <= 0x10_ff_ff; codePoint += 1) {
      const character = String.fromCodePoint(codePoint)
      if (!/[\p{P}\p{S}\p{No}]/u.test(character)) continue
      if (/^[\w\u2010-]$/.test(character.normalize('NFKC')) && !/\p{No}/u.test(character)) continue
      const codes = parseText(`mheng${character}`)?.codes
      if (codes?.[0] !== 'mheng' || codes.length > 1) expect(codes, character).toEqual(['mheng'])
    }
  })

  it('removes at most three hosts', () => {
    let comparisons = 0
    class CountingSet extends Set<string> {
      override has(host: string): boolean {
        comparisons += 1
        return super.has(host)
      }
    }
    parsePastedCode(`/${'a/'.repeat(299)}`, new CountingSet(['a']))
    expect(comparisons).toBe(3)
  })

  it.each([
    ...[
      '.',
      '/',
      '%20',
      ' ',
      '-',
      '_',
      '+',
      'a',
      '%25',
      '%2525',
      '%',
      '"',
      '<',
      '(',
      '%C2%AD',
      '%E2%80%8B',
    ],
    ...[
      '-.',
      './',
      '_*',
      '+.',
      '+.json',
      '.svg',
      'https:/',
      'https://',
      'arab.news/',
      'https://arab.news/',
    ],
    ...[
      '%EF%B7%BA',
      'ﷺ',
      '\u0301',
      'a\u0301\u0323',
      '\ud800',
      '\u200f',
      '👩‍👩‍👧',
      '%C2%B4',
      ' \u0301',
      '%CC%81',
    ],
    ...['a ', 'a.', '_a', '&', '?', '#', '،', '。', '%0A', '\u3000', '％', '٢', '%D9%A2', '……'],
  ])('returns only valid codes if %s is repeated before, after and around a code', (unit) => {
    const many = unit.repeat(Math.floor(590 / unit.length))
    const half = unit.repeat(Math.floor(295 / unit.length))
    for (const text of [
      many,
      `${many}mheng`,
      `mheng${many}`,
      `${half}mheng${half}`,
      `${many}\ud800`,
    ]) {
      const requestedCode = parsePath(`/${text}`)
      for (const code of requestedCode?.codes ?? []) expect(code).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
    }
  })
})

describe('Unicode', () => {
  it('has the properties that the scan relies on: growth, invisible characters, bidi controls', () => {
    const invisible = /\p{Default_Ignorable_Code_Point}/u
    const wrong: string[] = []
    let growth = 0
    for (let point = 0; point <= 0x10ffff; point += 1) {
      const character = String.fromCodePoint(point)
      if (/\p{Bidi_Control}/u.test(character) && !invisible.test(character)) wrong.push(character)
      if (invisible.test(character)) continue
      const form = character.normalize('NFKC')
      if (form === character) continue
      growth = Math.max(growth, form.length / character.length)
      if (invisible.test(form) || /\p{Cc}/u.test(form)) wrong.push(character)
    }
    expect(wrong.map(escapeForTitle)).toEqual([])
    expect(growth).toBe(18)
  })
})

describe('a path', () => {
  it.each([
    ...[
      '/mheng%',
      '/mheng%2',
      '/mheng%E2%80',
      '/mheng%E2',
      '/mheng%D8',
      '/mheng%F0%9F%98',
      '/mheng%20%3',
    ],
    ...['/mheng%25', '/mheng%2525', '/mheng.%E2%80%9'],
  ])('may end in an incomplete percent-encoding: %s', (path) => {
    expect(parsePath(path)).toEqual(link('mheng'))
  })

  it.each([
    ['٢٣٤', '234'],
    ['۲۳۴', '234'],
    ['२३४', '234'],
    ['mheng٢', 'mheng2'],
    ['۰mheng۹', '0mheng9'],
    ['๗೭', '77'],
  ])('may have digits of any script: %s becomes %s', (text, code) => {
    expect(parseText(text)).toEqual(link(code))
  })

  it('may have any decimal digit of Unicode, which becomes the ASCII digit of the same value', () => {
    const digits = Array.from({ length: 0x1fbfa }, (_, codePoint) => codePoint).filter(
      (codePoint) =>
        !(codePoint >= 0xd800 && codePoint <= 0xdfff) &&
        /\p{Nd}/u.test(String.fromCodePoint(codePoint)),
    )
    expect(digits.length).toBeGreaterThan(600)
    for (const [index, codePoint] of digits.entries())
      expect(parseText(`a${String.fromCodePoint(codePoint)}`), codePoint.toString(16)).toEqual(
        link(`a${index % 10}`),
      )
  })

  it('may have our own host in its own script', () => {
    const hosts = new Set(['xn--ngblk.example'])
    expect(parsePastedCode('/https://خبر.example/mheng', hosts)).toEqual(link('mheng'))
    expect(parsePastedCode(encodeURI('/https://خبر.example/mheng'), hosts)).toEqual(link('mheng'))
    expect(parsePastedCode('/https://خبرx.example/mheng', hosts)).toBeUndefined()
  })
})
