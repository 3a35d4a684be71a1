/**
 * RSS 2.0, the RSS Best Practices Profile, and what feed readers and the W3C validator require in
 * addition (rules R). All documents are parsed by a strict XML parser.
 */
import type { XmlElement } from '@rgrove/parse-xml'
import { parseRssFeed } from 'feedsmith'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  CHANNELS,
  CORPUS_SETTINGS,
  listDocumentPaths,
  MARKUP_TITLE,
  NEWEST_FIRST,
  OWN_PICTURE,
  openCorpus,
  PUBLIC,
} from '../support/corpus.ts'
import { type Exchange, exchange } from '../support/exchange.ts'
import { manuscript, type Newsroom, SETTINGS } from '../support/newsroom.ts'
import { until } from '../support/until.ts'
import {
  getOnlyChild,
  getText,
  hasCdata,
  hasMarkup,
  listChildren,
  listElements,
  parseRoot,
} from '../support/xml.ts'

let newsroom: Newsroom
/** The response of each channel, and its `channel` element below, by path. */
const responses = new Map<string, Exchange>()
const channels = new Map<string, XmlElement>()
let mainFeed: XmlElement
let items: XmlElement[]

beforeAll(async () => {
  newsroom = await openCorpus()
  for (const path of CHANNELS) {
    const response = await get(listDocumentPaths(path).rss)
    expect(response.status, path).toBe(200)
    responses.set(path, response)
    channels.set(path, getOnlyChild(parseRoot(response.text), 'channel'))
  }
  mainFeed = getChannel('')
  items = listChildren(mainFeed, 'item')
})
afterAll(async () => await newsroom.close())

const get = (path: string) => exchange(newsroom.url, { path })

function getResponse(path: string): Exchange {
  const response = responses.get(path)
  if (!response) throw new Error(`${path} is not in the corpus`)
  return response
}

function getChannel(path: string): XmlElement {
  const channel = channels.get(path)
  if (!channel) throw new Error(`${path} is not in the corpus`)
  return channel
}

function getItem(id: string, channel = mainFeed): XmlElement {
  const item = listChildren(channel, 'item').find((each) =>
    getText(each, 'guid').endsWith(`:${id}`),
  )
  if (!item) throw new Error(`${id} is not in the feed`)
  return item
}

const RFC_822 = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** Returns the full text of an item, decoded from XML once. */
const getHtml = (item: XmlElement): string =>
  listChildren(item, 'content:encoded')
    .map(({ text }) => text)
    .join('')

