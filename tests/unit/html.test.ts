/** Stored HTML: what cleaning removes, and how it marks addresses. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_DEPTH } from '../../src/manuscript/bounds.ts'
import { type CleanedMarkup, cleanMarkup } from '../../src/manuscript/sanitize.ts'
import { PAGE_MARK, replaceMarks, SITE_MARK } from '../../src/text/characters.ts'
import { measureCpuSeconds } from '../support/cpu-time.ts'
import { HOSTILE_MARKUP } from '../support/hostile.ts'
import { runs } from '../support/runs.ts'
import { findUnsafeHtml } from '../support/safe-html.ts'

/** Ten times what the most expensive of these texts takes. Quadratic work would need minutes. */
const MAX_CPU_SECONDS = 4
const SITE = 'https://news.example'
const OWN = { origins: [SITE, 'https://nws.example'] }

function clean(form: 'markdown' | 'html', source: string, dateline?: string): CleanedMarkup {
  const cleaned = cleanMarkup(form, source, { ...OWN, dateline })
  if ('detail' in cleaned) throw new Error(cleaned.detail)
  return cleaned
}
const fromMarkdown = (source: string): string => clean('markdown', source).html
const fromHtml = (source: string): string => clean('html', source).html
const extractText = (source: string): string => clean('html', source).text

describe('hostile markup', () => {
  it('has a corpus of more than forty examples', () => {
    expect(new Set(HOSTILE_MARKUP).size).toBeGreaterThanOrEqual(40)
  })

  it.each(HOSTILE_MARKUP)(
    'contains nothing executable after cleaning, as HTML and within Markdown: %j (R-24, X-04)',
    (payload) => {
      for (const html of [
        fromHtml(payload),
        fromMarkdown(payload),
        fromMarkdown(`> - ${payload}`),
      ]) {
        expect(findUnsafeHtml(replaceMarks(html, SITE, `${SITE}/articles/x`))).toEqual([])
      }
    },
  )

  it.each(HOSTILE_MARKUP)('does not change when it is cleaned again: %j', (payload) => {
    for (const form of ['html', 'markdown'] as const) {
      const once = clean(form, payload).html
      expect(fromHtml(once)).toBe(once)
    }
  })

  it('is found by the inspection that these tests use', () => {
    const bad = [
      '<script>alert(1)</script>',
      '<p onclick="x()">a</p>',
      '<a href="javascript:x()">a</a>',
      '<a href=" java\tscript:x()">a</a>',
      '<img src="data:text/html,x">',
      '<svg><path/></svg>',
      '<iframe src="https://a.example"></iframe>',
      '<p style="color:red">a</p>',
      '<form action="https://a.example"></form>',
      '<a href="/relative">a</a>',
      '<p id="location">a</p>',
      '<!-- comment -->',
    ]
    expect(bad.filter((html) => findUnsafeHtml(html).length === 0)).toEqual([])
    expect(
      findUnsafeHtml(
        '<p><a href="https://a.example/">a</a> <a href="mailto:a@b.example">b</a></p>',
      ),
    ).toEqual([])
  })
})

describe('removed markup', () => {
  it.each([
    ['<p>a<script>x</script></p>', ['<script>']],
    ['<p onclick="x">a</p>', ['onclick on <p>']],
    [
      '<p><a href="javascript:x">a</a><a href="java&#10;script:x">b</a></p>',
      ['href "javascript:" on <a>, 2 times'],
    ],
    [
      '<p>a\u0000&#x1f;\u202e</p>',
      ['U+0000 (NUL)', 'U+202E (right-to-left override)', 'U+001F (control)'],
    ],
    ['<p>a</p><img src="data:image/png;base64,AA==" alt="x">', ['<img> with "data:", alt "x"']],
    ['<p>plain</p>', []],
  ])('is reported: %j', (source, removed) => {
    expect(clean('html', source).removed).toEqual(removed)
  })

  it('is reported in printable lines without line breaks, whatever its names contain', () => {
    const { removed } = clean(
      'html',
      '<p>a</p><x\u202e-\u0007y onfoo\u2028bar="1">b</x><p o\u200bn"x=1>',
    )
    expect(removed.length).toBeGreaterThan(0)
    for (const line of removed) expect(line).not.toMatch(/[\r\n\u2028\u2029]/)
  })
})

