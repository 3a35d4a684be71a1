/**
 * What all formats have in common: addresses, full texts, datelines, direction, and the size of a
 * document.
 */

import { describe, expect, it } from 'vitest'
import { buildEntry, buildFeed, formatChannelTitle, renderFullText } from '../../src/feeds/entry.ts'
import { FORMATS } from '../../src/feeds/formats.ts'
import type { Article } from '../../src/model/article.ts'
import { ALL_CHANNEL } from '../../src/model/channel.ts'
import { byteLength } from '../../src/text/characters.ts'
import { measureCpuSeconds } from '../support/cpu-time.ts'
import { buildArticle, buildTestFeed, PUBLICATION, renderTestDocument } from '../support/stories.ts'

const prepareFullText = (manuscript: Record<string, unknown>): string => {
  const article = buildArticle(manuscript)
  return renderFullText(article, buildEntry(article, PUBLICATION).url, PUBLICATION)
}

describe('renderFullText', () => {
  it('puts the dateline before the first paragraph, escaped', () => {
    expect(prepareFullText({ body: 'Text.', dateline: 'A & B <C>' })).toBe(
      '<p><strong>A &amp; B &lt;C&gt;:</strong> Text.</p>',
    )
  })

  it('puts the dateline into a paragraph of its own if the text does not begin with one', () => {
    expect(prepareFullText({ body: '> Quoted.', dateline: 'LAHORE' })).toMatch(
      /^<p><strong>LAHORE:<\/strong><\/p>\n<blockquote>/,
    )
  })

  it.each([
    ['<figure><img src="/a.png" alt="x > y"><figcaption>A</figcaption></figure>\n<p>Text</p>', 1],
    ['<div><p dir="ltr">Text</p></div>', 1],
    ['<p><a href="/x"><img src="/a.png" alt=""></a></p><p>Text</p>', 2],
  ])('puts the dateline into the first paragraph with text, behind pictures: %s', (html, count) => {
    const rendered = prepareFullText({ html, dateline: 'LAHORE' })
    expect(rendered).toMatch(/<p[^>]*><strong>LAHORE:<\/strong> Text<\/p>/)
    expect(rendered.match(/<p[ >]/g)).toHaveLength(count)
  })

  it('looks for the paragraph in linear time', () => {
    const html = `${'<div> '.repeat(90)}${' <img src="/a.png" alt="x">'.repeat(5_000)}Text`
    const seconds = measureCpuSeconds(() => prepareFullText({ html, dateline: 'LAHORE' }))
    expect(seconds).toBeLessThan(4)
  })

  it.each(['ar', 'ur', 'he', 'pnb'])(
    'wraps %s in one element with direction and language (R-45)',
    (language) => {
      expect(prepareFullText({ body: 'خبر', language })).toBe(
        `<div dir="rtl" lang="${language}"><p>خبر</p></div>`,
      )
    },
  )

  it('wraps the dateline too', () => {
    expect(prepareFullText({ body: 'خبر', language: 'ar', dateline: 'دبي' })).toBe(
      '<div dir="rtl" lang="ar"><p><strong>دبي:</strong> خبر</p></div>',
    )
  })

  it('does not wrap left-to-right text', () => {
    expect(prepareFullText({ body: 'Text.', language: 'fr' })).toBe('<p>Text.</p>')
  })

  it('makes addresses of the site, of the page and of other sites absolute (R-23)', () => {
    const html = prepareFullText({
      html: '<p id="c"><a href="/a?b=1&c">x</a><a href="b">y</a><a href="#c">z</a><img src="/media/d.png" alt=""><q cite="//o.example/e">f</q></p>',
    })
    expect(html).toContain('href="https://news.example/a?b=1&#x26;c"')
    expect(html).toContain('href="https://news.example/b"')
    expect(html).toContain('href="https://news.example/articles/story#c"')
    expect(html).toContain('src="https://news.example/media/d.png"')
    expect(html).toContain('cite="https://o.example/e"')
    expect(html).not.toMatch(/[\ufdd0-\ufdef]/)
  })

  it('uses the canonical address for the page, without its own fragment', () => {
    const html = prepareFullText({
      canonical: "https://www.news.example/a?b=$&c=$'&d=$$#top",
      body: '<i id="y">[x](#y)</i> and [z](/w)',
    })
    expect(html).toBe(
      '<p><i id="y"><a href="https://www.news.example/a?b=$&amp;c=$%27&amp;d=$$#y">x</a></i> and <a href="https://news.example/w">z</a></p>',
    )
  })
})

describe('buildEntry', () => {
  it('joins the points of a summary, or uses the beginning of the text, or the title', () => {
    const prepareSummary = (manuscript: Record<string, unknown>): string =>
      buildEntry(buildArticle(manuscript), PUBLICATION).summary
    expect(prepareSummary({ summary: ['One', 'Two'] })).toBe('One • Two')
    expect(prepareSummary({ body: '# Head\n\nThe *text*.' })).toBe('Head The text.')
    expect(prepareSummary({ body: '![](/media/x.png)', title: 'Only a picture' })).toBe(
      'Only a picture',
    )
  })

  it('uses section and tags as categories, and equal slugs only once', () => {
    const article = buildArticle({ section: 'Space', tags: ['SPACE', 'C++', 'c#'] })
    expect(buildEntry(article, PUBLICATION).categories).toEqual(['Space', 'C++', 'c#'])
  })

  it('builds the addresses of page, short link and picture from the settings of the publication', () => {
    const entry = buildEntry(
      buildArticle({ code: 'AbC-_9', image: { url: '/media/ä.png', alt: 'x' } }),
      PUBLICATION,
    )
    expect(entry.url).toBe('https://news.example/articles/story')
    expect(entry.shortUrl).toBe('https://nws.example/AbC-_9')
    expect(entry.image?.url).toBe('https://news.example/media/%C3%A4.png')
  })
})

