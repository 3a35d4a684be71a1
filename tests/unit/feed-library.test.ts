/**
 * One test for each defect of the package `feed` 6.0.0 (docs/decisions/003-feed-library.md). The
 * documents are rendered by `src/feeds/rss-and-json.ts` and read by strict parsers.
 */
import { describe, expect, it, vi } from 'vitest'
import type { Article } from '../../src/model/article.ts'
import {
  buildArticle,
  buildPublication,
  MODIFIED,
  PUBLICATION,
  renderTestDocument,
} from '../support/stories.ts'
import {
  getOnlyChild,
  getText,
  hasCdata,
  listChildren,
  listElements,
  parseRoot,
  type XmlElement,
} from '../support/xml.ts'

const renderRss = (...articles: Article[]): string => renderTestDocument('rss', articles)
const getChannel = (rss: string): XmlElement => getOnlyChild(parseRoot(rss), 'channel')
const getItem = (rss: string): XmlElement => getOnlyChild(getChannel(rss), 'item')
const renderJson = (
  ...articles: Article[]
): Record<string, unknown> & { items: Record<string, unknown>[] } =>
  JSON.parse(renderTestDocument('json', articles))
const renderJsonItem = (article: Article): Record<string, unknown> => {
  const item = renderJson(article).items[0]
  if (!item) throw new Error('The feed has no item')
  return item
}

const MARKUP = 'AT&T <b>x</b> &amp; "Q&A"'

const PICTURE = {
  url: 'https://pictures.example/crowd.php?w=1200&h=630',
  alt: 'A "crowd" & <flags>',
  type: 'image/webp',
  length: 48213,
  width: 1200,
  height: 630,
  credit: 'Ada <Lens> & Co',
}

