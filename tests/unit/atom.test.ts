/** Checks our Atom 1.0 renderer (RFC 4287; rules) with a strict XML parser. */
import { describe, expect, it } from 'vitest'
import { buildArticle, buildPublication, renderTestDocument } from '../support/stories.ts'
import {
  getOnlyChild,
  getText,
  hasMarkup,
  listChildren,
  listElements,
  parseRoot,
  type XmlElement,
} from '../support/xml.ts'

const renderAtom = (...manuscripts: Record<string, unknown>[]): XmlElement =>
  parseRoot(
    renderTestDocument(
      'atom',
      manuscripts.map((manuscript) => buildArticle(manuscript)),
    ),
  )
const renderEntry = (manuscript: Record<string, unknown> = {}): XmlElement =>
  getOnlyChild(renderAtom(manuscript), 'entry')
const getLinks = (element: XmlElement): Record<string, string>[] =>
  listChildren(element, 'link').map(({ attributes }) => attributes)

const PICTURE = {
  url: 'https://pictures.example/crowd.png?w=1&h=2',
  alt: 'A "crowd" & <flags>',
  type: 'image/webp',
  length: 48213,
}

describe('the feed', () => {
  it('has one id, title, updated, author and self link (A-03, A-05, A-06)', () => {
    const feed = renderAtom({})
    expect(feed.attributes['xmlns']).toBe('http://www.w3.org/2005/Atom')
    expect(getText(feed, 'id')).toBe('tag:news.example,2026:channel/all')
    expect(getText(feed, 'title')).toBe('Test Desk')
    expect(getText(getOnlyChild(feed, 'author'), 'name')).toBe('Test Press')
    expect(getLinks(feed)).toEqual([
      { rel: 'self', type: 'application/atom+xml', href: 'https://news.example/atom.xml' },
      { rel: 'alternate', type: 'text/html', href: 'https://news.example/' },
    ])
  })

  it('has the latest updated time of its entries (A-17)', () => {
    const feed = renderAtom(
      { id: 'a', published: '2026-01-01', updated: '2026-05-01' },
      { id: 'b', published: '2026-03-01', updated: '2026-03-02' },
    )
    expect(getText(feed, 'updated')).toBe('2026-05-01T00:00:00Z')
  })

  it('has Last-Modified as its updated time if it has no entries, not the current time', () => {
    expect(getText(renderAtom(), 'updated')).toBe('2026-03-12T07:01:02Z')
  })

  it('declares its language, and an entry in another language declares its own (A-22)', () => {
    const feed = renderAtom({ id: 'a' }, { id: 'b', language: 'ar', body: 'خبر' })
    expect(feed.attributes['xml:lang']).toBe('en')
    expect(listChildren(feed, 'entry').map(({ attributes }) => attributes['xml:lang'])).toEqual([
      undefined,
      'ar',
    ])
  })

  it('has icon, logo and rights if the settings have them', () => {
    const publication = buildPublication({
      ICON_URL: 'https://news.example/icon.png?a=1&b=2',
      LOGO_URL: 'https://news.example/logo.png',
      COPYRIGHT: '© A & B',
    })
    const feed = parseRoot(renderTestDocument('atom', [], publication))
    expect(getText(feed, 'icon')).toBe('https://news.example/icon.png?a=1&b=2')
    expect(getText(feed, 'logo')).toBe('https://news.example/logo.png')
    expect(getText(feed, 'rights')).toBe('© A & B')
    expect(listChildren(renderAtom(), 'icon')).toEqual([])
  })
})

