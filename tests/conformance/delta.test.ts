/**
 * Deltas for `A-IM: feed` (RFC 3229, RFC 9110; rules D) in all three formats, requested through
 * `node:http`.
 */
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FORMATS, type FormatName } from '../../src/feeds/formats.ts'
import { type Exchange, exchange } from '../support/exchange.ts'
import {
  type FaultyNewsroom,
  manuscript,
  openFaultyNewsroom,
  SETTINGS,
} from '../support/newsroom.ts'
import { until } from '../support/until.ts'
import { getOnlyChild, listChildren, parseRoot } from '../support/xml.ts'

type HeaderLine = readonly [name: string, value: string]

const PATHS = FORMATS.map(({ name, file }) => ({ name, path: `/${file}` }))
const FEED: HeaderLine = ['A-IM', 'feed']
const formatIfNoneMatch = (etag: string): HeaderLine => ['If-None-Match', etag]

let newsroom: FaultyNewsroom
let publicationCount = 0

const request = (method: string, path: string, ...headers: HeaderLine[]) =>
  exchange(newsroom.url, { method, path, headers })
const get = (path: string, ...headers: HeaderLine[]) => request('GET', path, ...headers)
const getEtag = (response: Exchange): string => response.header('ETag') ?? 'none'

/** For each format, returns the ids in a document. */
const PARSE_IDS: Readonly<Record<FormatName, (text: string) => string[]>> = {
  rss: (text) =>
    listChildren(getOnlyChild(parseRoot(text), 'channel'), 'item').map(
      (item) => getOnlyChild(item, 'guid').text,
    ),
  atom: (text) =>
    listChildren(parseRoot(text), 'entry').map((entry) => getOnlyChild(entry, 'id').text),
  json: (text) => (JSON.parse(text) as { items: { id: string }[] }).items.map(({ id }) => id),
}
const formatEntryId = (id: string): string => `tag:news.example,2026:${id}`

/** Publishes an article, and waits until it is in the documents of all formats. */
async function publish(id: string, more: Record<string, unknown> = {}): Promise<void> {
  const title = `${id} ${(publicationCount += 1)}`
  expect((await newsroom.publish(id, manuscript({ title, ...more }))).ok).toBe(true)
  await until('every format has the title', async () => {
    const texts = await Promise.all(PATHS.map(async ({ path }) => (await get(path)).text))
    return texts.every((text) => text.includes(title))
  })
}

/** Returns the current entity-tags by path. */
async function readEtags(): Promise<Map<string, string>> {
  return new Map(
    await Promise.all(PATHS.map(async ({ path }) => [path, getEtag(await get(path))] as const)),
  )
}

beforeAll(async () => {
  newsroom = await openFaultyNewsroom({ NO_DELTA_AGENTS: 'Mirror/ HistoryBot' })
  for (let index = 0; index < 5; index += 1) await newsroom.publish(`old-${index}`, manuscript())
  await newsroom.waitForOutbox()
  for (const { path } of PATHS) expect((await get(path)).status).toBe(200)
})
afterAll(async () => await newsroom.close())

