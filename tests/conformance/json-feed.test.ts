/** JSON Feed 1.1 (rules J). */
import { parseJsonFeed } from 'feedsmith'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  CHANNELS,
  listDocumentPaths,
  MARKUP_TITLE,
  NEWEST_FIRST,
  openCorpus,
  PUBLIC,
} from '../support/corpus.ts'
import { type Exchange, exchange } from '../support/exchange.ts'
import { type Newsroom, SETTINGS } from '../support/newsroom.ts'

type Author = { name?: string; url?: string; avatar?: string }
type Item = {
  id: string
  url: string
  title: string
  summary: string
  content_html?: string
  content_text?: string
  image?: string
  date_published: string
  date_modified: string
  authors?: Author[]
  tags: string[]
  language?: string
}
type Feed = {
  version: string
  title: string
  home_page_url: string
  feed_url: string
  language: string
  authors: Author[]
  items: Item[]
}

let newsroom: Newsroom
const responses = new Map<string, Exchange>()
let mainFeed: Feed

beforeAll(async () => {
  newsroom = await openCorpus()
  for (const path of CHANNELS) {
    const response = await exchange(newsroom.url, { path: listDocumentPaths(path).json })
    expect(response.status, path).toBe(200)
    responses.set(path, response)
  }
  mainFeed = getFeed('')
})
afterAll(async () => await newsroom.close())

function getResponse(path: string): Exchange {
  const response = responses.get(path)
  if (!response) throw new Error(`${path} is not in the corpus`)
  return response
}

const getFeed = (path: string): Feed => JSON.parse(getResponse(path).text)

function getItem(id: string): Item {
  const item = mainFeed.items.find((each) => each.id.endsWith(`:${id}`))
  if (!item) throw new Error(`${id} is not in the feed`)
  return item
}

/** Lists every value of the document, each with its key. */
function listValues(value: unknown, key = ''): { key: string; value: unknown }[] {
  if (typeof value !== 'object' || value === null) return [{ key, value }]
  return [
    { key, value },
    ...Object.entries(value).flatMap(([name, inner]) =>
      listValues(inner, Array.isArray(value) ? key : name),
    ),
  ]
}

describe('a JSON Feed', () => {
  it('J-01: every channel is served as application/feed+json', () => {
    for (const path of CHANNELS) {
      expect(getResponse(path).header('Content-Type')).toMatch(/^application\/feed\+json(?:;|$)/)
    }
  })

  it('J-02: the document is UTF-8 JSON without a BOM and without duplicate keys', () => {
    for (const path of CHANNELS) {
      const { body, text } = getResponse(path)
      expect(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)).toBe(text)
      expect(text.startsWith('{')).toBe(true)
      // If no key is duplicated, the parsed document serialises to the same text.
      expect(JSON.stringify(JSON.parse(text))).toBe(text.replaceAll('<\\/', '</'))
    }
  })

  it('J-03: version is the URL of JSON Feed 1.1', () => {
    for (const path of CHANNELS) {
      expect(getFeed(path).version).toBe('https://jsonfeed.org/version/1.1')
    }
  })

  it('J-04: title and items are present even if the channel is empty', async () => {
    for (const path of CHANNELS) {
      expect(getFeed(path).title).not.toBe('')
      expect(getFeed(path).items.length).toBeGreaterThan(0)
    }
    const empty = await exchange(newsroom.url, { path: '/sections/withdrawn-section/feed.json' })
    expect(empty.status).toBe(200)
    const feed: Feed = JSON.parse(empty.text)
    expect(feed.items).toEqual([])
    expect(feed.title).toBe('withdrawn-section · Test Desk')
  })

  it("J-05: feed_url is the requested address and the self link, and home_page_url is the address of the channel's page", () => {
    for (const path of CHANNELS) {
      const { feed_url: feedUrl, home_page_url: homePageUrl } = getFeed(path)
      expect(feedUrl).toBe(`${SETTINGS.SITE_URL}${listDocumentPaths(path).json}`)
      expect(homePageUrl).toBe(`${SETTINGS.SITE_URL}${path || '/'}`)
      expect(getResponse(path).header('Link')).toContain(`<${feedUrl}>; rel="self"`)
    }
  })

  it('J-11: authors are objects with a name, and author is not used', () => {
    expect(mainFeed.authors).toEqual([{ name: SETTINGS.PUBLISHER, url: `${SETTINGS.SITE_URL}/` }])
    expect(getItem('pictured').authors).toEqual([
      { name: 'Sana Khan', url: 'https://news.example/staff/sana' },
      { name: "Tim O'Brien & Sons" },
      { name: 'Desk' },
    ])
    expect(getItem('hostile-html').authors).toBeUndefined()
    expect(listValues(mainFeed).map(({ key }) => key)).not.toContain('author')
  })

  it('J-12: the feed has its language, and each item in another language has its own', () => {
    for (const path of CHANNELS) {
      expect(getFeed(path).language).toBe(getResponse(path).header('Content-Language'))
    }
    expect(mainFeed.items.map(({ language }) => language)).toEqual([
      'ar',
      'ur',
      ...NEWEST_FIRST.slice(2).map(() => undefined),
    ])
  })

  it('J-17: keys of extensions begin with _ and a letter, and no key has a dot', () => {
    const standardKeys = `version title home_page_url feed_url description icon favicon language authors items
      id url content_html content_text summary image date_published date_modified tags name`
    const feed: Record<string, unknown> = JSON.parse(getResponse('').text)
    const keys = [...Object.keys(feed), ...mainFeed.items.flatMap((item) => Object.keys(item))]
    for (const key of keys) {
      expect(key).not.toContain('.')
      if (!standardKeys.split(/\s+/).includes(key)) expect(key).toMatch(/^_[A-Za-z]/)
    }
    expect(keys).toContain('_dateline')
  })

  it('J-18: absent values are omitted, never null', () => {
    for (const path of CHANNELS) {
      expect(listValues(getFeed(path)).filter(({ value }) => value === null)).toEqual([])
    }
  })

  it('J-23: the document can be embedded in a script element', () => {
    expect(getResponse('').text).not.toMatch(/<\/script/i)
    expect(getItem('sections-end').summary).toBe('It is ]]> and <!-- and </script>')
  })
})

