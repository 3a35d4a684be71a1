/**
 * Documents for crawlers, aggregators and people (rules S): sitemaps, robots.txt, OPML,
 * security.txt.
 */
import type { XmlElement } from '@rgrove/parse-xml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exchange } from '../support/exchange.ts'
import {
  type FaultyNewsroom,
  manuscript,
  type Newsroom,
  openFaultyNewsroom,
  openNewsroom,
  SETTINGS,
} from '../support/newsroom.ts'
import { until } from '../support/until.ts'
import { getOnlyChild, getText, listChildren, listElements, parseRoot } from '../support/xml.ts'

const SITEMAP = 'http://www.sitemaps.org/schemas/sitemap/0.9'
const NEWS = 'http://www.google.com/schemas/sitemap-news/0.9'
const W3C_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/
const RFC_822 = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/
const TWO_DAYS = 48 * 3600

const formatAgo = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString()
const getMonth = (time: string): string => time.slice(0, 7)

/** The tests compare these times with those in the documents. */
const RECENT = formatAgo(3600)
const RECENT_UPDATED = formatAgo(1800)
const OTHER_PAGE_OF_SITE = 'https://news.example/2026/world/a?b=1&c=2'

const STORIES: Record<string, Record<string, unknown>> = {
  recent: { title: 'AT&T <b>wins</b>', published: RECENT, updated: RECENT_UPDATED },
  arabic: { title: 'خبر', language: 'ar-EG', tags: ['فضاء'], section: 'العالم' },
  chinese: { title: '新聞', language: 'zh-Hant' },
  urdu: { title: 'خبر', language: 'ur', tags: ['خلا'] },
  'other-page': { title: 'On another page of the site', canonical: OTHER_PAGE_OF_SITE },
  'other-host': { title: 'On another host', canonical: 'https://www.news.example/2026/b' },
  fragment: { title: 'A part of a page', canonical: 'https://news.example/2026/c#d' },
  old: { title: 'Old', published: '2016-03-31T23:59:59Z', updated: '2016-04-02T00:00:00Z' },
  'too-old': { title: 'Two days and a minute', published: formatAgo(TWO_DAYS + 60) },
  withdrawn: { title: 'Withdrawn headline', published: '2017-05-05T05:05:05Z', tags: ['lost'] },
  embargoed: { title: 'Not yet', published: '2999-01-01T00:00:00Z', tags: ['secret'] },
}

let newsroom: Newsroom

beforeAll(async () => {
  newsroom = await openNewsroom({ TITLE: 'Test Desk (beta)', CONTACT: 'o+sec@news.example' })
  for (const [id, story] of Object.entries(STORIES))
    expect((await newsroom.publish(id, manuscript(story))).status, id).toBe(201)
  expect((await newsroom.withdraw('withdrawn')).ok).toBe(true)
  await newsroom.waitForOutbox()
})
afterAll(async () => await newsroom?.close())

async function read(path: string, room: Newsroom = newsroom) {
  const response = await room.get(path)
  const text = await response.text()
  return { response, text, type: response.headers.get('Content-Type') }
}
const readXml = async (path: string, room?: Newsroom): Promise<XmlElement> =>
  parseRoot((await read(path, room)).text)
const listLocations = (root: XmlElement): string[] =>
  listElements(root)
    .filter(({ name }) => name === 'loc')
    .map(({ text }) => text)
const getPath = (address: string): string => new URL(address).pathname
const listMonthlySitemaps = async (room?: Newsroom): Promise<string[]> =>
  listLocations(await readXml('/sitemap.xml', room))
/** Returns the entry of every page in the monthly sitemaps, by address. */
async function listPages(room?: Newsroom): Promise<Map<string, XmlElement>> {
  const pages = new Map<string, XmlElement>()
  for (const sitemap of await listMonthlySitemaps(room))
    for (const url of listChildren(await readXml(getPath(sitemap), room), 'url'))
      pages.set(getText(url, 'loc'), url)
  return pages
}
const formatArticleUrl = (id: string): string => `${SETTINGS.SITE_URL}/articles/${id}`