describe('an RSS document', () => {
  it('R-01: every channel is served as application/rss+xml in UTF-8', () => {
    for (const path of CHANNELS) {
      expect(getResponse(path).header('Content-Type')).toBe('application/rss+xml; charset=utf-8')
    }
  })

  it('R-02: the first bytes are the XML declaration', () => {
    for (const path of CHANNELS) {
      expect(getResponse(path).body.subarray(0, 5).toString('latin1')).toBe('<?xml')
    }
  })

  it('R-03: declaration, charset parameter and bytes are all UTF-8', () => {
    for (const path of CHANNELS) {
      const { body, text } = getResponse(path)
      expect(text).toMatch(/^<\?xml version="1\.0" encoding="utf-8"\?>/)
      expect(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)).toBe(text)
    }
    expect(getResponse('').text).toContain('🚀')
  })

  it('R-04: a strict parser accepts every document, and none has a document type declaration', () => {
    for (const path of CHANNELS) {
      expect(() => parseRoot(getResponse(path).text)).not.toThrow()
      expect(getResponse(path).text).not.toContain('<!DOCTYPE')
    }
  })

  it('R-05: the root is rss, version 2.0, with one channel', () => {
    for (const path of CHANNELS) {
      const root = parseRoot(getResponse(path).text)
      expect([root.name, root.attributes['version']]).toEqual(['rss', '2.0'])
      expect(listChildren(root).map(({ name }) => name)).toEqual(['channel'])
    }
  })

  it('R-06: every channel has one title, link and description, and none of them is empty', () => {
    for (const path of CHANNELS) {
      for (const name of ['title', 'link', 'description']) {
        expect(getText(getChannel(path), name), `${path} ${name}`).not.toBe('')
      }
    }
  })

  it("R-07: link is the absolute https address of the channel's page, which is HTML", async () => {
    for (const path of CHANNELS) {
      const link = getText(getChannel(path), 'link')
      expect(link).toBe(`${SETTINGS.SITE_URL}${path || '/'}`)
      const page = await newsroom.get(link)
      expect([page.status, page.headers.get('Content-Type')], link).toEqual([
        200,
        'text/html; charset=utf-8',
      ])
    }
  })

  it('R-08: every channel has one self link, which is the requested address and does not redirect', async () => {
    for (const path of CHANNELS) {
      const selfLinks = listChildren(getChannel(path), 'atom:link').filter(
        ({ attributes }) => attributes['rel'] === 'self',
      )
      expect(selfLinks.map(({ attributes }) => attributes)).toEqual([
        {
          href: `${SETTINGS.SITE_URL}${listDocumentPaths(path).rss}`,
          rel: 'self',
          type: 'application/rss+xml',
        },
      ])
    }
  })

  it('R-10: language is a valid language tag and equals Content-Language', () => {
    for (const path of CHANNELS) {
      const language = getText(getChannel(path), 'language')
      expect(() => new Intl.Locale(language)).not.toThrow()
      expect(getResponse(path).header('Content-Language')).toBe(language)
    }
    expect(getText(getChannel('/languages/ur'), 'language')).toBe('ur')
  })

  it('R-11: lastBuildDate equals Last-Modified, and the bytes do not change until something is published', async () => {
    const first = await get('/rss.xml')
    const built = getText(getOnlyChild(parseRoot(first.text), 'channel'), 'lastBuildDate')
    expect(built).toBe(first.header('Last-Modified'))
    expect((await get('/rss.xml')).body).toEqual(first.body)
    await newsroom.restart()
    expect((await get('/rss.xml')).body).toEqual(first.body)
  })

  it('R-12: every date is an RFC 822 date with the right weekday', () => {
    const dates = [
      ...listChildren(mainFeed, 'lastBuildDate'),
      ...items.map((i) => getOnlyChild(i, 'pubDate')),
    ]
    expect(dates).toHaveLength(items.length + 1)
    for (const { text } of dates) {
      expect(text).toMatch(RFC_822)
      expect(new Date(text).toUTCString()).toBe(text)
    }
  })

  it('R-31: ttl is a whole number of minutes and no longer than max-age', () => {
    const ttl = getText(mainFeed, 'ttl')
    expect(ttl).toMatch(/^[1-9]\d*$/)
    const age = Number(/max-age=(\d+)/.exec(getResponse('').header('Cache-Control') ?? '')?.[1])
    expect(Number(ttl)).toBeLessThanOrEqual(Math.ceil(age / 60))
  })

  it('R-32: the image has the title and link of the channel', () => {
    for (const path of CHANNELS) {
      const channel = getChannel(path)
      const image = getOnlyChild(channel, 'image')
      expect(getText(image, 'url')).toBe(CORPUS_SETTINGS.LOGO_URL)
      expect(getText(image, 'title')).toBe(getText(channel, 'title'))
      expect(getText(image, 'link')).toBe(getText(channel, 'link'))
      expect(listChildren(image).map(({ name }) => name)).not.toContain('width')
    }
  })

  it('R-33: items come after all other elements of the channel', () => {
    for (const path of CHANNELS) {
      const names = listChildren(getChannel(path)).map(({ name }) => name)
      const first = names.indexOf('item')
      expect(first).toBeGreaterThan(0)
      expect(new Set(names.slice(first))).toEqual(new Set(['item']))
    }
  })

  it('R-34, R-46, R-47, R-48: there are no textInput, cloud, skip and comments elements, and the style sheet is optional', () => {
    const { text } = getResponse('')
    const names = new Set(listElements(mainFeed).map(({ name }) => name))
    for (const name of ['textInput', 'cloud', 'skipHours', 'skipDays', 'slash:comments']) {
      expect(names).not.toContain(name)
    }
    const [instruction = '', ...more] = text.match(/<\?xml-stylesheet[^>]*\?>\n/g) ?? []
    expect(instruction).toContain('type="text/css"')
    expect(more).toEqual([])
    expect(parseRoot(text.replace(instruction, '')).toJSON()).toEqual(parseRoot(text).toJSON())
  })

  it('R-41: every prefix that is used is declared, and every declared prefix is used', () => {
    for (const path of CHANNELS) {
      const root = parseRoot(getResponse(path).text)
      const elements = listElements(root)
      const declared = elements.flatMap(({ attributes }) =>
        Object.keys(attributes).flatMap((name) => /^xmlns:(.+)$/.exec(name)?.[1] ?? []),
      )
      const used = elements.flatMap(({ name }) => /^(.+):/.exec(name)?.[1] ?? [])
      expect([...new Set(declared)].sort(), path).toEqual([...new Set(used)].sort())
    }
  })

  it('R-42: a channel that lost its last article is valid and empty', async () => {
    const response = await get('/sections/withdrawn-section/rss.xml')
    expect(response.status).toBe(200)
    const channel = getOnlyChild(parseRoot(response.text), 'channel')
    expect(listChildren(channel, 'item')).toEqual([])
    expect(getText(channel, 'title')).toBe('withdrawn-section · Test Desk')
  })

  it('R-43: an unknown section returns 404 with a short body that is not HTML', async () => {
    for (const accept of ['*/*', 'text/html,application/xml;q=0.9', 'application/rss+xml']) {
      const response = await exchange(newsroom.url, {
        path: '/sections/nobody/rss.xml',
        headers: [['Accept', accept]],
      })
      expect(response.status).toBe(404)
      expect(response.header('Content-Type')).toBe('application/problem+json')
      expect(response.body.length).toBeLessThan(500)
    }
  })
})