describe('cleaned text', () => {
  it('has the tables, footnotes and lists of Markdown', () => {
    expect(fromMarkdown('**b** *i* ~~s~~ `c`')).toBe(
      '<p><strong>b</strong> <em>i</em> <del>s</del> <code>c</code></p>',
    )
    expect(fromMarkdown('| a | b |\n|---|:-:|\n| 1 | 2 |')).toContain('<td align="center">2</td>')
    expect(fromMarkdown('- [x] done\n- [ ] open')).toMatch(/<li>☑ done<\/li>\n<li>☐ open<\/li>/)
    expect(fromMarkdown('```ts\na < b\n```')).toBe(
      '<pre><code class="language-ts">a &#x3C; b\n</code></pre>',
    )
    const footnotes = fromMarkdown('Text[^1].\n\n[^1]: Note.')
    expect(footnotes).toContain('id="fn-1"')
    expect(footnotes).toContain(`href="${PAGE_MARK}#fn-1"`)
  })

  it('begins its headings at the second level', () => {
    expect(fromMarkdown('# a\n\n### b\n\n###### c')).toBe('<h2>a</h2>\n<h4>b</h4>\n<h6>c</h6>')
    expect(fromMarkdown('### a\n\n#### b')).toBe('<h2>a</h2>\n<h3>b</h3>')
  })

  it('never contains the end of a CDATA section, not even in an attribute (R-25)', () => {
    const html = fromHtml('<p title="]]>">a]]>b<code>x[y[0]]>1</code></p>')
    expect(html).not.toContain(']]>')
    expect(html.match(/]]&gt;/g)).toHaveLength(3)
    expect(extractText(html)).toBe('a]]>bx[y[0]]>1')
  })

  it('contains no forbidden characters, even if they were written as references (R-25, X-02)', () => {
    const source =
      '<p title="&#xFFFE;&#x202E;t">a&#xFFFE;b&#x1F;c&#x202E;d&#xFDD0;e&#xFDD1;f&#x7F;g&#x1FFFF;h</p><p><a aria-describedby="a&#xFFFF;b" href="/x&#xFDD1;">l</a></p>'
    for (const html of [fromHtml(source), fromMarkdown(source)]) {
      expect(html).toBe(
        `<p title="t">abcdefgh</p><p><a aria-describedby="ab" href="${SITE_MARK}/x">l</a></p>`,
      )
    }
  })

  it('is normalised (NFC) even where a removed element separated a letter from its accent', () => {
    expect(fromHtml('<p>e<title>x</title>\u0301</p>')).toBe('<p>é</p>')
  })

  it('is not normalised across the end of a tag', () => {
    const html = fromHtml('<p>&#x338;x</p>')
    expect(html.normalize('NFC')).toBe(html)
    expect(fromHtml(html)).toBe(html)
    expect(extractText(html)).toBe('\u0338x')
  })
})

describe('an address', () => {
  it.each([
    ['/a?b#c', `${SITE_MARK}/a?b#c`],
    ['a/b', `${SITE_MARK}/a/b`],
    ['../../a', `${SITE_MARK}/a`],
    ['https://news.example/a', `${SITE_MARK}/a`],
    ['HTTPS://NWS.example:443/a', `${SITE_MARK}/a`],
    ['//other.example/a', 'https://other.example/a'],
    ['https://other.example', 'https://other.example/'],
    ['https://خبر.example/خبر', 'https://xn--ngblk.example/%D8%AE%D8%A8%D8%B1'],
    ['mailto:a@b.example', 'mailto:a@b.example'],
    ['https://news.example.evil.example/', 'https://news.example.evil.example/'],
    ['http://site.invalid.evil.example/a', 'http://site.invalid.evil.example/a'],
    ['http://site.invalid@evil.example/a', 'http://site.invalid@evil.example/a'],
    ['http://site.invalid:81/a', 'http://site.invalid:81/a'],
    ['http://page.invalid/a', 'http://page.invalid/a'],
  ])('such as %s becomes %j (R-23)', (address, stored) => {
    expect(fromHtml(`<a href="${address}">x</a>`)).toBe(`<a href="${stored}">x</a>`)
  })

  it.each([
    'javascript:x',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    'ftp://a.example',
    'https://',
    'http://[',
  ])('such as %s is removed (X-05)', (address) => {
    expect(fromHtml(`<a href="${address}">x</a>`)).toBe('<a>x</a>')
  })

  it.each([
    ['ftp://x.example/data.zip', 'href "ftp://x.example/data.zip" on <a>'],
    ['geo:48.2,16.3', 'href "geo:48.2,16.3" on <a>'],
    ['whatsapp://send?text=hi', 'href "whatsapp://send?text=hi" on <a>'],
    ['htp://x.example/a', 'href "htp://x.example/a" on <a>'],
    ['https://exa mple.com/x', 'href "https://exa mple.com/x" on <a>'],
    ['https://x.example:99999/p', 'href "https://x.example:99999/p" on <a>'],
    ['//', 'href "//" on <a>'],
    ['', 'href "" on <a>'],
    ['?page=2', 'href "?page=2" on <a>'],
    ['data:text/html,x', 'href "data:" on <a>'],
    [' java\nscript:x', 'href "javascript:" on <a>'],
  ])('that is removed is named: %j', (address, what) => {
    expect(clean('html', `<a href="${address}">x</a>`)).toMatchObject({
      html: '<a>x</a>',
      removed: [what],
    })
  })

  it.each(['http:/x.example/a', 'http:x.example/a', 'http://x.example/a'])(
    'with fewer slashes is read as browsers read it: %s',
    (address) => {
      expect(fromHtml(`<a href="${address}">x</a>`)).toBe('<a href="http://x.example/a">x</a>')
    },
  )

  it('of a quotation may be empty', () => {
    expect(clean('html', '<blockquote cite="">q</blockquote>')).toMatchObject({
      html: '<blockquote>q</blockquote>',
      removed: [],
    })
  })

  it('of a picture cannot be an e-mail address; a picture without an address is removed', () => {
    expect(fromHtml('<p>a<img src="mailto:a@b.example"><img alt="x"></p>')).toBe('<p>a</p>')
  })
})