describe('the items of a JSON Feed', () => {
  it('J-06: every id is a unique string, the same as in RSS and Atom', async () => {
    expect(mainFeed.items.map(({ id }) => id)).toEqual(
      NEWEST_FIRST.map((id) => `tag:news.example,2026:${id}`),
    )
    for (const path of ['/rss.xml', '/atom.xml']) {
      const { text } = await exchange(newsroom.url, { path })
      for (const { id } of mainFeed.items) expect(text).toContain(`>${id}<`)
    }
  })

  it('J-07: every item has an absolute url, in which & is not escaped', () => {
    for (const { url } of mainFeed.items) expect(url).toMatch(/^https:\/\/[\x21-\x7e]+$/)
    expect(getItem('elsewhere').url).toBe(
      'https://www.news.example/2026/%D8%AE%D8%A8%D8%B1?edition=uae&page=2#story',
    )
    expect(getItem('pictured').image).toBe('https://pictures.example/crowd.jpg?w=1200&h=630')
  })

  it('J-08: every item has content', () => {
    for (const item of mainFeed.items) {
      expect(item.content_html ?? item.content_text).toMatch(/\S/)
    }
  })

  it('J-09: titles, summaries, tags and names are plain text without entities', () => {
    expect(mainFeed.items.map(({ title }) => title)).toEqual(PUBLIC.map(({ title }) => title))
    const item = getItem('markup')
    expect(item.title).toBe(MARKUP_TITLE)
    expect(item.summary).toBe('Point <one> & "two" • It\'s &lt;literal&gt;')
    expect(item.tags).toEqual(['Q&A <letters>', 'R&D', 'a "quoted" tag', 'space'])
    expect(item.authors).toEqual([{ name: 'Q & A <Desk>' }])
    expect(item.content_html).toMatch(/^<p>/)
  })

  it('J-10: dates are RFC 3339 dates, and date_published is the time in the manuscript', () => {
    for (const [index, item] of mainFeed.items.entries()) {
      for (const date of [item.date_published, item.date_modified]) {
        expect(date).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/)
      }
      expect(Date.parse(item.date_published)).toBe(Date.parse(PUBLIC[index]?.published ?? ''))
    }
  })

  it('J-06: an independent parser finds the same items', () => {
    const feed = parseJsonFeed(getResponse('').text)
    expect(feed.items?.map(({ id }) => id)).toEqual(mainFeed.items.map(({ id }) => id))
    expect(feed.items?.map(({ title }) => title)).toEqual(PUBLIC.map(({ title }) => title))
  })
})