describe('RSS', () => {
  it('escapes every ]]> in a full text, not only the first (R-25)', () => {
    const html = '<p>a]]&gt;b]]&gt;&lt;evil&gt;c ]]]]&gt;&gt; <code>x[y[0]]&gt;1</code></p>'
    const item = getItem(renderRss(buildArticle({ html })))
    expect(getText(item, 'content:encoded')).toBe(buildArticle({ html }).story.html)
    expect(getText(item, 'content:encoded').match(/]]&gt;/g)).toHaveLength(4)
    expect(listElements(item).map(({ name }) => name)).not.toContain('evil')
  })

  it('escapes every ]]> in a summary', () => {
    const item = getItem(renderRss(buildArticle({ summary: 'a]]>b]]><evil/>c' })))
    expect(getText(item, 'description')).toBe('a]]&gt;b]]&gt;&lt;evil/&gt;c')
  })

  it('preserves a literal &amp; in plain text (R-22)', () => {
    const article = buildArticle({ title: MARKUP, tags: ['R&amp;D'], authors: ['Q &amp; A'] })
    const item = getItem(renderRss(article))
    expect(getText(item, 'title')).toBe(MARKUP)
    expect(getText(item, 'category')).toBe('R&amp;D')
    expect(getText(item, 'dc:creator')).toBe('Q &amp; A')
  })

  it('writes titles with hexadecimal references and without CDATA (R-21)', () => {
    const rss = renderRss(buildArticle({ title: MARKUP }))
    expect(rss).toContain('<title>AT&#x26;T &#x3C;b&gt;x&#x3C;/b&gt; &#x26;amp; "Q&#x26;A"</title>')
    expect(hasCdata(getOnlyChild(getItem(rss), 'title'))).toBe(false)
    expect(getText(getItem(rss), 'title')).toBe(MARKUP)
  })

  it('changes neither references nor escaped title tags inside CDATA', () => {
    const html = '<p>&amp;amp; &lt;title&gt;A &amp;amp; B&lt;/title&gt; AT&amp;T</p>'
    const article = buildArticle({ html })
    expect(article.story.html).toContain('&#x26;amp; &#x3C;title>A')
    expect(getText(getItem(renderRss(article)), 'content:encoded')).toBe(article.story.html)
  })

  it('escapes the titles of the channel and of its picture in the same way (R-32)', () => {
    const publication = buildPublication({
      TITLE: 'Q&A <news>',
      DESCRIPTION: 'A &amp; B <c>',
      COPYRIGHT: '© A & B <x>',
      LOGO_URL: 'https://news.example/logo.png?a=1&b=2',
    })
    const channel = getChannel(renderTestDocument('rss', [], publication))
    expect(getText(channel, 'title')).toBe('Q&A <news>')
    expect(getText(channel, 'description')).toBe('A &amp; B <c>')
    expect(getText(channel, 'copyright')).toBe('© A & B <x>')
    const image = getOnlyChild(channel, 'image')
    expect(getText(image, 'title')).toBe('Q&A <news>')
    expect(getText(image, 'url')).toBe('https://news.example/logo.png?a=1&b=2')
    expect(getText(image, 'link')).toBe(getText(channel, 'link'))
  })

  it('writes categories that contain markup, without a domain', () => {
    const item = getItem(
      renderRss(buildArticle({ section: 'Q&A <letters>', tags: ['a "quoted" tag', '<b>'] })),
    )
    const categories = listChildren(item, 'category')
    expect(categories.map(({ text }) => text)).toEqual(['Q&A <letters>', 'a "quoted" tag', '<b>'])
    expect(categories.map(({ attributes }) => attributes)).toEqual([{}, {}, {}])
  })

  it('sets lastBuildDate to Last-Modified, never to the current time (R-11)', () => {
    vi.useFakeTimers({ now: Date.UTC(2031, 0, 1) })
    try {
      const early = renderRss(buildArticle())
      vi.setSystemTime(Date.UTC(2032, 0, 1))
      expect(renderRss(buildArticle())).toBe(early)
      expect(getText(getChannel(early), 'lastBuildDate')).toBe('Thu, 12 Mar 2026 07:01:02 GMT')
      expect(MODIFIED).toBe(Date.UTC(2026, 2, 12, 7, 1, 2) / 1000)
      expect(getText(getChannel(renderRss()), 'lastBuildDate')).toBe(
        'Thu, 12 Mar 2026 07:01:02 GMT',
      )
    } finally {
      vi.useRealTimers()
    }
  })

  it('uses the time of publication as pubDate, even after corrections (R-29, R-50)', () => {
    const item = getItem(
      renderRss(
        buildArticle({ published: '2026-03-11T10:00:00Z', updated: '2026-03-12T00:00:00Z' }),
      ),
    )
    expect(getText(item, 'pubDate')).toBe('Wed, 11 Mar 2026 10:00:00 GMT')
    expect(getText(item, 'atom:updated')).toBe('2026-03-12T00:00:00Z')
    expect(listChildren(item, 'dc:date')).toEqual([])
  })

  it('puts the description before the full text (R-20)', () => {
    const names = listChildren(getItem(renderRss(buildArticle({ summary: 'In short' })))).map(
      ({ name }) => name,
    )
    expect(names.indexOf('description')).toBeGreaterThanOrEqual(0)
    expect(names.indexOf('description')).toBeLessThan(names.indexOf('content:encoded'))
  })

  it('has a description even for an article without summary (R-14)', () => {
    expect(
      getText(getItem(renderRss(buildArticle({ body: 'The *first* words.' }))), 'description'),
    ).toBe('The first words.')
  })

  it('gives the enclosure the type from the manuscript, not one guessed from the address (R-27)', () => {
    const enclosure = getOnlyChild(
      getItem(renderRss(buildArticle({ image: PICTURE }))),
      'enclosure',
    )
    expect(enclosure.attributes).toEqual({
      url: PICTURE.url,
      type: 'image/webp',
      length: '48213',
    })
  })

  it.each([
    ['type', { type: undefined }],
    ['length', { length: undefined }],
  ])('has no enclosure when the %s is unknown (R-27)', (_, missing) => {
    const item = getItem(renderRss(buildArticle({ image: { ...PICTURE, ...missing } })))
    expect(listChildren(item, 'enclosure')).toEqual([])
    expect(getOnlyChild(item, 'media:content').attributes['url']).toBe(PICTURE.url)
  })

  it('escapes the texts and attributes of a picture (R-38, R-40)', () => {
    const content = getOnlyChild(
      getItem(renderRss(buildArticle({ image: PICTURE }))),
      'media:content',
    )
    expect(content.attributes).toEqual({
      url: PICTURE.url,
      medium: 'image',
      type: 'image/webp',
      width: '1200',
      height: '630',
      fileSize: '48213',
    })
    expect(getText(content, 'media:description')).toBe(PICTURE.alt)
    expect(getText(content, 'media:credit')).toBe(PICTURE.credit)
    expect(getOnlyChild(content, 'media:credit').attributes).toEqual({ role: 'photographer' })
    expect(getOnlyChild(content, 'media:thumbnail').attributes['url']).toBe(PICTURE.url)
  })

  it('names each author in a separate dc:creator, and never in an author element (R-28, R-30)', () => {
    const item = getItem(
      renderRss(buildArticle({ authors: ['Sana Khan', { name: 'B & C', email: 'b@c.example' }] })),
    )
    expect(listChildren(item, 'dc:creator').map(({ text }) => text)).toEqual(['Sana Khan', 'B & C'])
    expect(listChildren(item, 'author')).toEqual([])
  })

  it('has one self link, before the items, and no alternate atom:link (R-08, R-33)', () => {
    const children = listChildren(
      getChannel(renderRss(buildArticle(), buildArticle({ id: 'other', code: 'other2' }))),
    )
    const links = children.filter(({ name }) => name === 'atom:link')
    expect(links.map(({ attributes }) => attributes)).toEqual([
      { href: 'https://news.example/rss.xml', rel: 'self', type: 'application/rss+xml' },
    ])
    const names = children.map(({ name }) => name)
    expect(names.filter((name) => name === 'item')).toHaveLength(2)
    expect(names.indexOf('atom:link')).toBeLessThan(names.indexOf('item'))
    expect(names.lastIndexOf('item')).toBe(names.length - 1)
    expect(names.slice(names.indexOf('item'))).toEqual(['item', 'item'])
  })

  it('has a guid that is neither a permalink nor an address (R-15, R-16)', () => {
    const guid = getOnlyChild(getItem(renderRss(buildArticle({ id: 'itcn-asia' }))), 'guid')
    expect(guid.text).toBe('tag:news.example,2026:itcn-asia')
    expect(guid.attributes).toEqual({ isPermaLink: 'false' })
  })

  it('preserves an address with ampersands, quotes and pattern characters (R-19)', () => {
    const canonical = "https://www.news.example/2026/it's?price=$&x=$$1&q=%22#a"
    const item = getItem(
      renderRss(buildArticle({ canonical, body: '<i id="here">[here](#here)</i>' })),
    )
    expect(getText(item, 'link')).toBe(canonical)
    expect(getText(item, 'content:encoded')).toBe(
      `<p><i id="here"><a href="${canonical.replace('#a', '').replaceAll('&', '&amp;')}#here">here</a></i></p>`,
    )
  })

  it('declares the prefixes it uses, and Media RSS only with a picture (R-37, R-41)', () => {
    const plain = renderRss(buildArticle())
    const pictured = renderRss(buildArticle({ image: PICTURE, authors: ['A'] }))
    expect(plain).not.toContain('xmlns:media')
    expect(pictured).toContain('xmlns:media="http://search.yahoo.com/mrss/"')
    for (const document of [plain, pictured, renderRss()]) {
      const elements = listElements(parseRoot(document))
      const declared = elements.flatMap(({ attributes }) => Object.keys(attributes))
      const used = new Set(
        elements
          .map(({ name }) => name.split(':'))
          .flatMap(([prefix, local]) => (local ? [prefix] : [])),
      )
      expect(used.size).toBeGreaterThan(0)
      for (const prefix of used) expect(declared).toContain(`xmlns:${prefix}`)
    }
  })

  it('begins with the XML declaration and has no DOCTYPE (R-02, R-03, R-04)', () => {
    const rss = renderRss(buildArticle())
    expect(rss.startsWith('<?xml version="1.0" encoding="utf-8"?>')).toBe(true)
    expect(rss).not.toContain('<!DOCTYPE')
    expect(parseRoot(rss).attributes['version']).toBe('2.0')
  })

  it('declares the language of the channel, and of an item in another language (R-10)', () => {
    const channel = getChannel(renderRss(buildArticle({ language: 'ar', body: 'خبر' })))
    expect(getText(channel, 'language')).toBe('en')
    expect(getText(getOnlyChild(channel, 'item'), 'dc:language')).toBe('ar')
    expect(listChildren(getItem(renderRss(buildArticle())), 'dc:language')).toEqual([])
  })

  it('has a valid channel even without items', () => {
    const channel = getChannel(renderRss())
    expect(listChildren(channel, 'item')).toEqual([])
    expect(getText(channel, 'title')).toBe('Test Desk')
    expect(getText(channel, 'link')).toBe('https://news.example/')
    expect(getText(channel, 'description')).toBe('What tests publish')
    expect(getText(channel, 'ttl')).toBe('5')
  })
})