describe('replaceMarks', () => {
  it('replaces the marks of site and page, whatever their addresses contain', () => {
    const html = `<a href="${SITE_MARK}/a"><a href="${PAGE_MARK}#b"><a href="${PAGE_MARK}#c">`
    expect(replaceMarks(html, 'https://s.example', "https://p.example/?$&$1$$$'")).toBe(
      `<a href="https://s.example/a"><a href="https://p.example/?$&$1$$$'#b"><a href="https://p.example/?$&$1$$$'#c">`,
    )
  })
})

describe('the dateline', () => {
  it('of the manuscript is removed from a text that repeats it, even in scripts without capitals', () => {
    const cleaned = clean('markdown', 'أبوظبي: نص الخبر.', 'أبوظبي')
    expect(cleaned).toMatchObject({ html: '<p>نص الخبر.</p>', dateline: 'أبوظبي', removed: [] })
    expect(clean('markdown', 'دبي: نص الخبر.', 'أبوظبي').html).toBe('<p>دبي: نص الخبر.</p>')
  })

  it.each([
    ['ISLAMABAD: The text.', 'ISLAMABAD', '<p>The text.</p>'],
    ['NEW YORK, N.Y.: The text.', 'NEW YORK, N.Y.', '<p>The text.</p>'],
    ['ΑΘΗΝΑ: Κείμενο.', 'ΑΘΗΝΑ', '<p>Κείμενο.</p>'],
    ['**أبوظبي:** النص.', 'أبوظبي', '<p>النص.</p>'],
    ['**Abu Dhabi**: The *text*.', 'Abu Dhabi', '<p>The <em>text</em>.</p>'],
    ['**Abu\nDhabi:** Text.', 'Abu Dhabi', '<p>Text.</p>'],
    ['**北京：**今天开会。', '北京', '<p>今天开会。</p>'],
    ['**北京**：今天开会。', '北京', '<p>今天开会。</p>'],
    ['KYIV：Text.', 'KYIV', '<p>Text.</p>'],
    ['<div><div><p>LAHORE: Text.</p></div></div>', 'LAHORE', '<div><div><p>Text.</p></div></div>'],
    [
      '![a](/a.jpg)\n\nLAHORE: Text.',
      'LAHORE',
      `<p><img src="${SITE_MARK}/a.jpg" alt="a"></p>\n<p>Text.</p>`,
    ],
    [
      '<figure><img src="/a.jpg" alt="a"><figcaption>B: c</figcaption></figure>\n<p>LAHORE: Text.</p>',
      'LAHORE',
      `<figure><img src="${SITE_MARK}/a.jpg" alt="a"><figcaption>B: c</figcaption></figure>\n<p>Text.</p>`,
    ],
  ])('is removed from %j', (source, dateline, html) => {
    expect(clean('markdown', source)).toMatchObject({ html, dateline, removed: [] })
  })

  it.each([
    'Islamabad: The text.',
    'The text: more.',
    'ISLAMABAD:the text.',
    '> ISLAMABAD: Quoted.',
    '2026: The text.',
    '# ISLAMABAD: A heading',
    '**all bold: yes**',
    'LIVE: The match.',
    'BREAKING NEWS: The match.',
    'WATCH: The match.',
    '**Q:** Why? **A:** Because.',
    '**Editor’s note:** The text.',
    "EDITOR'S NOTE: The text.",
    '**ملاحظة:** النص.',
    '**عاجل:** النص.',
    '**نوٹ:** متن۔',
    '**编者按：**正文。',
    '**What did she say?:** Nothing.',
    '**The mayor said on Monday at noon:** Nothing.',
    'First.\n\nLAHORE: Text.',
  ])('is not recognised in %j', (source) => {
    expect(clean('markdown', source).dateline).toBeUndefined()
  })

  it.each([
    ['ВНИМАНИЕ ВСЕМ ЖИТЕЛЯМ ГОРОДА МОСКВЫ И МОСКОВСКОЙ ОБЛАСТИ: Текст.', 'ВНИМАНИЕ'],
    [`**${'سؤال طويل جدا '.repeat(6).trim()}:** جواب.`, 'سؤال'],
    ['**!!!:** Text.', '!!!'],
  ])('stays in the text if it would be invalid as a key: %j', (source, text) => {
    const { html, dateline } = clean('markdown', source)
    expect(dateline).toBeUndefined()
    expect(html).toContain(text)
  })

  it('of the manuscript is removed only from the beginning of the text', () => {
    expect(clean('markdown', 'LAHORE: Text.', 'LAHORE').html).toBe('<p>Text.</p>')
    expect(clean('markdown', 'LAHORE: Text.', 'KARACHI').html).toBe('<p>LAHORE: Text.</p>')
    expect(clean('markdown', '**LAHORE:** Text.', 'KARACHI').html).toBe(
      '<p><strong>LAHORE:</strong> Text.</p>',
    )
  })
})