describe('a delta', () => {
  let before: Map<string, string>
  let id: string

  beforeAll(async () => {
    before = await readEtags()
    id = `news-${(publicationCount += 1)}`
    await publish(id)
  })

  it('D-01, D-11: a reader with an older edition gets 226 and a complete feed of the new entries', async () => {
    for (const { name, path } of PATHS) {
      const response = await get(path, FEED, formatIfNoneMatch(before.get(path) ?? ''))
      expect(response.status).toBe(226)
      expect(PARSE_IDS[name](response.text)).toEqual([formatEntryId(id)])
      const full = await get(path)
      expect(response.header('Content-Type')).toBe(full.header('Content-Type'))
      expect(response.header('Link')).toBe(full.header('Link'))
      if (name === 'json') {
        const { items: _, ...metadata } = JSON.parse(response.text)
        const { items: __, ...rest } = JSON.parse(full.text)
        expect(metadata).toEqual(rest)
      }
    }
  })

  it('D-01, D-02, D-19: a delta is sent only if A-IM lists feed with a weight above 0', async () => {
    const [path, etag] = ['/rss.xml', before.get('/rss.xml') ?? '']
    for (const value of ['FEED', 'feed;q=0.2', 'vcdiff, feed']) {
      expect((await get(path, ['A-IM', value], formatIfNoneMatch(etag))).status, value).toBe(226)
    }
    for (const value of ['feed;q=0', 'vcdiff, gzip', 'identity', '', 'feeds']) {
      const response = await get(path, ['A-IM', value], formatIfNoneMatch(etag))
      expect(response.status, value).toBe(200)
      expect(response.header('IM')).toBeUndefined()
    }
    expect((await get(path, formatIfNoneMatch(etag))).status).toBe(200)
  })

  it('D-03, D-04, D-05, D-13: a request without the entity-tag of an earlier edition gets the full document', async () => {
    for (const headers of [
      [],
      [formatIfNoneMatch('W/"unknown"')],
      [formatIfNoneMatch('"')],
      [formatIfNoneMatch('x')],
      [['If-Modified-Since', 'Sat, 01 Jan 2000 00:00:00 GMT'] as const],
    ]) {
      const response = await get('/atom.xml', FEED, ...headers)
      expect(response.status).toBe(200)
      expect(PARSE_IDS.atom(response.text)).toContain(formatEntryId('old-0'))
    }
    const foreign = await get('/atom.xml', FEED, formatIfNoneMatch(before.get('/rss.xml') ?? ''))
    expect(foreign.status, 'the tag of another format').toBe(200)
  })

  it('D-06: a request with the current entity-tag gets 304, even if it also has an older one', async () => {
    const current = getEtag(await get('/rss.xml'))
    for (const tags of [current, `${before.get('/rss.xml')}, ${current}`, '*']) {
      const response = await get('/rss.xml', FEED, formatIfNoneMatch(tags))
      expect(response.status).toBe(304)
      expect(response.header('IM')).toBeUndefined()
      expect(response.body).toHaveLength(0)
    }
  })

  it('D-07, D-08, D-23: a delta has IM: feed and the validators of the full document', async () => {
    const response = await get('/rss.xml', FEED, formatIfNoneMatch(before.get('/rss.xml') ?? ''))
    const full = await get('/rss.xml')
    expect(response.header('IM')).toBe('feed')
    expect(getEtag(response)).toBe(getEtag(full))
    expect(response.header('Last-Modified')).toBe(full.header('Last-Modified'))
    expect(full.header('IM')).toBeUndefined()
  })

  it('D-10: a weak or a strong entity-tag can name the base of a delta', async () => {
    const strong = (before.get('/rss.xml') ?? '').replace('W/', '')
    expect((await get('/rss.xml', FEED, formatIfNoneMatch(strong))).status).toBe(226)
  })

  it('D-15, D-16, D-17: no cache can confuse a delta with the full document, which does not vary on A-IM', async () => {
    const response = await get('/rss.xml', FEED, formatIfNoneMatch(before.get('/rss.xml') ?? ''))
    expect(response.header('Cache-Control')).toBe('no-store, must-understand, im')
    const varies = (response.header('Vary') ?? '').split(', ')
    for (const name of ['A-IM', 'If-None-Match', 'Accept-Encoding']) expect(varies).toContain(name)
    const full = await get('/rss.xml', FEED)
    expect(full.header('Vary')).toBe('Sec-Fetch-Dest, Accept-Encoding')
    expect(full.header('Cache-Control')).toBe('public, max-age=300')
  })

  it('D-16: a delta of /feed also varies on Accept, and has the fixed address in Content-Location', async () => {
    const etag = formatIfNoneMatch(before.get('/atom.xml') ?? '')
    const response = await get('/feed', ['Accept', 'application/atom+xml'], FEED, etag)
    expect(response.status).toBe(226)
    expect((response.header('Vary') ?? '').split(', ')).toContain('Accept')
    expect(response.header('Content-Location')).toBe(`${SETTINGS.SITE_URL}/atom.xml`)
  })

  it('D-20: HEAD gets the headers of the full document, or 304', async () => {
    const head = await request(
      'HEAD',
      '/rss.xml',
      FEED,
      formatIfNoneMatch(before.get('/rss.xml') ?? ''),
    )
    expect(head.status).toBe(200)
    expect(head.header('IM')).toBeUndefined()
    expect((await request('HEAD', '/rss.xml', FEED, formatIfNoneMatch(getEtag(head)))).status).toBe(
      304,
    )
  })

  it('D-24: a client that NO_DELTA_AGENTS lists gets the full document', async () => {
    const etag = formatIfNoneMatch(before.get('/rss.xml') ?? '')
    for (const [agent, status] of [
      ['Mirror/2.1', 200],
      ['Mozilla/5.0 (compatible; historybot)', 200],
      ['newsboat/2.21.0', 226],
      ['', 226],
    ] as const) {
      const response = await get('/rss.xml', FEED, etag, ['User-Agent', agent])
      expect(response.status, agent).toBe(status)
    }
  })

  it('D-25: a delta is compressed if the client accepts that', async () => {
    const etag = formatIfNoneMatch(before.get('/atom.xml') ?? '')
    const plain = await get('/atom.xml', FEED, etag)
    const coded = await get('/atom.xml', FEED, etag, ['Accept-Encoding', 'gzip'])
    expect(coded.status).toBe(226)
    expect(coded.header('Content-Encoding')).toBe('gzip')
    expect(gunzipSync(coded.body).toString()).toBe(plain.text)
    expect(coded.body.length).toBeLessThan(plain.body.length)
  })

  it('D-14: a delta has less than half the bytes of the full document', async () => {
    for (const { path } of PATHS) {
      const delta = await get(path, FEED, formatIfNoneMatch(before.get(path) ?? ''))
      expect(delta.body.length, path).toBeLessThan((await get(path)).body.length / 2)
    }
  })

  it('D-25: a delta needs neither desk nor renderer', async () => {
    await newsroom.faults({})
    for (let round = 0; round < 3; round += 1)
      expect(
        (await get('/rss.xml', FEED, formatIfNoneMatch(before.get('/rss.xml') ?? ''))).status,
      ).toBe(226)
    expect(await newsroom.counts()).toMatchObject({ desk: 0, renders: 0 })
  })
})