describe('the sitemaps', () => {
  it('S-01: index, monthly sitemaps and news sitemap are XML in UTF-8, in the namespace of sitemaps', async () => {
    for (const path of [
      '/sitemap.xml',
      '/news-sitemap.xml',
      ...(await listMonthlySitemaps()).map(getPath),
    ]) {
      const { response, text, type } = await read(path)
      expect(response.status, path).toBe(200)
      expect(type).toBe('application/xml; charset=utf-8')
      const root = parseRoot(text)
      expect(root.name).toBe(path === '/sitemap.xml' ? 'sitemapindex' : 'urlset')
      expect(root.attributes['xmlns']).toBe(SITEMAP)
    }
  })

  it('S-02: no monthly sitemap has more than 50,000 pages or 50 MB', async () => {
    for (const sitemap of await listMonthlySitemaps()) {
      const { text } = await read(getPath(sitemap))
      expect(listLocations(parseRoot(text)).length).toBeLessThanOrEqual(50_000)
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(52_428_800)
    }
  })

  it('S-03: every listed address is absolute, escaped, short and on the host of the site', async () => {
    const pages = [...(await listPages()).keys()]
    expect(pages).toContain(OTHER_PAGE_OF_SITE)
    for (const page of pages) {
      expect(new URL(page).href).toBe(page)
      expect(new URL(page).origin).toBe(SETTINGS.SITE_URL)
      expect(page.length).toBeLessThan(2048)
    }
    expect(pages).not.toContain('https://www.news.example/2026/b')
    expect(pages.filter((page) => page.includes('#') || page.endsWith('/c'))).toEqual([])
  })

  it('S-04: every listed page returns 200 and is canonical, and hidden pages are not listed', async () => {
    const pages = [...(await listPages()).keys()]
    const served = pages.filter((page) => getPath(page).startsWith('/articles/'))
    expect(served.sort()).toEqual(
      ['arabic', 'chinese', 'old', 'recent', 'too-old', 'urdu'].map(formatArticleUrl),
    )
    for (const page of served) {
      const { response, text } = await read(page)
      expect(response.status, page).toBe(200)
      expect(/<link rel="canonical" href="([^"]*)"/.exec(text)?.[1]).toBe(page)
      expect(text).not.toContain('noindex')
    }
  })

  it('S-05: lastmod is the time of the last substantial change, as on the page', async () => {
    for (const [page, url] of await listPages()) {
      expect(getText(url, 'lastmod')).toMatch(W3C_TIME)
      if (!getPath(page).startsWith('/articles/')) continue
      const { text } = await read(page)
      expect(text).toContain(`"dateModified":"${getText(url, 'lastmod')}"`)
    }
    const recent = (await listPages()).get(formatArticleUrl('recent'))
    expect(recent && getText(recent, 'lastmod')).toBe(`${RECENT_UPDATED.slice(0, 19)}Z`)
  })

  it('S-05: correcting a typo does not change lastmod', async () => {
    const path = `/sitemaps/${getMonth(RECENT)}.xml`
    const before = (await read(path)).text
    await newsroom.publish('recent', manuscript({ title: 'AT&T <b>wins</b> again' }))
    await newsroom.waitForOutbox()
    expect((await read(path)).text).toBe(before)
    await newsroom.publish('recent', manuscript({ title: 'AT&T <b>wins</b>' }))
    await newsroom.waitForOutbox()
  })

  it('S-06: no entry has changefreq or priority', async () => {
    for (const url of (await listPages()).values())
      expect(listChildren(url).map(({ name }) => name)).toEqual(['loc', 'lastmod'])
  })

  it('S-07: the index lists one file for each month with articles, newest first', async () => {
    const months = new Set(
      [RECENT, formatAgo(0), STORIES['too-old']?.['published'] as string]
        .map(getMonth)
        .sort()
        .reverse(),
    )
    expect(await listMonthlySitemaps()).toEqual(
      [...months, '2016-03'].map((month) => `${SETTINGS.SITE_URL}/sitemaps/${month}.xml`),
    )
    const old = await readXml('/sitemaps/2016-03.xml')
    expect(listLocations(old)).toEqual([formatArticleUrl('old')])
  })

  it('S-07: a month without articles and an invalid month return 404', async () => {
    for (const name of [
      '2016-04',
      '2017-05',
      '2016-03-2',
      '2016-03-1',
      '2016-13',
      '0999-01',
      '2016',
    ])
      expect((await newsroom.get(`/sitemaps/${name}.xml`)).status, name).toBe(404)
  })

  it('S-08: the sitemap of a past month keeps its bytes and validators when newer articles are published', async () => {
    const before = await read('/sitemaps/2016-03.xml')
    await newsroom.publish('later', manuscript())
    await newsroom.waitForOutbox()
    const etag = before.response.headers.get('ETag') ?? ''
    const after = await newsroom.get('/sitemaps/2016-03.xml', {
      headers: { 'If-None-Match': etag },
    })
    expect(after.status).toBe(304)
    expect(after.headers.get('Last-Modified')).toBe(before.response.headers.get('Last-Modified'))
    await newsroom.withdraw('later')
    await newsroom.waitForOutbox()
  })

  it('S-17, T-06: a new article is listed once the outbox is empty, and a withdrawn article is listed nowhere', async () => {
    const readAll = async (): Promise<string> => {
      const paths = [
        '/sitemap.xml',
        '/news-sitemap.xml',
        '/feeds',
        '/feeds.opml',
        ...(await listMonthlySitemaps()).map(getPath),
      ]
      return (await Promise.all(paths.map(async (path) => (await read(path)).text))).join('\n')
    }
    await readAll()
    await newsroom.publish('soon-withdrawn', manuscript({ tags: ['briefly'] }))
    await newsroom.waitForOutbox()
    expect(listLocations(await readXml('/news-sitemap.xml'))[0]).toBe(
      formatArticleUrl('soon-withdrawn'),
    )
    expect((await listPages()).has(formatArticleUrl('soon-withdrawn'))).toBe(true)
    expect(await readAll()).toContain('/tags/briefly')
    await newsroom.withdraw('soon-withdrawn')
    await newsroom.waitForOutbox()
    expect(await readAll()).not.toMatch(/soon-withdrawn|briefly/)
  })

  it('T-16: neither sitemaps nor lists of feeds name an embargoed article or its channels', async () => {
    for (const path of [
      '/sitemap.xml',
      '/news-sitemap.xml',
      '/feeds',
      '/feeds.opml',
      ...(await listMonthlySitemaps()).map(getPath),
    ])
      expect((await read(path)).text, path).not.toMatch(/embargoed|Not yet|secret|2999/)
    expect((await newsroom.get('/sitemaps/2999-01.xml')).status).toBe(404)
  })
})