describe('markup', () => {
  it.each([
    ['HTML elements', 'html', '<div>'.repeat(MAX_DEPTH + 1)],
    ['a hundred thousand elements', 'html', '<b>'.repeat(100_000)],
    ['quotes', 'markdown', `${'>'.repeat(MAX_DEPTH + 1)} a`],
    ['many quotes', 'markdown', `${'> '.repeat(50_000)} a`],
    ['lists', 'markdown', `${'- '.repeat(MAX_DEPTH + 1)} a`],
  ] as const)(
    'that is nested too deeply is refused without recursion: %s (X-15, X-16)',
    (_, form, source) => {
      const seconds = measureCpuSeconds(() => {
        expect(cleanMarkup(form, source, OWN)).toEqual({
          detail: `is nested deeper than ${MAX_DEPTH}`,
        })
      })
      expect(seconds).toBeLessThan(MAX_CPU_SECONDS)
    },
  )

  it('that makes an enormous table of a few characters is refused quickly', () => {
    const table = (columns: number, rows: number): string =>
      `|${'a|'.repeat(columns)}\n|${'-|'.repeat(columns)}\n${'|a\n'.repeat(rows)}`
    const seconds = measureCpuSeconds(() => {
      expect(cleanMarkup('markdown', table(1000, 100), OWN)).toEqual({
        detail: expect.stringMatching(/^makes \d+ HTML elements, more than 16000$/),
      })
    })
    expect(seconds).toBeLessThan(MAX_CPU_SECONDS)
    expect(fromMarkdown(`${table(5, 20)}\n\nText.`)).toContain('<td>')
    expect(fromMarkdown('a\n\n---\n\nb')).toContain('<hr>')
  })

  it('with deeply nested emphasis is refused quickly', () => {
    const seconds = measureCpuSeconds(() => {
      expect(cleanMarkup('markdown', '*_'.repeat(50_000), OWN)).toHaveProperty('detail')
    })
    expect(seconds).toBeLessThan(MAX_CPU_SECONDS)
  })

  it('with many opening brackets is not refused', () => {
    expect(fromMarkdown('['.repeat(50_000))).toBe(`<p>${'['.repeat(50_000)}</p>`)
  })

  it('nested within the limit is accepted', () => {
    expect(fromHtml(`${'<div>'.repeat(50)}a${'</div>'.repeat(50)}`)).toContain('a')
  })
})