describe('buildFeed', () => {
  it('uses the language shared by all entries of a tag, and otherwise the language of the publication', () => {
    const arabic = buildArticle({ id: 'a', language: 'ar', body: 'خبر' })
    const english = buildArticle({ id: 'b' })
    const channel = { kind: 'tag', slug: 'x' } as const
    expect(buildTestFeed([arabic], PUBLICATION, channel, 'X').language).toBe('ar')
    expect(buildTestFeed([arabic, english], PUBLICATION, channel, 'X').language).toBe('en')
    expect(buildTestFeed([arabic], PUBLICATION, ALL_CHANNEL).language).toBe('en')
    expect(buildTestFeed([], PUBLICATION, channel, 'X').language).toBe('en')
  })

  it('builds the title from the names of the channel and of the publication', () => {
    expect(formatChannelTitle(ALL_CHANNEL, '', PUBLICATION)).toBe('Test Desk')
    expect(formatChannelTitle({ kind: 'tag', slug: 'c++' }, 'C++', PUBLICATION)).toBe(
      'C++ · Test Desk',
    )
    expect(formatChannelTitle({ kind: 'language', slug: 'ar' }, 'ar', PUBLICATION)).toBe(
      'العربية · Test Desk',
    )
  })

  it('gives every channel an id that differs from the ids of articles', () => {
    expect(buildTestFeed([], PUBLICATION, { kind: 'tag', slug: 'c++' }, 'C++').tagUri).toBe(
      'tag:news.example,2026:channel/tags/c%2B%2B',
    )
  })

  it('preserves the order of its entries', () => {
    const articles = ['c', 'a', 'b'].map((id) => buildArticle({ id }))
    expect(buildTestFeed(articles).entries.map(({ id }) => id)).toEqual(['c', 'a', 'b'])
  })

  it('omits the time of the last update if there are no entries', () => {
    expect(buildFeed(ALL_CHANNEL, '', [], PUBLICATION)).not.toHaveProperty('updated')
  })
})

describe('a document', () => {
  const LIMIT_BYTES = 1_500_000
  const many = (length: number, more: Record<string, unknown>): Article[] => {
    const article = buildArticle(more)
    return Array.from({ length }, (_, index) => ({ ...article, id: `story-${index}` }))
  }
  const sizes = (articles: Article[]): number[] =>
    FORMATS.map(({ name }) => byteLength(renderTestDocument(name, articles)))

  it.each([
    ['plain', 'word '],
    ['apostrophes', "'"],
    ['quotation marks', '"'],
    ['line ends', 'a\n'],
    ['emoji', '🚀'],
    ['attributes', '<i title="\'">x</i>'],
    ['closing script tags', '&lt;/script'],
  ])('has at most 1.5 MB in every format, whatever its full texts contain: %s', (_, unit) => {
    const html = `<p>${unit.repeat(Math.floor(40_000 / byteLength(unit)))}</p>`
    const found = sizes(many(36, { html }))
    for (const size of found) expect(size).toBeLessThanOrEqual(LIMIT_BYTES)
    expect(Math.max(...found)).toBeGreaterThan(LIMIT_BYTES / 4)
  })

  it('has at most 1.5 MB even for the largest FEED_LENGTH, with typical summaries, tags and pictures', () => {
    const articles = many(500, {
      body: 'خبر طويل. '.repeat(400),
      title: 'ع'.repeat(100),
      summary: ['ع'.repeat(120), 'ع'.repeat(120)],
      tags: ['فضاء', 'Space', 'SUPARCO'],
      authors: ['أمل الحربي'],
      image: { url: '/media/a-picture.jpg', alt: 'ع'.repeat(60), type: 'image/jpeg', length: 1000 },
    })
    for (const size of sizes(articles)) expect(size).toBeLessThanOrEqual(LIMIT_BYTES)
  })

  it('has all summaries, but only the newest full texts if not all of them fit', () => {
    const entries = buildTestFeed(
      many(60, { html: `<p>${'word '.repeat(10_000)}</p>`, summary: 'In short' }),
    ).entries
    const full = entries.map(({ html }) => html !== undefined)
    expect(full.indexOf(false)).toBeGreaterThan(15)
    expect(full.slice(full.indexOf(false))).not.toContain(true)
    expect(entries.map(({ summary }) => summary)).toEqual(Array(60).fill('In short'))
  })

  it('has the full texts of fifty typical stories', () => {
    const entries = buildTestFeed(
      many(50, { body: `${'Some words of a story. '.repeat(250)}\n\n`, summary: 'In short' }),
    ).entries
    expect(entries.filter(({ html }) => html !== undefined)).toHaveLength(50)
  })

  it('has only the summary, in every format, of an article whose full text the desk left out', () => {
    // The desk leaves out a text by making it empty.
    const articles = [buildArticle({ summary: 'In <short>' })].map((article) => ({
      ...article,
      story: { ...article.story, html: '' },
    }))
    expect(renderTestDocument('rss', articles)).not.toContain('content:encoded')
    expect(renderTestDocument('rss', articles)).toContain('In &lt;short&gt;')
    expect(renderTestDocument('atom', articles)).not.toContain('<content')
    expect(JSON.parse(renderTestDocument('json', articles)).items[0].content_html).toBe(
      '<p>In &lt;short&gt;</p>',
    )
  })
})
