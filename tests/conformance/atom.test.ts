/**
 * Atom 1.0: RFC 4287, and what feed readers and the W3C validator require in addition (rules A).
 */
import type { XmlElement } from '@rgrove/parse-xml'
import { parseAtomFeed } from 'feedsmith'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  CHANNELS,
  listDocumentPaths,
  MARKUP_TITLE,
  NEWEST_FIRST,
  openCorpus,
  PUBLIC,
} from '../support/corpus.ts'
import { exchange } from '../support/exchange.ts'
import { manuscript, type Newsroom, SETTINGS } from '../support/newsroom.ts'
import { until } from '../support/until.ts'
import {
  getOnlyChild,
  getText,
  hasMarkup,
  listChildren,
  listElements,
  parseRoot,
} from '../support/xml.ts'

let newsroom: Newsroom
const feeds = new Map<string, { text: string; type: string | undefined; feed: XmlElement }>()
let mainFeed: XmlElement
let entries: XmlElement[]

beforeAll(async () => {
  newsroom = await openCorpus()
  for (const path of CHANNELS) {
    const response = await get(listDocumentPaths(path).atom)
    expect(response.status, path).toBe(200)
    const { text } = response
    feeds.set(path, { text, type: response.header('Content-Type'), feed: parseRoot(text) })
  }
  mainFeed = getFeed('').feed
  entries = listChildren(mainFeed, 'entry')
})
afterAll(async () => await newsroom.close())

const get = (path: string) => exchange(newsroom.url, { path })

function getFeed(path: string) {
  const found = feeds.get(path)
  if (!found) throw new Error(`${path} is not in the corpus`)
  return found
}

function getEntry(id: string, feed = mainFeed): XmlElement {
  const entry = listChildren(feed, 'entry').find((each) => getText(each, 'id').endsWith(`:${id}`))
  if (!entry) throw new Error(`${id} is not in the feed`)
  return entry
}

const getLinks = (parent: XmlElement) => listChildren(parent, 'link').map((link) => link.attributes)
const getIds = (feed: XmlElement) =>
  listChildren(feed, 'entry').map((entry) => getText(entry, 'id'))

/** Matches the dates that RFC 4287 requires: with an upper-case T, and Z or an offset. */
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/

describe('an Atom feed', () => {
  it('A-01: every channel is served as application/atom+xml in UTF-8', () => {
    for (const path of CHANNELS) {
      expect(getFeed(path).type).toBe('application/atom+xml; charset=utf-8')
      expect(getFeed(path).text).toMatch(
        /^<\?xml version="1\.0" encoding="utf-8"\?>\n(?:<\?xml-stylesheet [^>]*\?>\n)?<feed /,
      )
    }
  })

  it('A-02: Atom is the default namespace, so its elements have no prefix', () => {
    for (const path of CHANNELS) {
      const { feed } = getFeed(path)
      expect(feed.name).toBe('feed')
      expect(feed.attributes['xmlns']).toBe('http://www.w3.org/2005/Atom')
      const prefixes = listElements(feed).flatMap(({ name }) => /^(.+):/.exec(name)?.[1] ?? [])
      expect(prefixes.filter((prefix) => prefix !== 'media' && prefix !== 'at')).toEqual([])
    }
  })

  it('A-03: every feed has one id, title and updated', () => {
    for (const path of CHANNELS) {
      for (const name of ['id', 'title', 'updated']) {
        expect(getText(getFeed(path).feed, name)).not.toBe('')
      }
    }
  })

  it('A-05: every feed has an author', () => {
    for (const path of CHANNELS) {
      expect(getText(getOnlyChild(getFeed(path).feed, 'author'), 'name')).toBe(SETTINGS.PUBLISHER)
    }
  })

  it('A-06: every feed has one self link, which is the requested address', () => {
    for (const path of CHANNELS) {
      const selfLinks = getLinks(getFeed(path).feed).filter(({ rel }) => rel === 'self')
      expect(selfLinks).toEqual([
        {
          rel: 'self',
          type: 'application/atom+xml',
          href: `${SETTINGS.SITE_URL}${listDocumentPaths(path).atom}`,
        },
      ])
    }
  })

  it('A-07: no two alternate links of a feed or entry have the same type and hreflang', () => {
    for (const parent of [mainFeed, ...entries]) {
      const kinds = getLinks(parent)
        .filter(({ rel }) => rel === 'alternate')
        .map(({ type, hreflang }) => `${type} ${hreflang}`)
      expect(kinds.length).toBeGreaterThan(0)
      expect(new Set(kinds).size).toBe(kinds.length)
    }
  })

  it('A-17: updated of a feed is the latest time of its entries and tombstones', () => {
    for (const path of CHANNELS) {
      const { feed } = getFeed(path)
      const times = [
        ...listChildren(feed, 'entry').map((entry) => getText(entry, 'updated')),
        ...listChildren(feed, 'at:deleted-entry').map(({ attributes }) => attributes['when'] ?? ''),
      ]
      expect(getText(feed, 'updated')).toBe(times.sort().at(-1))
    }
  })

  it('A-22: the feed has xml:lang, and so does each entry in another language', async () => {
    expect(mainFeed.attributes['xml:lang']).toBe('en')
    expect(getEntry('arabic').attributes['xml:lang']).toBe('ar')
    expect(getEntry('urdu').attributes['xml:lang']).toBe('ur')
    expect(getEntry('elsewhere').attributes['xml:lang']).toBeUndefined()
    const arabic = getFeed('/languages/ar').feed
    expect(arabic.attributes['xml:lang']).toBe('ar')
    expect(getEntry('arabic', arabic).attributes['xml:lang']).toBeUndefined()
  })

  it('A-23: every address is absolute', () => {
    const addresses = listElements(mainFeed).flatMap(({ name, attributes, text }) => [
      ...['href', 'url', 'src'].flatMap((key) => attributes[key] ?? []),
      ...(['uri', 'icon', 'logo'].includes(name) ? [text] : []),
    ])
    expect(addresses.length).toBeGreaterThan(20)
    for (const address of addresses) expect(address).toMatch(/^https?:\/\/[\x21-\x7e]+$/)
    expect(getFeed('').text).not.toContain('xml:base')
  })
})