describe('the content of a removed element', () => {
  it.each(
    'script style template noscript iframe object svg title textarea select video audio canvas'.split(
      ' ',
    ),
  )('does not become part of the story if the element is <%s>', (name) => {
    expect(fromHtml(`<p>a</p><${name}>gone</${name}>`)).toBe('<p>a</p>')
  })

  it.each([
    ['<p>a<marquee><p>b</p></marquee>c</p>', '<p>a</p><div><p>b</p></div>c<p></p>'],
    ['<p>a<button><p>b</p></button></p>', '<p>a</p><p>b</p><p></p>'],
    ['<li>a<applet><li>b</applet>', '<li>a</li><li>b</li>'],
    ['<p><x-card><b>a</b></x-card></p>', '<p><b>a</b></p>'],
    ['<pre>\n\n\na</pre><font>b</font>', '<pre>\n\n\na</pre>b'],
  ])('is stored as a browser parses it without that element: %s', (source, expected) => {
    const html = fromHtml(source)
    expect(html).toBe(expected)
    expect(fromHtml(html)).toBe(html)
  })
})

describe('markup that is parsed differently a second time', () => {
  it.each([
    [
      'a link in a link, out of a table',
      '<a href="/x">1<table><tr><td>2<a href="/y">3</a></table></a>',
    ],
    ['a caption without a table', '<thead><dl><h2><a><caption>'],
    ['a preformatted text that begins with empty lines', '<pre>\n\n\ncode</pre>'],
  ])('is stored in a form that a second parse does not change: %s', (_, source) => {
    const html = fromHtml(source)
    expect(html).not.toBe('')
    expect(fromHtml(html)).toBe(html)
  })

  it('keeps the empty lines of preformatted text, although readers remove the first one', () => {
    expect(fromHtml('<pre>\n\na</pre>')).toBe('<pre>\n\na</pre>')
    expect(fromHtml('<pre>\na</pre>')).toBe('<pre>a</pre>')
    expect(fromMarkdown('<pre>\n\na</pre>')).toBe('<pre>\n\na</pre>')
  })
})

describe('formatting that is never closed', () => {
  const paragraphs = '<p>x'.repeat(15_000)
  it.each([
    ['with a long title', 'html', `<p><b title="${'x'.repeat(60_000)}"></p>${paragraphs}`],
    ['in a button', 'html', `<p><b title="${'x'.repeat(60_000)}"><button>${paragraphs}</button>`],
    [
      'ninety times',
      'html',
      `<p>${Array.from({ length: 90 }, (_, index) => `<b title=${index}>`).join('')}</p>${paragraphs}`,
    ],
    ['in Markdown', 'markdown', `<p><b title="${'x'.repeat(60_000)}"></p>${'<p>x'.repeat(9000)}`],
  ] as const)(
    'is repeated in each paragraph, and is refused before it fills the memory: %s (X-15, X-16)',
    (_, form, source) => {
      expect(cleanMarkup(form, source, OWN)).toEqual({
        detail: 'makes more than 1048576 bytes of HTML',
      })
    },
  )

  it('is accepted within the limit', () => {
    const html = fromHtml(`<p><b>a</p>${'<p>x'.repeat(1000)}`)
    expect(html.split('<p><b>x</b></p>')).toHaveLength(1001)
  })
})

describe('the plain text of HTML', () => {
  it('has each block on a line of its own, and entities decoded', () => {
    expect(extractText('<p>A &amp; <b>B</b></p><ul><li>c</li><li>d</li></ul>')).toBe('A & B\nc\nd')
  })
})

describe('Markdown that uses neither GFM nor HTML', () => {
  it('gives the same HTML with and without the parser extensions for them', () => {
    const piece = fc.constantFrom(
      ...'a b : - -- --- # * ** _ ` ``` > + 1. 2) [ ] ( ) ! \\ / < > & ; " \' . é — ['.split(' '),
      ...[
        '\n',
        '\n\n',
        '    ',
        '\t',
        '  \n',
        '[a](b)',
        '![a](b "c")',
        '[a]: b',
        '<b>',
        '</b>',
        '&amp;',
      ],
      ...['a\n-', 'a\n:', 'w', 'ww', 'h', 'http', '[]', '[a]', '<!-- -->', '* * *', 'ftp:'],
    )
    const own = { ...OWN, dateline: '-' }
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('').replace(/^\s+/, '')
        const withoutExtensions = cleanMarkup('markdown', text, own) as CleanedMarkup
        // The tilde requires the parser with all extensions. Its paragraph ends before the text
        // begins.
        const withExtensions = cleanMarkup('markdown', `~\n\n${text}`, own) as CleanedMarkup
        expect(withExtensions.html.replace('<p>~</p>', '').trim()).toBe(withoutExtensions.html)
      }),
      { numRuns: runs(400) },
    )
  })
})