describe('an entry', () => {
  it('has one id, title, published and updated (A-08, A-14, A-15)', () => {
    const entry = renderEntry({
      id: 'itcn',
      published: '2026-01-15T14:00:00+05:00',
      updated: '2026-01-16',
    })
    expect(getText(entry, 'id')).toBe('tag:news.example,2026:itcn')
    expect(getText(entry, 'published')).toBe('2026-01-15T09:00:00Z')
    expect(getText(entry, 'updated')).toBe('2026-01-16T00:00:00Z')
  })

  it('escapes plain texts once and marks them as text (A-19, A-21)', () => {
    const document = renderTestDocument('atom', [
      buildArticle({ title: 'AT&T <3 &amp;', summary: '<b> & "c"' }),
    ])
    expect(document).toContain('<title type="text">AT&amp;T &lt;3 &amp;amp;</title>')
    const entry = getOnlyChild(parseRoot(document), 'entry')
    expect(getOnlyChild(entry, 'title').attributes).toEqual({ type: 'text' })
    expect(getText(entry, 'title')).toBe('AT&T <3 &amp;')
    expect(getText(entry, 'summary')).toBe('<b> & "c"')
  })

  it('has the full text as escaped HTML without child elements (A-19)', () => {
    const article = buildArticle({ html: '<p title="a&quot;b">x ]]&gt; &amp;amp; <br> it\'s</p>' })
    const content = getOnlyChild(
      getOnlyChild(parseRoot(renderTestDocument('atom', [article])), 'entry'),
      'content',
    )
    expect(content.attributes).toEqual({ type: 'html' })
    expect(hasMarkup(content)).toBe(false)
    expect(content.text).toBe(article.story.html)
  })

  it('links to the article and its short link, and each `rel` is a registered relation or an address (A-12, A-27)', () => {
    expect(
      getLinks(renderEntry({ code: 'mheng', canonical: 'https://www.news.example/a?b=1&c=2' })),
    ).toEqual([
      { rel: 'alternate', type: 'text/html', href: 'https://www.news.example/a?b=1&c=2' },
      { rel: 'http://microformats.org/wiki/rel-shortlink', href: 'https://nws.example/mheng' },
    ])
  })

  it('has its picture as an enclosure with the stated type, and as Media RSS (A-28, R-37)', () => {
    const feed = renderAtom({ image: PICTURE })
    const entry = getOnlyChild(feed, 'entry')
    expect(getLinks(entry)[2]).toEqual({
      rel: 'enclosure',
      type: 'image/webp',
      length: '48213',
      href: PICTURE.url,
    })
    expect(feed.attributes['xmlns:media']).toBe('http://search.yahoo.com/mrss/')
    expect(getText(getOnlyChild(entry, 'media:content'), 'media:description')).toBe(PICTURE.alt)
  })

  it('has no enclosure if the length or type of its picture is unknown', () => {
    const entry = renderEntry({ image: { url: '/media/x.png', alt: 'X' } })
    expect(getLinks(entry).map(({ rel }) => rel)).not.toContain('enclosure')
    expect(getOnlyChild(entry, 'media:content').attributes['url']).toBe(
      'https://news.example/media/x.png',
    )
  })

  it('names each author, with address and e-mail if the manuscript has them (A-25)', () => {
    const entry = renderEntry({
      authors: ['A & B', { name: 'C', url: 'https://c.example/?a&b', email: 'c@d.example' }],
    })
    expect(
      listChildren(entry, 'author').map((author) =>
        listChildren(author).map(({ name, text }) => [name, text]),
      ),
    ).toEqual([
      [['name', 'A & B']],
      [
        ['name', 'C'],
        ['uri', 'https://c.example/?a&b'],
        ['email', 'c@d.example'],
      ],
    ])
  })

  it('has its section and tags as the terms of categories, including markup and quotes (A-24)', () => {
    const entry = renderEntry({ section: 'Q&A', tags: ['a "b" <c>', "it's"] })
    expect(listChildren(entry, 'category').map(({ attributes }) => attributes)).toEqual([
      { term: 'Q&A' },
      { term: 'a "b" <c>' },
      { term: "it's" },
    ])
  })
})

it('an Atom feed declares every prefix at its root, and its Atom elements have no prefix (A-02)', () => {
  const feed = renderAtom({ image: PICTURE })
  const prefixes = listElements(feed).flatMap(({ name }) =>
    name.includes(':') ? [name.split(':')[0]] : [],
  )
  expect(new Set(prefixes)).toEqual(new Set(['media']))
  expect(renderAtom({}).attributes).not.toHaveProperty('xmlns:media')
})