describe('the entries of an Atom feed', () => {
  it('A-08: every entry has one id, title and updated', () => {
    expect(entries).toHaveLength(PUBLIC.length)
    for (const entry of entries) {
      for (const name of ['id', 'title', 'updated']) expect(getText(entry, name)).not.toBe('')
    }
    expect(getIds(mainFeed)).toEqual(NEWEST_FIRST.map((id) => `tag:news.example,2026:${id}`))
  })

  it('A-11: no id occurs twice in a document', () => {
    for (const path of CHANNELS) {
      const ids = getIds(getFeed(path).feed)
      expect(ids.length).toBeGreaterThan(0)
      expect(new Set(ids).size).toBe(ids.length)
    }
  })

  it('A-12: every entry has one alternate link, to its canonical address', () => {
    for (const [index, entry] of entries.entries()) {
      const alternates = getLinks(entry).filter(({ rel }) => rel === 'alternate')
      expect(alternates.map(({ type }) => type)).toEqual(['text/html'])
      const expected =
        PUBLIC[index]?.canonical === undefined
          ? `${SETTINGS.SITE_URL}/articles/${PUBLIC[index]?.id}`
          : 'https://www.news.example/2026/%D8%AE%D8%A8%D8%B1?edition=uae&page=2#story'
      expect(alternates[0]?.['href']).toBe(expected)
    }
  })

  it('A-13, A-20: content is inline HTML, neither base64 nor xhtml', () => {
    for (const entry of entries) {
      const { attributes, text } = getOnlyChild(entry, 'content')
      expect(attributes).toEqual({ type: 'html' })
      expect(text).not.toBe('')
    }
  })

  it('A-14: every date is an RFC 3339 date', () => {
    const dates = listElements(mainFeed).filter(({ name }) => /^(?:updated|published)$/.test(name))
    expect(dates).toHaveLength(1 + 2 * entries.length)
    for (const { text } of dates) {
      expect(text).toMatch(RFC_3339)
      expect(Date.parse(text)).not.toBeNaN()
    }
  })

  it('A-19: content is escaped HTML, and titles and summaries are text without markup', () => {
    for (const entry of entries) {
      expect(hasMarkup(getOnlyChild(entry, 'content'))).toBe(false)
      expect(getOnlyChild(entry, 'content').text).toMatch(/^<[a-z]/)
      for (const name of ['title', 'summary']) {
        expect(getOnlyChild(entry, name).attributes['type']).toBe('text')
        expect(hasMarkup(getOnlyChild(entry, name))).toBe(false)
      }
    }
  })

  it('A-21: a title that looks like markup is escaped once', () => {
    expect(getText(getEntry('markup'), 'title')).toBe(MARKUP_TITLE)
    const raw = getFeed('').text
    expect(raw).toContain('<title type="text">AT&amp;T &lt;b&gt;x&lt;/b&gt;')
    expect(raw).not.toContain('&amp;amp;amp;')
    expect(raw).not.toContain('AT&amp;amp;T')
  })

  it('A-24: every category has a term, and no entry has the same term twice', () => {
    const terms = entries.map((entry) =>
      listChildren(entry, 'category').map(({ attributes }) => attributes['term'] ?? ''),
    )
    expect(terms.flat().length).toBeGreaterThan(10)
    for (const term of terms.flat()) expect(term).not.toBe('')
    for (const each of terms) expect(new Set(each).size).toBe(each.length)
    expect(terms[NEWEST_FIRST.indexOf('markup')]).toEqual([
      'Q&A <letters>',
      'R&D',
      'a "quoted" tag',
      'space',
    ])
  })

  it('A-25: every person has one name, and an e-mail address only if the manuscript has one', () => {
    const authors = listChildren(getEntry('pictured'), 'author')
    expect(authors.map((author) => getText(author, 'name'))).toEqual([
      'Sana Khan',
      "Tim O'Brien & Sons",
      'Desk',
    ])
    const emails = listElements(mainFeed).filter(({ name }) => name === 'email')
    expect(emails.map(({ text }) => text)).toEqual(['sana@news.example'])
    for (const person of listElements(mainFeed).filter(({ name }) => name === 'author')) {
      expect(getText(person, 'name')).not.toBe('')
    }
  })

  it('A-27, A-30: every link has an href, a known relation and no content, and no entry has a self link', () => {
    for (const link of listElements(mainFeed).filter(({ name }) => name === 'link')) {
      expect(link.attributes['href']).toMatch(/^https:\/\//)
      expect(link.children).toEqual([])
      expect(link.attributes['rel']).toMatch(/^(?:self|alternate|enclosure|https?:\/\/.+)$/)
    }
    for (const entry of entries) {
      expect(getLinks(entry).map(({ rel }) => rel)).not.toContain('self')
    }
  })

  it('A-28: an enclosure has type and length; a picture without them has no enclosure', () => {
    const enclosure = (id: string) =>
      getLinks(getEntry(id)).filter(({ rel }) => rel === 'enclosure')
    expect(enclosure('pictured')).toEqual([
      {
        rel: 'enclosure',
        type: 'image/jpeg',
        length: '48213',
        href: 'https://pictures.example/crowd.jpg?w=1200&h=630',
      },
    ])
    expect(enclosure('image-untyped')).toEqual([])
    expect(getOnlyChild(getEntry('image-untyped'), 'media:content').attributes['url']).toBe(
      'https://news.example/media/feed-timeline.png',
    )
  })

  it('A-32: every entry has a summary and content', () => {
    for (const entry of entries) {
      expect(getText(entry, 'summary')).not.toBe('')
      expect(getText(entry, 'content')).not.toBe('')
    }
  })

  it('A-08: an independent parser finds the same entries', () => {
    const feed = parseAtomFeed(getFeed('').text)
    expect(feed.entries?.map(({ id }) => id)).toEqual(getIds(mainFeed))
    expect(feed.entries?.map(({ content }) => content)).toHaveLength(PUBLIC.length)
  })
})

describe('changes of an article', () => {
  const path = '/sections/changing/atom.xml'
  const story = manuscript({ section: 'changing', published: '2026-02-01T00:00:00Z' })
  const readChanged = async () => {
    const response = await get(path)
    const feed = parseRoot(response.text)
    return { response, feed, entry: getEntry('changing', feed) }
  }

  it('A-16: a silent edit changes content and ETag, but not updated', async () => {
    await newsroom.publish('changing', story)
    await newsroom.waitForOutbox()
    const before = await readChanged()
    await newsroom.publish('changing', { ...story, body: 'ISLAMABAD: The text without a typo.' })
    await newsroom.waitForOutbox()
    const after = await readChanged()
    expect(getText(after.entry, 'content')).toContain('The text without a typo.')
    expect(after.response.header('ETag')).not.toBe(before.response.header('ETag'))
    expect(getText(after.entry, 'updated')).toBe(getText(before.entry, 'updated'))
    expect(getText(after.feed, 'updated')).toBe(getText(before.feed, 'updated'))
  })

  it('A-15: a substantial change increases updated and keeps published', async () => {
    const updated = '2026-02-02T00:00:00Z'
    const response = await newsroom.publish('changing', { ...story, body: 'Corrected.', updated })
    expect(response.status).toBe(200)
    await newsroom.waitForOutbox()
    const after = await readChanged()
    expect(getText(after.entry, 'published')).toBe('2026-02-01T00:00:00Z')
    expect(getText(after.entry, 'updated')).toBe(updated)
    expect(getText(after.feed, 'updated')).toBe(updated)
  })

  it('A-04, A-09, A-10: the ids of feed and entries survive a new title, address and host', async () => {
    const readIds = async () => {
      const feed = parseRoot((await get('/atom.xml')).text)
      return [getText(feed, 'id'), ...getIds(feed)]
    }
    const before = await readIds()
    expect(before).toContain('tag:news.example,2026:changing')
    await newsroom.publish('changing', {
      ...story,
      title: 'Retitled',
      canonical: 'https://www.news.example/elsewhere-too',
      code: 'chgd2',
    })
    await newsroom.waitForOutbox()
    await newsroom.restart({ SITE_URL: 'https://moved.example', SHORT_URL: 'https://mvd.example' })
    await newsroom.api('/api/wake', { method: 'POST' })
    await until('the feed has the new host', async () =>
      (await get('/atom.xml')).text.includes('href="https://moved.example/atom.xml"'),
    )
    expect(await readIds()).toEqual(before)
  })
})