describe('the news sitemap', () => {
  const listNewsEntries = async (room?: Newsroom) =>
    listChildren(await readXml('/news-sitemap.xml', room), 'url')
  const findEntry = async (id: string): Promise<XmlElement> => {
    const found = (await listNewsEntries()).find(
      (url) => getText(url, 'loc') === formatArticleUrl(id),
    )
    if (!found) throw new Error(`${id} is not in the news sitemap`)
    return getOnlyChild(found, 'news:news')
  }

  it('S-09: the news sitemap lists an article for two days and then removes it', async () => {
    await newsroom.publish('almost', manuscript({ published: formatAgo(TWO_DAYS - 60) }))
    await newsroom.waitForOutbox()
    const pages = listLocations(await readXml('/news-sitemap.xml'))
    expect(pages).toContain(formatArticleUrl('almost'))
    expect(pages).not.toContain(formatArticleUrl('too-old'))
    expect(pages).not.toContain(formatArticleUrl('old'))
    await newsroom.publish('aging', manuscript({ published: formatAgo(TWO_DAYS - 4) }))
    await newsroom.waitForOutbox()
    expect(listLocations(await readXml('/news-sitemap.xml'))).toContain(formatArticleUrl('aging'))
    await until(
      'the article has left the news sitemap',
      async () =>
        !listLocations(await readXml('/news-sitemap.xml')).includes(formatArticleUrl('aging')),
    )
    expect((await listPages()).has(formatArticleUrl('aging'))).toBe(true)
    for (const id of ['almost', 'aging']) await newsroom.withdraw(id)
    await newsroom.waitForOutbox()
  })

  it('S-10: the news sitemap has at most 1,000 articles, newest first', async () => {
    const times = (await listNewsEntries()).map((url) =>
      getText(getOnlyChild(url, 'news:news'), 'news:publication_date'),
    )
    expect(times.length).toBeLessThanOrEqual(1000)
    expect(times).toEqual([...times].sort().reverse())
  })

  it('S-11: each entry has publication, name, language, date and title in Google’s namespace', async () => {
    const root = await readXml('/news-sitemap.xml')
    expect(root.attributes['xmlns:news']).toBe(NEWS)
    for (const url of listChildren(root, 'url')) {
      expect(listChildren(url).map(({ name }) => name)).toEqual(['loc', 'news:news'])
      const news = getOnlyChild(url, 'news:news')
      expect(listChildren(news).map(({ name }) => name)).toEqual([
        'news:publication',
        'news:publication_date',
        'news:title',
      ])
      expect(listChildren(getOnlyChild(news, 'news:publication')).map(({ name }) => name)).toEqual([
        'news:name',
        'news:language',
      ])
    }
  })

  it('S-12: the publication name has no parentheses, and each article has its language code (ISO 639, or zh-tw)', async () => {
    for (const [id, language] of [
      ['recent', 'en'],
      ['arabic', 'ar'],
      ['urdu', 'ur'],
      ['chinese', 'zh-tw'],
    ] as const) {
      const publication = getOnlyChild(await findEntry(id), 'news:publication')
      expect(getText(publication, 'news:name')).toBe('Test Desk')
      expect(getText(publication, 'news:language')).toBe(language)
    }
  })

  it('S-13, S-14: the date is the publication date, not that of an update, and the title is the headline', async () => {
    const entry = await findEntry('recent')
    expect(getText(entry, 'news:publication_date')).toBe(`${RECENT.slice(0, 19)}Z`)
    expect(getText(entry, 'news:title')).toBe('AT&T <b>wins</b>')
  })

  it('S-15: without articles, the news sitemap and the index of sitemaps are empty', async () => {
    const empty = await openNewsroom()
    try {
      const { response, text } = await read('/news-sitemap.xml', empty)
      expect(response.status).toBe(200)
      expect(listChildren(parseRoot(text))).toEqual([])
      expect(await listMonthlySitemaps(empty)).toEqual([])
      const opml = await readXml('/feeds.opml', empty)
      expect(listChildren(getOnlyChild(opml, 'body'), 'outline')).toHaveLength(2)
      expect((await read('/feeds', empty)).response.status).toBe(200)
    } finally {
      await empty.close()
    }
  })

  it('S-16: sitemaps and lists of feeds have fixed addresses, and support conditional requests and HEAD', async () => {
    for (const [path, seconds] of [
      ['/news-sitemap.xml', 300],
      ['/sitemap.xml', 300],
      ['/feeds.opml', 300],
      ['/feeds', 60],
    ] as const) {
      const { response } = await read(path)
      const etag = response.headers.get('ETag') ?? ''
      expect(etag).toMatch(/^W\/"/)
      expect(response.headers.get('Last-Modified')).toMatch(RFC_822)
      expect(response.headers.get('Cache-Control')).toBe(`public, max-age=${seconds}`)
      const unchanged = await newsroom.get(path, { headers: { 'If-None-Match': etag } })
      expect([unchanged.status, await unchanged.text()]).toEqual([304, ''])
      const head = await newsroom.get(path, { method: 'HEAD' })
      expect([head.status, head.headers.get('ETag'), await head.text()]).toEqual([200, etag, ''])
    }
  })

  it('S-18: sitemaps list no pictures, so they have no deprecated elements', async () => {
    for (const path of ['/news-sitemap.xml', ...(await listMonthlySitemaps()).map(getPath)])
      expect((await read(path)).text).not.toContain('image:')
  })
})

describe('robots.txt', () => {
  const requestRobots = async (host: string, room: Newsroom = newsroom) =>
    await exchange(room.url, { path: '/robots.txt', headers: [['Host', host]] })
  const splitLines = (text: string): string[] => text.split('\n').filter((line) => line !== '')

  /**
   * Returns whether a crawler may read the path. The longest matching rule decides, and Allow wins
   * a tie (RFC 9309 section 2.2.2). Our rules have no wildcards.
   */
  function isAllowed(text: string, path: string): boolean {
    const rules = splitLines(text).flatMap((line) => {
      const [, kind, prefix] = /^(Allow|Disallow): (.*)$/.exec(line) ?? []
      return kind !== undefined && prefix !== undefined && path.startsWith(prefix)
        ? [{ allow: kind === 'Allow', length: prefix.length }]
        : []
    })
    const longest = Math.max(0, ...rules.map(({ length }) => length))
    const decisive = rules.filter(({ length }) => length === longest)
    return decisive.length === 0 || decisive.some(({ allow }) => allow)
  }

  it('S-19: robots.txt is short plain text in UTF-8 on both hosts', async () => {
    for (const host of ['news.example', 'nws.example']) {
      const response = await requestRobots(host)
      expect(response.status).toBe(200)
      expect(response.header('Content-Type')).toBe('text/plain; charset=utf-8')
      expect(response.body.length).toBeLessThan(500 * 1024)
      expect(response.header('X-Robots-Tag')).toBeUndefined()
    }
  })

  it('S-20: robots.txt has one well-formed group for all agents', async () => {
    const { text } = await requestRobots('news.example')
    expect(splitLines(text)[0]).toBe('User-agent: *')
    for (const line of splitLines(text))
      expect(line).toMatch(/^(?:User-agent: \*|(?:Allow|Disallow): \/\S*|Sitemap: https:\S+)$/)
    expect(splitLines(text).filter((line) => line.startsWith('User-agent'))).toHaveLength(1)
  })

  it('S-21: robots.txt names both sitemaps by absolute addresses that exist', async () => {
    const { text } = await requestRobots('nws.example')
    const sitemaps = splitLines(text).flatMap((line) => /^Sitemap: (.*)$/.exec(line)?.[1] ?? [])
    expect(sitemaps).toEqual([
      `${SETTINGS.SITE_URL}/sitemap.xml`,
      `${SETTINGS.SITE_URL}/news-sitemap.xml`,
    ])
    for (const sitemap of sitemaps) expect((await newsroom.get(sitemap)).status).toBe(200)
  })

  it('S-21: robots.txt does not name the news sitemap while it lists no article', async () => {
    const empty = await openNewsroom()
    try {
      const before = await requestRobots('news.example', empty)
      expect(before.text).toContain(`Sitemap: ${SETTINGS.SITE_URL}/sitemap.xml`)
      expect(before.text).not.toContain('news-sitemap')
      expect(before.header('Cache-Control')).toBe('public, max-age=300')
      await empty.publish('first', { title: 'First', body: 'Text' })
      await until('robots.txt names the news sitemap', async () =>
        (await requestRobots('news.example', empty)).text.includes('/news-sitemap.xml'),
      )
    } finally {
      await empty.close()
    }
  })

  it('S-22: robots.txt is available when desk and KV fail, and when settings are invalid', async () => {
    const faulty: FaultyNewsroom = await openFaultyNewsroom()
    try {
      await faulty.faults({ deskDown: true, failReads: [''] })
      expect((await faulty.get('/sitemap.xml')).status).toBe(503)
      expect((await requestRobots('news.example', faulty)).text).toBe(
        (await requestRobots('news.example')).text,
      )
    } finally {
      await faulty.close()
    }
    const broken = await openNewsroom({ FEED_LENGTH: 'many' })
    try {
      expect((await broken.get('/rss.xml')).status).toBe(503)
      expect((await broken.get('/robots.txt', { method: 'POST' })).status).toBe(503)
      const response = await requestRobots('news.example', broken)
      expect(response.status).toBe(200)
      expect(isAllowed(response.text, '/rss.xml')).toBe(true)
    } finally {
      await broken.close()
    }
  })

  it('S-23, S-24: all agents may read feeds, short links, pages and pictures', async () => {
    const { text } = await requestRobots('news.example')
    for (const path of [
      '/',
      '/rss.xml',
      '/tags/space/feed.json',
      '/mheng',
      '/articles/recent',
      '/media/a.jpg',
      '/feeds.opml',
      '/sitemap.xml',
      '/api/openapi.json',
    ])
      expect(isAllowed(text, path), path).toBe(true)
    expect(isAllowed(text, '/api/articles')).toBe(false)
  })

  it('S-25: on other hosts nothing may be crawled or indexed', async () => {
    for (const host of ['preview.workers.example', 'news.example:8080', 'localhost']) {
      const response = await requestRobots(host)
      expect(splitLines(response.text)).toEqual(['User-agent: *', 'Disallow: /'])
      expect(response.header('X-Robots-Tag')).toBe('noindex')
      for (const path of ['/', '/rss.xml', '/feeds', '/articles/recent', '/nobody9']) {
        const headers = [['Host', host]] as const
        const elsewhere = await exchange(newsroom.url, { path, headers })
        expect(elsewhere.header('X-Robots-Tag'), path).toBe('noindex')
        const onSite = await exchange(newsroom.url, { path, headers: [['Host', 'news.example']] })
        expect(onSite.header('X-Robots-Tag'), path).toBeUndefined()
        expect(onSite.text).toBe(elsewhere.text)
      }
    }
  })
})

describe('the subscription list', () => {
  const readOpml = async () => await readXml('/feeds.opml')
  const listOutlines = async () =>
    listElements(getOnlyChild(await readOpml(), 'body')).filter(({ name }) => name === 'outline')
  const listSubscriptions = async () =>
    (await listOutlines()).filter(({ attributes }) => attributes['type'] !== undefined)

  it('S-26: the list is OPML 2.0 with one head, one body and outlines', async () => {
    const root = await readOpml()
    expect([root.name, root.attributes['version']]).toEqual(['opml', '2.0'])
    expect(listChildren(root).map(({ name }) => name)).toEqual(['head', 'body'])
    expect(getText(getOnlyChild(root, 'head'), 'title')).toBe('Test Desk (beta)')
    expect((await listOutlines()).length).toBeGreaterThan(10)
  })

  it('S-27: every outline has text and title, and every feed has its address', async () => {
    for (const { attributes } of await listOutlines()) {
      expect(attributes['text']).toBeTruthy()
      expect(attributes['title']).toBeTruthy()
    }
    for (const { attributes } of await listSubscriptions()) {
      expect(attributes['type']).toBe('rss')
      expect(attributes['xmlUrl']).toMatch(/^https:\/\/news\.example\/\S*rss\.xml$/)
    }
  })

  it('S-28: every feed has a description, a language, a version and a page that exists', async () => {
    for (const { attributes } of await listSubscriptions()) {
      expect(attributes['version']).toBe('RSS2')
      expect(attributes['description']).toBe(SETTINGS.DESCRIPTION)
      expect((await newsroom.get(attributes['htmlUrl'] ?? '')).status).toBe(200)
    }
    const language = async (text: string) =>
      (await listSubscriptions()).find(({ attributes }) => attributes['text'] === text)?.attributes[
        'language'
      ]
    expect(await language('فضاء')).toBe('ar-EG')
    expect(await language('خلا')).toBe('ur')
    expect(await language('Test Desk (beta)')).toBe('en')
  })

  it('S-29: dateModified is an RFC 822 date and equals Last-Modified', async () => {
    const { response, text } = await read('/feeds.opml')
    const date = getText(getOnlyChild(parseRoot(text), 'head'), 'dateModified')
    expect(date).toMatch(RFC_822)
    expect(date).toBe(response.headers.get('Last-Modified'))
  })

  it('S-30: the list has the media type of OPML and a file name', async () => {
    const { response, type } = await read('/feeds.opml')
    expect(type).toBe('text/x-opml; charset=utf-8')
    expect(response.headers.get('Content-Disposition')).toBe('inline; filename="feeds.opml"')
  })

  it('S-31: every listed feed returns 200, and channels are grouped by kind', async () => {
    const addresses = (await listSubscriptions()).map(
      ({ attributes }) => attributes['xmlUrl'] ?? '',
    )
    expect(new Set(addresses).size).toBe(addresses.length)
    for (const address of addresses) {
      const { response, text } = await read(address)
      expect(response.status, address).toBe(200)
      const self = listChildren(getOnlyChild(parseRoot(text), 'channel'), 'atom:link').find(
        ({ attributes }) => attributes['rel'] === 'self',
      )
      expect(self?.attributes['href']).toBe(address)
    }
    const top = listChildren(getOnlyChild(await readOpml(), 'body'), 'outline')
    expect(top.map(({ attributes }) => attributes['text'])).toEqual([
      'Test Desk (beta)',
      'Corrections',
      'Sections',
      'Tags',
      'Authors',
      'Places',
      'Languages',
    ])
    expect(listChildren(top[2] as XmlElement).map(({ attributes }) => attributes['text'])).toEqual([
      'pakistan',
      'العالم',
    ])
  })

  it('S-31: /feeds lists the same channels, each with its page and its three feeds', async () => {
    const { text } = await read('/feeds')
    const hrefs = new Set([...text.matchAll(/ href="([^"]*)"/g)].map(([, href = '']) => href))
    for (const { attributes } of await listSubscriptions()) {
      const folder = getPath(attributes['htmlUrl'] ?? '')
      expect(hrefs).toContain(folder)
      for (const file of ['rss.xml', 'atom.xml', 'feed.json'])
        expect(hrefs).toContain(`${SETTINGS.SITE_URL}${folder.replace(/\/$/, '')}/${file}`)
    }
    expect(text).not.toContain('/tags/lost')
    expect(text).toContain('<section class="extensions" id="tombstones">')
    expect(text).toContain('_tombstones')
    expect((await read('/')).text).toContain('href="/feeds"')
  })
})

describe('/.well-known/', () => {
  const parseFields = (text: string): Map<string, string> =>
    new Map(
      text
        .trimEnd()
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
    )

  it('S-33: security.txt has contact, languages and canonical address, and expires within a year', async () => {
    const { response, text, type } = await read('/.well-known/security.txt')
    expect([response.status, type]).toEqual([200, 'text/plain; charset=utf-8'])
    const values = parseFields(text)
    expect([...values.keys()]).toEqual(['Contact', 'Expires', 'Preferred-Languages', 'Canonical'])
    expect(values.get('Contact')).toBe('mailto:o%2Bsec@news.example')
    expect(values.get('Preferred-Languages')).toBe('en')
    expect(values.get('Canonical')).toBe(`${SETTINGS.SITE_URL}/.well-known/security.txt`)
    expect(values.get('Expires')).toMatch(W3C_TIME)
    const days = (Date.parse(values.get('Expires') ?? '') - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(31)
    expect(days).toBeLessThan(366)
  })

  it('S-33: if CONTACT is not set, security.txt returns 404, as other names always do', async () => {
    for (const name of ['nothing', 'security', 'security.txt/x', 'host-meta', ''])
      expect((await newsroom.get(`/.well-known/${name}`)).status, name).toBe(404)
    const withoutContact = await openNewsroom()
    try {
      expect((await withoutContact.get('/.well-known/security.txt')).status).toBe(404)
    } finally {
      await withoutContact.close()
    }
  })
})
