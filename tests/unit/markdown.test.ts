/** Markdown beyond CommonMark: footnotes, emphasis in every script, bare addresses, task lists. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findBareAddresses } from '../../src/manuscript/bare-addresses.ts'
import { cleanMarkup } from '../../src/manuscript/sanitize.ts'
import { PAGE_MARK } from '../../src/text/characters.ts'
import { findElements, getTextContent, parsePage } from '../support/html.ts'
import { runs } from '../support/runs.ts'

function clean(markdown: string): string {
  const cleaned = cleanMarkup('markdown', markdown, { origins: ['https://news.example'] })
  if ('detail' in cleaned) throw new Error(cleaned.detail)
  return cleaned.html.replaceAll(PAGE_MARK, '')
}

describe('a footnote', () => {
  it('is numbered by the order of first references, and links back to each reference', () => {
    const html = clean('One[^b] and two[^a] and one[^b].\n\n[^a]: Second.\n[^b]: First.')
    expect(html).toContain(
      '<p>One<sup><a href="#fn-b" id="fnref-b" data-footnote-ref="" aria-describedby="footnote-label">1</a></sup>',
    )
    expect(html).toContain('id="fnref-b-2"')
    expect(html).toMatch(
      /<li id="fn-b">\n<p>First\. <a href="#fnref-b" [^>]*>↩<\/a> <a href="#fnref-b-2" [^>]*>↩<sup>2<\/sup><\/a><\/p>\n<\/li>\n<li id="fn-a">/,
    )
  })

  it('may have several blocks, and references to other footnotes', () => {
    const html = clean('A[^1].\n\n[^1]: One.\n\n    - a list[^2]\n\n[^2]: Two[^1].\n\nThe end.')
    expect(html).toMatch(/<p>The end\.<\/p>\n<section data-footnotes="">/)
    expect(html).toMatch(/<li id="fn-1">\n<p>One\.<\/p>\n<ul>\n<li>a list<sup>/)
    expect(html).toContain('id="fnref-1-2"')
  })

  it('matches its references without regard to case, and never loses its text', () => {
    expect(clean('A[^Note].\n\n[^nOTE]: Text.')).toContain('href="#fn-note"')
    expect(clean('A.\n\n[^x]: A text that nothing refers to.')).toContain(
      '<p>A text that nothing refers to.</p>',
    )
    expect(clean('A[^x].\n\n[^x]: One.\n\n[^x]: Two.')).toContain('<p>Two.</p>')
  })

  it('needs a definition; a reference without one remains text', () => {
    expect(clean('A[^x] and [^ y].')).toBe('<p>A[^x] and [^ y].</p>')
    expect(clean('`[^x]`\n\n[^x]: Text.')).toContain('<code>[^x]</code>')
  })

  it('links only to targets in the same text, whatever the labels and their order', () => {
    const label = fc.stringMatching(/^[a-zA-Zé١中_-]{1,3}$/)
    const note = fc.tuple(label, fc.array(label, { maxLength: 3 }))
    fc.assert(
      fc.property(
        fc.array(note, { maxLength: 6 }),
        fc.array(label, { maxLength: 6 }),
        (notes, uses) => {
          const text = `Words ${uses.map((use) => `[^${use}]`).join(' and ')}.`
          const definitions = notes.map(
            ([name, inner]) => `[^${name}]: Note ${inner.map((use) => `[^${use}]`).join(' ')} end.`,
          )
          const page = parsePage(clean([text, ...definitions].join('\n\n')))
          const ids = new Set<string>()
          for (const name of ['a', 'li', 'h2'])
            for (const { properties } of findElements(page, name)) ids.add(String(properties['id']))
          for (const { properties } of findElements(page, 'a')) {
            const href = decodeURI(String(properties['href'] ?? ''))
            if (href.startsWith('#')) expect(decodedIds(ids), href).toContain(href.slice(1))
          }
          for (const [name] of notes.slice(0, 1))
            expect(getTextContent(page), name).toContain('Note')
        },
      ),
      { numRuns: runs(200) },
    )
  })
})

const decodedIds = (ids: Set<string>): string[] => [...ids].map((id) => decodeURI(id))

describe('emphasis', () => {
  it.each([
    ['今天，**北京：**开会', '今天，<strong>北京：</strong>开会'],
    ['今天**“北京”**开会', '今天<strong>“北京”</strong>开会'],
    ['**東京(とうきょう)**で', '<strong>東京(とうきょう)</strong>で'],
    ['و**«القدس»** عاصمة', 'و<strong>«القدس»</strong> عاصمة'],
    ['و**"القدس"**، ثم', 'و<strong>"القدس"</strong>، ثم'],
    ['यह**"दिल्ली"**है', 'यह<strong>"दिल्ली"</strong>है'],
    ['นี่*“กรุงเทพ”*ครับ', 'นี่<em>“กรุงเทพ”</em>ครับ'],
    ['*a*b and 2*3*4', '<em>a</em>b and 2<em>3</em>4'],
    ['5 * 3 and **bold** text', '5 * 3 and <strong>bold</strong> text'],
    ['snake_case_name and _yes_', 'snake_case_name and <em>yes</em>'],
  ])('in %s gives %s', (markdown, html) => {
    expect(clean(markdown)).toBe(`<p>${html}</p>`)
  })

  it.each([
    '产品*，服务*。',
    'الكتاب*، والمجلة*.',
    'शब्द*। दूसरा*।',
    '価格*（税込）、送料*（別）',
    'A社*（注1）は、B社*（注2）',
    '値段*「税込」、別**。',
    'สินค้า* และ บริการ*',
  ])('is not suspected in the marks of notes: %s', (markdown) => {
    expect(clean(markdown)).toBe(`<p>${markdown}</p>`)
  })

  it('with tildes needs two of them, because 10~20% is a range', () => {
    expect(clean('10~20%, 30~40% and ~~gone~~')).toBe('<p>10~20%, 30~40% and <del>gone</del></p>')
  })
})

it.each(['He said <<hello>> twice', 'Il a dit <<Bonjour le monde>>.', '<<<x>>>'])(
  'angle quotes are text: %s',
  (markdown) => {
    expect(getTextContent(parsePage(clean(markdown))).trim()).toBe(markdown)
  },
)

describe('a bare address', () => {
  it.each([
    'https://twitter.com/_john and https://x.example/jane_doe_ said',
    'https://docs.python.org/3/library/__main__.html',
    'https://mp.weixin.qq.com/s/_abc_def',
    'https://x.example/a*b*c and www.x.example/a*b',
    'https://x.example/~~u~~/a',
    'https://x.example/**a**/b',
  ])('contains marks of emphasis: %s', (markdown) => {
    const texts = markdown.split(' ').filter((word) => word.includes('.'))
    const links = findElements(parsePage(clean(markdown)), 'a').map(getTextContent)
    expect(links).toEqual(texts.map((text) => text.replace(/_$/, '')))
    expect(getTextContent(parsePage(clean(markdown))).trim()).toBe(markdown)
  })

  it.each([
    [
      '**https://x.example/a** b',
      '<strong><a href="https://x.example/a">https://x.example/a</a></strong> b',
    ],
    [
      '*see https://x.example/a_b*, b',
      '<em>see <a href="https://x.example/a_b">https://x.example/a_b</a></em>, b',
    ],
    [
      '**见https://x.example/a**中文',
      '<strong>见<a href="https://x.example/a">https://x.example/a</a></strong>中文',
    ],
    ['[a](https://x.example/_b_) _c_', '<a href="https://x.example/_b_">a</a> <em>c</em>'],
  ])('within emphasis ends before its marks: %s', (markdown, html) => {
    expect(clean(markdown)).toBe(`<p>${html}</p>`)
  })

  it.each([
    ['https://arab.news/mheng، ثم', 'https://arab.news/mheng'],
    ['“https://example.com/a”', 'https://example.com/a'],
    ['https://example.com/a。谢谢', 'https://example.com/a'],
    ['（https://example.com/a）', 'https://example.com/a'],
    ['«https://example.com/a»؟', 'https://example.com/a'],
    ['(see https://en.wikipedia.org/wiki/A_(b))', 'https://en.wikipedia.org/wiki/A_(b)'],
    ['https://example.com/?q=a&b=c#d...', 'https://example.com/?q=a&b=c#d'],
    ['https://example.com/a_b_c, next', 'https://example.com/a_b_c'],
    ['请看https://example.com/x！', 'https://example.com/x'],
    ['https://ar.wikipedia.org/wiki/خبر.', 'https://ar.wikipedia.org/wiki/خبر'],
    ['HTTP://Example.com:8080/', 'HTTP://Example.com:8080/'],
    ['www.example.com/a।', 'www.example.com/a'],
    ['write to desk@news.example.', 'desk@news.example'],
  ])('in %j is %s', (text, address) => {
    expect(findBareAddresses(text).map(({ start, end }) => text.slice(start, end))).toEqual([
      address,
    ])
  })

  it.each([
    'xhttps://a.example',
    'https://',
    'www.example',
    'a@b',
    '@user',
    'http://-/',
    'a@b.c_d',
  ])('is not found in %j', (text) => {
    expect(findBareAddresses(text)).toEqual([])
  })

  it('is linked in a text, and not within a link or code', () => {
    expect(clean('See https://a.example/x. And [https://b.example](https://c.example).')).toBe(
      '<p>See <a href="https://a.example/x">https://a.example/x</a>. And <a href="https://c.example/">https://b.example</a>.</p>',
    )
    expect(clean('`https://a.example` <a href="https://b.example">www.c.example</a>')).toBe(
      '<p><code>https://a.example</code> <a href="https://b.example/">www.c.example</a></p>',
    )
  })

  it('ends before punctuation of any script, whatever follows', () => {
    const punctuation = fc.constantFrom(
      ...'。，、！？；：（）「」『』《》【】…،؛؟۔।॥“”‘’«»›‹—–！．｡',
    )
    const rest = fc.string({ unit: fc.constantFrom(...'aب中।. ') })
    fc.assert(
      fc.property(punctuation, rest, (mark, text) => {
        const [found] = findBareAddresses(`https://example.com/a${mark}${text}`)
        expect(found).toEqual({ start: 0, end: 21, href: 'https://example.com/a' })
      }),
      { numRuns: runs(500) },
    )
  })

  it('is found in order and without overlaps in any text', () => {
    const unit = fc.constantFrom('https://', 'www.', 'a', 'b.c', '@', '.', '/', '(', ')', '、', ' ')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 30 }), (text) => {
        let last = 0
        for (const { start, end, href } of findBareAddresses(text)) {
          expect(start).toBeGreaterThanOrEqual(last)
          expect(end).toBeGreaterThan(start)
          expect(URL.canParse(href)).toBe(true)
          last = end
        }
      }),
      { numRuns: runs(1000) },
    )
  })
})

it('the boxes of a task list become characters', () => {
  expect(clean('- [ ] open\n- [X] done\n- [y] no\n\n1. [ ] one')).toBe(
    '<ul>\n<li>☐ open</li>\n<li>☑ done</li>\n<li>[y] no</li>\n</ul>\n<ol>\n<li>☐ one</li>\n</ol>',
  )
})

describe('a character reference', () => {
  it.each([
    ['It&#146;s &#x93;so&#148; &#128;5', 'It’s “so” €5'],
    ['&amp; &lt; &#233; &#x1F680;', '&#x26; &#x3C; é 🚀'],
  ])('in %j is decoded as browsers decode it', (markdown, html) => {
    expect(clean(markdown)).toBe(`<p>${html}</p>`)
  })

  it('is not decoded in code', () => {
    expect(clean('`&#146;`')).toBe('<p><code>&#x26;#146;</code></p>')
  })
})