describe('a delta of several changes', () => {
  let before: Map<string, string>
  let id: string

  beforeEach(async () => {
    before = await readEtags()
    id = `news-${(publicationCount += 1)}`
    await publish(id)
  })

  it('D-11: a delta has new and changed entries, each once', async () => {
    for (const { name, path } of PATHS) {
      await publish('old-3')
      const response = await get(path, FEED, formatIfNoneMatch(before.get(path) ?? ''))
      expect(PARSE_IDS[name](response.text).sort()).toEqual(
        [formatEntryId(id), formatEntryId('old-3')].sort(),
      )
    }
  })

  it('D-09: Delta-Base names the edition that was the base: the newest of those that the client sent', async () => {
    const between = await readEtags()
    await publish('old-1')
    const [older, newer] = [before.get('/rss.xml') ?? '', between.get('/rss.xml') ?? '']
    const one = await get('/rss.xml', FEED, formatIfNoneMatch(older))
    expect(one.header('Delta-Base')).toBe(older)
    const both = await get('/rss.xml', FEED, formatIfNoneMatch(`${older}, "x", ${newer}`))
    expect(both.header('Delta-Base')).toBe(newer)
    expect(PARSE_IDS.rss(both.text)).toEqual([formatEntryId('old-1')])
  })
})

describe('a delta after a withdrawal', () => {
  it('D-12: a delta of Atom has a tombstone, and RSS and JSON Feed send the full document', async () => {
    await publish('withdrawn-story')
    const before = await readEtags()
    await newsroom.withdraw('withdrawn-story')
    await until('no format lists the article', async () => {
      const texts = await Promise.all(PATHS.map(async ({ path }) => (await get(path)).text))
      return texts.every(
        (text) =>
          !text.includes('/articles/withdrawn-story"') || text.includes('Withdrawn article'),
      )
    })
    for (const { name, path } of PATHS) {
      const response = await get(path, FEED, formatIfNoneMatch(before.get(path) ?? ''))
      expect(response.status, path).toBe(name === 'atom' ? 226 : 200)
      if (name !== 'atom') continue
      const deleted = listChildren(parseRoot(response.text), 'at:deleted-entry')
      expect(deleted.map(({ attributes }) => attributes['ref'])).toEqual([
        formatEntryId('withdrawn-story'),
      ])
    }
  })

  it('D-12: if an article only left the channel, the full document is sent', async () => {
    await publish('moving', { section: 'harbour' })
    await publish('staying', { section: 'harbour' })
    const path = '/sections/harbour/atom.xml'
    const first = await get(path)
    expect(first.status).toBe(200)
    await newsroom.publish('moving', manuscript({ section: 'elsewhere' }))
    await until(
      'the article has left the feed',
      async () => PARSE_IDS.atom((await get(path)).text).length === 1,
    )
    expect((await get(path, FEED, formatIfNoneMatch(getEtag(first)))).status).toBe(200)
  })
})

describe('a delta after a change of settings', () => {
  it('D-22: after a change of settings the full document is sent, because the same entries have other bytes', async () => {
    const before = await readEtags()
    await newsroom.restart({ SITE_URL: 'https://www.news.example' })
    await newsroom.api('/api/wake', { method: 'POST' })
    await until('the feed has the new host', async () =>
      (await get('/rss.xml')).text.includes('https://www.news.example'),
    )
    expect(
      (await get('/rss.xml', FEED, formatIfNoneMatch(before.get('/rss.xml') ?? ''))).status,
    ).toBe(200)
  })
})