describe('JSON Feed', () => {
  it('is version 1.1, without the author key of version 1.0 (J-03, J-11)', () => {
    const feed = renderJson(
      buildArticle({ authors: ['Sana', { name: 'B', url: 'https://b.example/' }] }),
    )
    expect(feed['version']).toBe('https://jsonfeed.org/version/1.1')
    expect(feed).not.toHaveProperty('author')
    expect(feed['authors']).toEqual([{ name: 'Test Press', url: 'https://news.example/' }])
    expect(feed.items[0]).not.toHaveProperty('author')
    expect(feed.items[0]?.['authors']).toEqual([
      { name: 'Sana' },
      { name: 'B', url: 'https://b.example/' },
    ])
  })

  it('has plain texts without entities (J-09)', () => {
    const item = renderJsonItem(
      buildArticle({ title: MARKUP, summary: MARKUP, tags: ['R&amp;D <x>'], authors: ['<Q&A>'] }),
    )
    expect(item['title']).toBe(MARKUP)
    expect(item['summary']).toBe(MARKUP)
    expect(item['tags']).toEqual(['R&amp;D <x>'])
    expect(item['authors']).toEqual([{ name: '<Q&A>' }])
  })

  it('has the full text, an id, an address and both dates (J-06, J-07, J-08, J-10)', () => {
    const item = renderJsonItem(buildArticle({ id: 'itcn-asia', body: 'A & B' }))
    expect(item).toMatchObject({
      id: 'tag:news.example,2026:itcn-asia',
      url: 'https://news.example/articles/itcn-asia',
      content_html: '<p>A &#x26; B</p>',
      date_published: '2026-03-11T10:00:00.000Z',
      date_modified: '2026-03-11T12:30:00.000Z',
    })
  })

  it('has its own address, page and language (J-05, J-12)', () => {
    const feed = renderJson(buildArticle({ language: 'ar', body: 'خبر' }))
    expect(feed).toMatchObject({
      title: 'Test Desk',
      home_page_url: 'https://news.example/',
      feed_url: 'https://news.example/feed.json',
      language: 'en',
    })
    expect(feed.items[0]?.['language']).toBe('ar')
    expect(renderJsonItem(buildArticle())).not.toHaveProperty('language')
  })

  it('has neither null nor empty strings, and only extensions that begin with _ (J-17, J-18)', () => {
    const text = renderTestDocument('json', [
      buildArticle(),
      buildArticle({ id: 'b', code: 'bbbbb', image: PICTURE }),
    ])
    const keys: string[] = []
    const values: unknown[] = []
    JSON.parse(text, (key, value) => {
      keys.push(key)
      values.push(value)
      return value
    })
    expect(keys.length).toBeGreaterThan(20)
    expect(values).not.toContain(null)
    expect(values).not.toContain('')
    expect(keys.filter((key) => key.includes('.'))).toEqual([])
    expect(keys).toContain('_dateline')
  })

  it('has the short link, and the picture’s alternative text and credit, in its extension', () => {
    expect(renderJsonItem(buildArticle({ code: 'mheng', image: PICTURE }))['_dateline']).toEqual({
      id: 'story',
      code: 'mheng',
      short_url: 'https://nws.example/mheng',
      image_alt: PICTURE.alt,
      image_credit: PICTURE.credit,
    })
  })

  it('can be inlined in a page: no string contains </script> (J-23)', () => {
    const title = 'x</script><SCRIPT>y</ScRiPt>'
    const text = renderTestDocument('json', [buildArticle({ title, summary: '</script >' })])
    expect(text).not.toMatch(/<\/script/i)
    expect(JSON.parse(text).items[0].title).toBe(title)
  })

  it('has an empty list of items if there are none (J-04)', () => {
    expect(renderJson().items).toEqual([])
  })
})

it('RSS and JSON Feed have the same title, tags and full text, even with markup in them (R-44)', () => {
  const article = buildArticle({ title: MARKUP, summary: 'x', tags: ['R&D'] })
  const item = getItem(renderRss(article))
  const json = renderJsonItem(article)
  expect(json['title']).toBe(getText(item, 'title'))
  expect(json['tags']).toEqual(listChildren(item, 'category').map(({ text }) => text))
  expect(json['content_html']).toBe(getText(item, 'content:encoded'))
  expect(PUBLICATION.title).toBe(getText(getChannel(renderRss(article)), 'title'))
})