describe('the items of an RSS document', () => {
  it('R-13: no pubDate is in the future', () => {
    expect(items).toHaveLength(PUBLIC.length)
    for (const item of items) {
      expect(Date.parse(getText(item, 'pubDate'))).toBeLessThanOrEqual(Date.now())
    }
  })

  it('R-14: every item has a title and a description', () => {
    for (const item of items) {
      expect(getText(item, 'title')).not.toBe('')
      expect(getText(item, 'description')).not.toBe('')
    }
  })

  it('R-15: every item has one guid, which is unique in the feed', () => {
    const guids = items.map((item) => getText(item, 'guid'))
    expect(new Set(guids).size).toBe(items.length)
  })

  it('R-16, R-18: a guid declares that it is not a permalink, and is not a bare number', () => {
    for (const item of items) {
      const guid = getOnlyChild(item, 'guid')
      expect(guid.attributes['isPermaLink']).toBe('false')
      expect(guid.text).toMatch(/^tag:news\.example,2026:[a-z0-9-]+$/)
    }
  })

  it('R-17: a guid survives a new title, section, address and host', async () => {
    const first = manuscript({ section: 'moving-from', code: 'moves' })
    await newsroom.publish('moving', first)
    await newsroom.waitForOutbox()
    const readItem = async (path: string) =>
      getItem('moving', getOnlyChild(parseRoot((await get(path)).text), 'channel'))
    const before = await readItem('/sections/moving-from/rss.xml')
    await newsroom.publish('moving', {
      ...first,
      title: 'Another headline',
      section: 'moving-to',
      canonical: 'https://www.news.example/moved',
    })
    await newsroom.waitForOutbox()
    const after = await readItem('/sections/moving-to/rss.xml')
    expect(getText(after, 'link')).toBe('https://www.news.example/moved')
    expect(getText(after, 'link')).not.toBe(getText(before, 'link'))
    expect(getText(after, 'guid')).toBe(getText(before, 'guid'))
    await newsroom.restart({ SITE_URL: 'https://moved.example' })
    await newsroom.api('/api/wake', { method: 'POST' })
    await until(
      'the feed has the new host',
      async () =>
        getText(
          getOnlyChild(parseRoot((await get('/sections/moving-to/rss.xml')).text), 'channel'),
          'link',
        ) === 'https://moved.example/sections/moving-to',
    )
    expect(getText(await readItem('/sections/moving-to/rss.xml'), 'guid')).toBe(
      getText(before, 'guid'),
    )
    await newsroom.restart()
    await newsroom.api('/api/wake', { method: 'POST' })
    await newsroom.withdraw('moving')
    await newsroom.waitForOutbox()
  })

  it('R-19: link is the canonical address of the page, https and in ASCII', async () => {
    for (const [index, item] of items.entries()) {
      const link = getText(item, 'link')
      expect(link).toMatch(/^https:\/\/[\x21-\x7e]+$/)
      expect(link).not.toContain('utm_')
      const story = PUBLIC[index]
      if (story?.canonical !== undefined) {
        expect(link).toBe(
          'https://www.news.example/2026/%D8%AE%D8%A8%D8%B1?edition=uae&page=2#story',
        )
        continue
      }
      const page = await newsroom.get(link)
      expect(await page.text(), link).toContain(`<link rel="canonical" href="${link}"/>`)
    }
  })

  it('R-20: description comes before content:encoded', () => {
    for (const item of items) {
      const names = listChildren(item).map(({ name }) => name)
      expect(names.indexOf('content:encoded')).toBeGreaterThan(names.indexOf('description'))
      expect(names.indexOf('description')).toBeGreaterThanOrEqual(0)
    }
  })

  it('R-21: a title that looks like markup is plain text with hexadecimal references', () => {
    const raw = getResponse('').text
    expect(raw).toContain('<title>AT&#x26;T &#x3C;b')
    for (const item of items) {
      const title = getOnlyChild(item, 'title')
      expect(hasCdata(title)).toBe(false)
      expect(hasMarkup(title)).toBe(false)
    }
    expect(getText(getItem('markup'), 'title')).toBe(MARKUP_TITLE)
    expect(items.map((item) => getText(item, 'title'))).toEqual(PUBLIC.map(({ title }) => title))
  })

  it('R-22: description is HTML after one decoding, and is not encoded twice', () => {
    const text = getText(getItem('markup'), 'description')
    expect(text).toBe("Point &lt;one&gt; &amp; &quot;two&quot; • It's &amp;lt;literal&amp;gt;")
    expect(getText(getItem('urdu'), 'description')).toBe('چاند کے مدار میں')
    expect(getText(getItem('no-summary'), 'description')).toMatch(/^Words that go .*…$/)
  })

  it('R-23: no address in the text of an item is relative', () => {
    const addresses = items.flatMap((item) =>
      [...getHtml(item).matchAll(/\s(?:href|src|srcset|poster|cite)="([^"]*)"/g)].map(
        ([, address = '']) => address,
      ),
    )
    expect(addresses.length).toBeGreaterThan(5)
    for (const address of addresses) expect(address).toMatch(/^(?:https?:\/\/|mailto:)/)
    expect(addresses).toContain('https://news.example/articles/pictured#more')
    expect(addresses).toContain('https://news.example/tags/space')
  })

  it('R-24: the text of an item contains no scripts and loads nothing', () => {
    const html = getHtml(getItem('hostile-html'))
    expect(html).toContain('Text kept.')
    for (const item of items) {
      expect(getHtml(item)).not.toMatch(
        /<(?:script|style|iframe|object|embed|form|input|meta|base|svg|math)\b/i,
      )
      expect(getHtml(item)).not.toMatch(/<[^>]*\s(?:on\w+|style|class|srcset)\s*=/i)
      expect(getHtml(item)).not.toMatch(/="\s*(?:javascript|vbscript|data):/i)
    }
  })

  it('R-25: ends of CDATA sections, undefined entities and forbidden characters do not break the document', () => {
    const html = getHtml(getItem('sections-end'))
    expect(html).toContain('<code>a[b[0]]&gt;1</code> and ]]&gt; and ]]&gt;]]&gt; again.')
    expect(html).not.toContain('&nbsp;')
    expect(html).not.toContain('&eacute;')
    expect(html).toContain('é')
    expect(html).not.toContain('<!--')
    expect(html).toContain('Form feed , NUL , backspace  and vertical tab , the noncharacter .')
    expect(getText(getItem('sections-end'), 'description')).toBe(
      'It is ]]&gt; and &lt;!-- and &lt;/script&gt;',
    )
  })

  it('R-26: no item has more than one enclosure', () => {
    const counts = items.map((item) => listChildren(item, 'enclosure').length)
    expect(counts.filter((count) => count === 1)).toHaveLength(2)
    expect(Math.max(...counts)).toBe(1)
  })

  it('R-27: an enclosure has url, length and type, which match the picture if it is ours', async () => {
    expect(getOnlyChild(getItem('pictured'), 'enclosure').attributes).toEqual({
      url: 'https://pictures.example/crowd.jpg?w=1200&h=630',
      length: '48213',
      type: 'image/jpeg',
    })
    expect(listChildren(getItem('image-untyped'), 'enclosure')).toEqual([])
    const own = getOnlyChild(getItem('no-summary'), 'enclosure').attributes
    expect(own['url']).toBe(`${SETTINGS.SITE_URL}${OWN_PICTURE.url}`)
    const picture = await newsroom.get(own['url'] ?? '')
    const { byteLength } = await picture.arrayBuffer()
    expect([String(byteLength), picture.headers.get('Content-Type')]).toEqual([
      own['length'],
      own['type'],
    ])
  })

  it('R-28: no document has author, managingEditor or webMaster', () => {
    const names = listElements(mainFeed).map(({ name }) => name)
    for (const name of ['author', 'managingEditor', 'webMaster']) expect(names).not.toContain(name)
  })

  it('R-29: an item has pubDate, but not dc:date', () => {
    for (const item of items) {
      expect(listChildren(item, 'pubDate')).toHaveLength(1)
      expect(listChildren(item, 'dc:date')).toEqual([])
    }
  })

  it('R-30: an item has one dc:creator for each author, as plain text', () => {
    const creators = listChildren(getItem('pictured'), 'dc:creator')
    expect(creators.map(({ text }) => text)).toEqual(['Sana Khan', "Tim O'Brien & Sons", 'Desk'])
    expect(getText(getItem('markup'), 'dc:creator')).toBe('Q & A <Desk>')
    expect(listChildren(getItem('hostile-html'), 'dc:creator')).toEqual([])
    for (const creator of creators) expect(hasMarkup(creator)).toBe(false)
    expect(getResponse('').text).toContain('xmlns:dc="http://purl.org/dc/elements/1.1/"')
  })

  it('R-35: items are sorted newest first, and items of the same time by id', () => {
    expect(items.map((item) => getText(item, 'guid').replace(/^.*:/, ''))).toEqual(NEWEST_FIRST)
    const times = items.map((item) => Date.parse(getText(item, 'pubDate')))
    expect(times).toEqual([...times].sort((a, b) => b - a))
    expect(times.length).toBeGreaterThan(new Set(times).size)
  })

  it('R-37, R-38, R-39: media elements have their namespace, url, medium and whole numbers, and are never grouped', () => {
    expect(getResponse('').text).toContain('xmlns:media="http://search.yahoo.com/mrss/"')
    const contents = items.flatMap((item) => listChildren(item, 'media:content'))
    expect(contents).toHaveLength(3)
    for (const { attributes } of contents) {
      expect(attributes['url']).toMatch(/^https:\/\//)
      expect(attributes['medium']).toBe('image')
    }
    expect(getOnlyChild(getItem('pictured'), 'media:content').attributes).toMatchObject({
      type: 'image/jpeg',
      width: '1200',
      height: '630',
      fileSize: '48213',
    })
    expect(listElements(mainFeed).map(({ name }) => name)).not.toContain('media:group')
  })

  it('R-40: a picture has a thumbnail, a description and a credit', () => {
    const content = getOnlyChild(getItem('pictured'), 'media:content')
    expect(getOnlyChild(content, 'media:thumbnail').attributes['url']).toBe(
      content.attributes['url'],
    )
    expect(getOnlyChild(content, 'media:description').attributes['type']).toBe('plain')
    expect(getText(content, 'media:description')).toBe('A "crowd" & <flags>')
    expect(getOnlyChild(content, 'media:credit').attributes['role']).toBe('photographer')
    expect(getText(content, 'media:credit')).toBe('Ada <Lens> & Co')
  })

  it('R-45: the language of an Arabic channel is ar, and each Arabic or Urdu text is wrapped right to left', () => {
    const channel = getChannel(`/sections/${encodeURIComponent('الإمارات')}`)
    expect(getText(channel, 'language')).toBe('ar')
    expect(getHtml(getItem('arabic', channel))).toMatch(/^<div dir="rtl" lang="ar">[\s\S]*<\/div>$/)
    expect(getHtml(getItem('urdu'))).toMatch(/^<div dir="rtl" lang="ur">[\s\S]*<\/div>$/)
    expect(getHtml(getItem('elsewhere'))).not.toContain('dir=')
  })

  it('R-50: a correction keeps pubDate, but changes bytes, ETag and Last-Modified', async () => {
    const path = '/sections/corrected/rss.xml'
    const story = manuscript({ section: 'corrected', published: '2026-03-01T00:00:00Z' })
    await newsroom.publish('corrected', story)
    await newsroom.waitForOutbox()
    const before = await get(path)
    await newsroom.publish('corrected', {
      ...story,
      body: 'ISLAMABAD: Corrected.',
      updated: '2026-03-02T00:00:00Z',
    })
    await newsroom.waitForOutbox()
    const after = await get(path)
    const item = getItem('corrected', getOnlyChild(parseRoot(after.text), 'channel'))
    expect(getText(item, 'pubDate')).toBe('Sun, 01 Mar 2026 00:00:00 GMT')
    expect(getText(item, 'atom:updated')).toBe('2026-03-02T00:00:00Z')
    expect(getHtml(item)).toContain('Corrected.')
    expect(after.header('ETag')).not.toBe(before.header('ETag'))
    const changed = Date.parse(after.header('Last-Modified') ?? '')
    expect(changed).toBeGreaterThan(Date.parse(before.header('Last-Modified') ?? ''))
  })
})

describe('all formats', () => {
  it('R-44: a channel has the same items, order, ids, links and titles in all three formats', async () => {
    for (const path of CHANNELS) {
      const { rss, atom, json } = listDocumentPaths(path)
      const fromRss = listChildren(
        getOnlyChild(parseRoot((await get(rss)).text), 'channel'),
        'item',
      ).map((item) => [getText(item, 'guid'), getText(item, 'link'), getText(item, 'title')])
      const fromAtom = listChildren(parseRoot((await get(atom)).text), 'entry').map((entry) => [
        getText(entry, 'id'),
        listChildren(entry, 'link').find(({ attributes }) => attributes['rel'] === 'alternate')
          ?.attributes['href'],
        getText(entry, 'title'),
      ])
      const feed: { items: { id: string; url: string; title: string }[] } = JSON.parse(
        (await get(json)).text,
      )
      expect(fromRss.length, path).toBeGreaterThan(0)
      expect(fromAtom, atom).toEqual(fromRss)
      expect(
        feed.items.map(({ id, url, title }) => [id, url, title]),
        json,
      ).toEqual(fromRss)
    }
  })

  it('R-44: an independent parser finds the same items in RSS', async () => {
    const feed = parseRssFeed(getResponse('').text)
    expect(feed.items?.map(({ title }) => title)).toEqual(PUBLIC.map(({ title }) => title))
    expect(feed.items?.map(({ guid }) => guid?.value)).toEqual(
      NEWEST_FIRST.map((id) => `tag:news.example,2026:${id}`),
    )
    expect(feed.items?.[3]?.dc?.creators).toEqual(['Sana Khan', "Tim O'Brien & Sons", 'Desk'])
  })

  it('R-36: no document exceeds 1.5 MB, however long its articles are; older items then have only summary and link', async () => {
    const html = `<p>${'Words &amp; more words. '.repeat(6000)}</p>`
    for (let number = 10; number < 24; number += 1) {
      const response = await newsroom.publish(
        `long-${number}`,
        manuscript({
          section: 'long',
          body: undefined,
          html,
          published: `2026-02-${number}T00:00:00Z`,
        }),
      )
      expect(response.status).toBe(201)
    }
    await newsroom.waitForOutbox()
    for (const path of Object.values(listDocumentPaths('/sections/long'))) {
      const response = await get(path)
      expect(response.body.length, path).toBeLessThanOrEqual(1_500_000)
      expect(response.body.length, path).toBeGreaterThan(500_000)
    }
    const channel = getOnlyChild(parseRoot((await get('/sections/long/rss.xml')).text), 'channel')
    const all = listChildren(channel, 'item')
    expect(all).toHaveLength(14)
    const full = all.filter((item) => listChildren(item, 'content:encoded').length > 0)
    expect(full.length).toBeLessThan(14)
    expect(all.slice(0, full.length)).toEqual(full)
    for (const item of all) expect(getText(item, 'description')).not.toBe('')
  })
})
