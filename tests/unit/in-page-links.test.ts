/** Links within a text: each has its target in the same text, whichever program wrote them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PAGE_IDS } from '../../src/manuscript/in-page-links.ts'
import { cleanMarkup } from '../../src/manuscript/sanitize.ts'
import { PAGE_MARK } from '../../src/text/characters.ts'
import { runs } from '../support/runs.ts'

function clean(form: 'html' | 'markdown', source: string, language = 'en') {
  const cleaned = cleanMarkup(form, source, { origins: ['https://news.example'], language })
  if ('detail' in cleaned) throw new Error(cleaned.detail)
  return { ...cleaned, html: cleaned.html.replaceAll(PAGE_MARK, '') }
}

describe('a link within the text', () => {
  it.each([
    ['<h3 id="a">A</h3><p><a href="#a">up</a></p>', '<h2 id="a">A</h2><p><a href="#a">up</a></p>'],
    ['<p><a name="x"></a>A <a href="#x">x</a></p>', '<p><a id="x"></a>A <a href="#x">x</a></p>'],
    [
      '<h2 id="خبر">A</h2><a href="#%D8%AE%D8%A8%D8%B1">x</a>',
      '<h2 id="خبر">A</h2><a href="#%D8%AE%D8%A8%D8%B1">x</a>',
    ],
    [
      '<p id="text">A</p><a href="#text">x</a>',
      '<p id="story-text">A</p><a href="#story-text">x</a>',
    ],
    // Pandoc
    [
      '<p>A<a href="#fn1" class="footnote-ref" id="fnref1"><sup>1</sup></a></p><ol><li id="fn1">B <a href="#fnref1">↩</a></li></ol>',
      '<p>A<a href="#fn1" id="fnref1"><sup>1</sup></a></p><ol><li id="fn1">B <a href="#fnref1">↩</a></li></ol>',
    ],
    // WordPress
    [
      '<p>A<sup data-fn="u1"><a href="#u1" id="u1-link">1</a></sup></p><ol><li id="u1">B <a href="#u1-link">↩</a></li></ol>',
      '<p>A<sup><a href="#u1" id="u1-link">1</a></sup></p><ol><li id="u1">B <a href="#u1-link">↩</a></li></ol>',
    ],
    // Word
    [
      '<p>A<a href="#_ftn1" name="_ftnref1">[1]</a></p><p><a href="#_ftnref1" name="_ftn1">[1]</a> B</p>',
      '<p>A<a href="#_ftn1" id="_ftnref1">[1]</a></p><p><a href="#_ftnref1" id="_ftn1">[1]</a> B</p>',
    ],
    // Substack
    [
      '<p>A<a id="footnote-anchor-1" href="#footnote-1">1</a></p><div><a id="footnote-1" href="#footnote-anchor-1">1</a><p>B</p></div>',
      '<p>A<a id="footnote-anchor-1" href="#footnote-1">1</a></p><div><a id="footnote-1" href="#footnote-anchor-1">1</a><p>B</p></div>',
    ],
  ])('keeps its target in %s', (source, html) => {
    expect(clean('html', source)).toMatchObject({ html, removed: [] })
  })

  it('finds a heading by the id that other programs derive from its words', () => {
    expect(
      clean(
        'markdown',
        '[a](#key-points) [b](#خبر-عاجل) [c](#more)\n\n## Key *points*!\n\n## خبر عاجل\n\n## More\n\n## More',
      ).html,
    ).toBe(
      '<p><a href="#key-points">a</a> <a href="#%D8%AE%D8%A8%D8%B1-%D8%B9%D8%A7%D8%AC%D9%84">b</a> <a href="#more">c</a></p>\n<h2 id="key-points">Key <em>points</em>!</h2>\n<h2 id="خبر-عاجل">خبر عاجل</h2>\n<h2 id="more">More</h2>\n<h2>More</h2>',
    )
  })

  it.each([
    ['#whats-next', "What's next?"],
    ['#what-s-next', "What's next?"],
    ['#us-talks', 'U.S. talks'],
    ['#u.s.-talks', 'U.S. talks'],
    ['#qa', 'Q&A'],
    ['#rock--roll', 'Rock & roll'],
    ['#What_is_next', 'What is next'],
    ['#12-plan', '1.2 Plan'],
    ['#plan', '1.2 Plan'],
    ['#dont-panic', 'Don’t panic'],
    ['#launch', '🚀 Launch'],
    ['#economie', 'Économie'],
    ['#%D8%A7%D9%84%D8%AE%D8%A7%D8%AA%D9%85%D8%A9', 'الخاتمة:'],
    ['#结论', '结论：'],
    ['#निष्कर्ष', 'निष्कर्ष!'],
    ['#custom', 'Heading {#custom}'],
    ['#custom', 'Heading ## {: #custom .wide lang=en}'],
    ['#noted', 'Noted[^1]'],
  ])('finds %s in the heading %s', (address, heading) => {
    const { html, removed } = clean('markdown', `[a](${address})\n\n## ${heading}\n\n[^1]: Note.`)
    const [, href = ''] = /<a href="#([^"]+)">a/.exec(html) ?? []
    expect(html).toContain(`<h2 id="${decodeURIComponent(href)}">`)
    expect(html).not.toContain('{')
    expect(removed).toEqual([])
  })

  it('finds equal headings by their number, and a heading under several names', () => {
    expect(
      clean(
        'markdown',
        '[a](#notes) [b](#notes-1) [c](#Notes) [d](#notes-9)\n\n# Notes\n\n# Notes',
      ),
    ).toMatchObject({
      html: '<p><a href="#notes">a</a> <a href="#notes-1">b</a> <a href="#notes">c</a> <a>d</a></p>\n<h2 id="notes">Notes</h2>\n<h2 id="notes-1">Notes</h2>',
      removed: ['href "#notes-9" on <a>, because it has no target'],
    })
  })

  it.each(['## Set {a}', '## Set {}', '## Set {#}', '## Set \\{#a}', '## `{#a}`', '## {#a} set'])(
    'keeps braces that have no id: %s',
    (source) => {
      expect(clean('markdown', source).html).toContain('{')
    },
  )

  it.each([
    'file:///C:/Users/x/clip.htm',
    'applewebdata://1B-22/',
    'x-webdoc://1B-22/',
    'about:blank',
    'https://news.example/p/slug',
    'https://pub.example/p/slug?a=b',
    'clip.htm',
  ])('may begin with the address of its document: %s', (base) => {
    const source = `<p>A<a href="${base}#n%C3%A9" name="r">[1]</a></p><p><a href="${base}#r" name="né">[1]</a> B</p>`
    expect(clean('html', source)).toMatchObject({
      html: '<p>A<a href="#n%C3%A9" id="r">[1]</a></p><p><a href="#r" id="né">[1]</a> B</p>',
      removed: [],
    })
  })

  it('leads to another page if only one of its fragments is an id of the text', () => {
    const source =
      '<p id="a">A <a href="https://other.example/x#a">x</a> <a href="https://other.example/x#b">y</a></p>'
    expect(clean('html', source).html).toBe(source.replace(' id="a"', ''))
  })

  it('has a target of its own, even if the text has the id to which the target is renamed', () => {
    const source =
      '<a href="#text">x</a><p id="text">t</p><p id="story-text">u</p><a href="#story-text">y</a>'
    const { html } = clean('html', source)
    expect(html).toBe(
      '<a href="#story-text-2">x</a><p id="story-text-2">t</p><p id="story-text">u</p><a href="#story-text">y</a>',
    )
    expect(clean('html', html).html).toBe(html)
  })

  it('finds an id with a space', () => {
    expect(clean('html', '<a href="#a%20b">x</a><a href="#a b">y</a><p id="a b">t</p>').html).toBe(
      '<a href="#a-b">x</a><a href="#a-b">y</a><p id="a-b">t</p>',
    )
  })

  it('without a target loses its address, which is reported', () => {
    expect(clean('html', '<p id="b"><a href="#a">x</a> <a href="#">top</a></p>')).toMatchObject({
      html: '<p><a>x</a> <a>top</a></p>',
      removed: [
        'href "#a" on <a>, because it has no target',
        'href "#" on <a>, because it has no target',
      ],
    })
  })

  it('always has a target; every id is unique and is the target of a link', () => {
    const name = fc.constantFrom(
      'a',
      'text',
      'story-text',
      'corrections',
      'خبر',
      'x y',
      'x-y',
      '%41',
      '',
    )
    const part = fc.oneof(
      name.map((id) => `<p id="${id}">p</p>`),
      name.map((id) => `<a name="${id}">n</a>`),
      name.map((id) => `<a href="#${id}">l</a>`),
      name.map((id) => `<a href="#${encodeURIComponent(id)}">l</a>`),
      name.map((id) => `<form id="${id}">gone</form>`),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const { html } = clean('html', `<p>x</p>${parts.join('')}`)
        const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id = '']) => id)
        const links = [...html.matchAll(/ href="#([^"]*)"/g)].map(([, id = '']) =>
          decodeURIComponent(id),
        )
        expect(new Set(ids).size).toBe(ids.length)
        expect(new Set(links)).toEqual(new Set(ids))
        for (const id of PAGE_IDS) expect(ids).not.toContain(id)
        expect(clean('html', html).html).toBe(html)
      }),
      { numRuns: runs(500) },
    )
  })

  it('cannot have an id of the page itself as its target, because PAGE_IDS lists all of them', () => {
    const views = join(import.meta.dirname, '../../src/views')
    const ids = ['article-page.tsx', 'layout.tsx', 'preview-page.tsx', 'listing-page.tsx'].flatMap(
      (file) =>
        readdirSync(views).includes(file)
          ? [...readFileSync(join(views, file), 'utf8').matchAll(/ id="([^"]+)"/g)].map(
              ([, id]) => id,
            )
          : [],
    )
    expect(new Set(ids)).toEqual(new Set(PAGE_IDS))
  })
})

describe('the words of footnotes', () => {
  const NOTE = 'A[^1].\n\n[^1]: B.'
  it.each([
    ['ar', '<h2 id="footnote-label">الحواشي</h2>', 'aria-label="العودة إلى المرجع 1"'],
    ['ur-PK', '<h2 id="footnote-label">حواشی</h2>', 'aria-label="حوالہ 1 پر واپس"'],
    ['zh-Hant', '<h2 id="footnote-label">脚注</h2>', 'aria-label="返回引用 1"'],
    ['sw', '<h2 id="footnote-label" lang="en">Footnotes</h2>', 'lang="en"'],
    ['constructor', '<h2 id="footnote-label" lang="en">Footnotes</h2>', 'lang="en"'],
  ])('are in %s, or in English and marked as English', (language, heading, label) => {
    const { html } = clean('markdown', NOTE, language)
    expect(html).toContain(heading)
    expect(html).toContain(label)
  })
})
