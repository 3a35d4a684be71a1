/**
 * Archive pages (RFC 5005; rules P): the chain in three formats, and a reader that follows the
 * chain while articles are published.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FormatName } from '../../src/feeds/formats.ts'
import { type Exchange, exchange } from '../support/exchange.ts'
import { type ParsedFeed, readHistory } from '../support/history.ts'
import { type Newsroom, openNewsroom, SETTINGS } from '../support/newsroom.ts'
import { getOnlyChild, listChildren, listElements, parseRoot } from '../support/xml.ts'

const SITE = SETTINGS.SITE_URL
const FILES: Readonly<Record<FormatName, string>> = {
  rss: 'rss.xml',
  atom: 'atom.xml',
  json: 'feed.json',
}
const FORMAT_NAMES: readonly FormatName[] = ['rss', 'atom', 'json']
const TYPES: Readonly<Record<FormatName, string>> = {
  rss: 'application/rss+xml; charset=utf-8',
  atom: 'application/atom+xml; charset=utf-8',
  json: 'application/feed+json; charset=utf-8',
}
/**
 * Gives three complete archive pages of the main channel, two of the section and one of the Arabic
 * tag.
 */
const STORY_COUNT = 170
const SECTION = '/sections/science'
const ARABIC = `/tags/${encodeURIComponent('فضاء')}`
const PAGE_COUNTS: readonly (readonly [folder: string, pages: number])[] = [
  ['', 3],
  [SECTION, 2],
  [ARABIC, 1],
]

let newsroom: Newsroom
const get = (path: string, headers: Exchange['lines'] = []): Promise<Exchange> =>
  exchange(newsroom.url, { path, headers })
const formatId = (number: number): string => `s${String(number).padStart(4, '0')}`
const formatEntryId = (number: number): string => `tag:news.example,2026:${formatId(number)}`
const formatArchivePath = (folder: string, page: number | string, name: FormatName): string =>
  `${folder}/archive/${page}/${FILES[name]}`

/**
 * Every third story has the Arabic tag, and all but the first sixty are in the section. Later
 * stories are not always newer: `published` does not follow the order of publishing.
 */
const buildStory = (number: number) => ({
  id: formatId(number),
  title: `Story ${number}`,
  html: `<p>Text ${number}.</p>`,
  ...(number > 60 && { section: 'Science' }),
  ...(number % 3 === 0 && { tags: ['فضاء'] }),
  published: new Date(Date.UTC(2026, 0, 1) - ((number * 37) % 500) * 60_000).toISOString(),
})

async function publish(from: number, to: number): Promise<void> {
  const stories = Array.from({ length: to - from + 1 }, (_, index) => buildStory(from + index))
  const response = await newsroom.api('/api/articles', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-ndjson' },
    body: stories.map((each) => JSON.stringify(each)).join('\n'),
  })
  expect(((await response.json()) as { accepted: number }).accepted).toBe(stories.length)
}

async function readFeed(
  name: FormatName,
  path: string,
): Promise<ParsedFeed & { response: Exchange }> {
  const response = await get(path)
  expect(response.status, path).toBe(200)
  return { ...readHistory(name, response.text), response }
}

/**
 * Returns the targets of the `Link` header by relation. Each relation that these tests use occurs
 * only once.
 */
const parseLinks = (response: Exchange): Record<string, string> =>
  Object.fromEntries(
    [...(response.header('Link') ?? '').matchAll(/<([^>]+)>; rel="([^"]+)"/g)].map(
      ([, url = '', relation = '']) => [relation, url],
    ),
  )

/**
 * Reads all documents, from the subscription document to the oldest archive page. Calls `meanwhile`
 * after each document.
 */
async function readChain(
  name: FormatName,
  folder: string,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<ParsedFeed[]> {
  const visited = new Set<string>()
  const documents: ParsedFeed[] = []
  let next: string | undefined = `${SITE}${folder}/${FILES[name]}`
  while (next !== undefined) {
    expect(visited).not.toContain(next)
    visited.add(next)
    const document: ParsedFeed = await readFeed(name, next.replace(SITE, ''))
    documents.push(document)
    next = document.links['prev-archive']
    await meanwhile()
  }
  return documents
}

beforeAll(async () => {
  newsroom = await openNewsroom()
  await publish(1, STORY_COUNT)
  await newsroom.waitForOutbox()
}, 60_000)
afterAll(async () => await newsroom.close())

describe('the chain of archive pages', () => {
  it('P-01, P-06, J-15: a subscription document links to the newest complete archive page, and the page after it does not exist yet', async () => {
    for (const [folder, pages] of PAGE_COUNTS)
      for (const name of FORMAT_NAMES) {
        const { links } = await readFeed(name, `${folder}/${FILES[name]}`)
        expect(links['prev-archive']).toBe(SITE + formatArchivePath(folder, pages, name))
        expect((await get(formatArchivePath(folder, pages + 1, name))).status).toBe(404)
      }
  })

  it('P-02, P-03, P-04, P-15: each archive page links to its neighbours and to the subscription document (in JSON Feed only to the previous page)', async () => {
    for (const [folder, pages] of PAGE_COUNTS)
      for (const name of FORMAT_NAMES) {
        const url = (page: number): string | undefined =>
          page < 1 || page > pages ? undefined : SITE + formatArchivePath(folder, page, name)
        for (let page = 1; page <= pages; page += 1) {
          const { links } = await readFeed(name, formatArchivePath(folder, page, name))
          expect(links['prev-archive']).toBe(url(page - 1))
          if (name === 'json') continue
          expect(links['next-archive']).toBe(url(page + 1))
          expect(links.current).toBe(`${SITE}${folder}/${FILES[name]}`)
        }
      }
  })

  it('P-05, P-19: an archive page has one empty fh:archive, a subscription document has none, and neither has fh:complete', async () => {
    for (const [folder] of PAGE_COUNTS)
      for (const name of ['rss', 'atom'] as const) {
        const page = await readFeed(name, formatArchivePath(folder, 1, name))
        const current = await readFeed(name, `${folder}/${FILES[name]}`)
        expect([page.isArchive, current.isArchive]).toEqual([true, false])
        expect(current.response.text).not.toContain('syndication/history')
        for (const { response } of [page, current])
          expect(response.text).not.toContain('fh:complete')
      }
  })

  it('P-20, P-24: an archive page has the id and title of its subscription document, but its own self link', async () => {
    for (const [folder] of PAGE_COUNTS)
      for (const name of FORMAT_NAMES) {
        const current = await readFeed(name, `${folder}/${FILES[name]}`)
        const page = await readFeed(name, formatArchivePath(folder, 1, name))
        expect([page.id, page.title]).toEqual([current.id, current.title])
        expect(page.links.self).toBe(SITE + formatArchivePath(folder, 1, name))
        expect(page.response.header('Content-Type')).toBe(TYPES[name])
      }
  })

  it('P-21, A-30: feed links belong to the channel (in RSS as atom:link), never to an item or entry', async () => {
    for (const name of ['rss', 'atom'] as const) {
      const root = parseRoot((await get(formatArchivePath('', 2, name))).text)
      const head = name === 'rss' ? getOnlyChild(root, 'channel') : root
      const isLink = ({ name: each }: { name: string }) => each === 'link' || each === 'atom:link'
      const relations = listChildren(head)
        .filter(isLink)
        .flatMap(({ attributes }) => attributes['rel'] ?? [])
      expect(relations).toEqual(
        expect.arrayContaining(['self', 'prev-archive', 'next-archive', 'current']),
      )
      const inside = listChildren(head, name === 'rss' ? 'item' : 'entry')
        .flatMap(listElements)
        .filter(isLink)
        .flatMap(({ attributes }) => attributes['rel'] ?? [])
      expect(inside.length).toBeGreaterThan(0)
      for (const relation of ['prev-archive', 'next-archive', 'current', 'next', 'self'])
        expect(inside).not.toContain(relation)
    }
  })

  it('P-22, H-64: Link repeats the links of the document, even in a 304, and names the other formats of the same page', async () => {
    for (const name of FORMAT_NAMES)
      for (const path of [
        `${SECTION}/${FILES[name]}`,
        formatArchivePath(SECTION, 1, name),
        formatArchivePath(SECTION, 2, name),
      ]) {
        const { links, response } = await readFeed(name, path)
        const header = parseLinks(response)
        expect(header['self']).toBe(links.self)
        expect(header['prev-archive']).toBe(links['prev-archive'])
        if (name !== 'json') {
          expect(header['next-archive']).toBe(links['next-archive'])
          expect(header['current']).toBe(links.current)
        }
        expect(response.header('Link')).toMatch(/^[\x20-\x7e]+$/)
        const again = await get(path, [['If-None-Match', response.header('ETag') ?? '']])
        expect(again.status).toBe(304)
        expect(again.header('Link')).toBe(response.header('Link'))
      }
    expect((await get(formatArchivePath(SECTION, 1, 'rss'))).header('Link')?.split(', ')).toEqual([
      `<${SITE}${SECTION}/archive/1/rss.xml>; rel="self"`,
      `<${SITE}${SECTION}/archive/1/atom.xml>; rel="alternate"; type="application/atom+xml"`,
      `<${SITE}${SECTION}/archive/1/feed.json>; rel="alternate"; type="application/feed+json"`,
      `<${SITE}${SECTION}/archive/1>; rel="alternate"; type="text/html"`,
      `<${SITE}${SECTION}/archive/2/rss.xml>; rel="next-archive"`,
      `<${SITE}${SECTION}/rss.xml>; rel="current"`,
    ])
  })

  it('P-23, H-30: an archive page may be cached for a day, has validators and supports conditional requests', async () => {
    for (const name of FORMAT_NAMES) {
      const response = await get(formatArchivePath('', 1, name))
      expect(response.header('Cache-Control')).toBe('public, max-age=86400')
      const since = response.header('Last-Modified') ?? ''
      for (const condition of [
        ['If-None-Match', response.header('ETag') ?? ''],
        ['If-Modified-Since', since],
      ] as const) {
        const again = await get(formatArchivePath('', 1, name), [condition])
        expect([again.status, again.body.length]).toEqual([304, 0])
        expect(again.header('Cache-Control')).toBe('public, max-age=86400')
      }
    }
    expect((await get('/archive/1')).header('Cache-Control')).toBe('public, max-age=60')
  })
})

describe('addresses of archive pages', () => {
  it('P-16: a page number beyond the last, a page number in another spelling, and an unknown channel return 404', async () => {
    const numbers = [
      '0',
      '-1',
      '+1',
      '1e3',
      '01',
      '1.0',
      '%D9%A3',
      '4',
      '999999',
      '1000000',
      'x',
      '%20',
      '%00',
      '%ff',
      '9'.repeat(20),
      '1'.repeat(1000),
    ]
    for (const folder of ['', SECTION, '/tags/nobody'])
      for (const number of numbers)
        for (const path of [`${folder}/archive/${number}/rss.xml`, `${folder}/archive/${number}`]) {
          const response = await get(path)
          expect(response.status, path).toBe(404)
          expect(response.text).not.toContain('<rss')
        }
    for (const path of [
      '/archive/1/x.xml',
      '/archive//rss.xml',
      '/archive/1/1/rss.xml',
      '/archive/rss.xml',
    ])
      expect((await get(path)).status, path).toBe(404)
  })

  it('P-17: a query does not select a page; document and self link do not change', async () => {
    const [plain, queried] = [await get('/atom.xml'), await get('/atom.xml?page=1')]
    expect(queried.text).toBe(plain.text)
    const [page, other] = [
      await get('/archive/1/atom.xml'),
      await get('/archive/1/atom.xml?page=2'),
    ]
    expect(other.text).toBe(page.text)
  })

  it('P-16: another spelling of the channel and a slash at the end redirect to the canonical address in one hop', async () => {
    const response = await get('/sections/SCIENCE/archive/1/rss.xml')
    expect([response.status, response.header('Location')]).toEqual([
      301,
      `${SITE}${SECTION}/archive/1/rss.xml`,
    ])
    const page = await get('/sections/SCIENCE/archive/1')
    expect([page.status, page.header('Location')]).toEqual([301, `${SITE}${SECTION}/archive/1`])
    expect((await get('/sections/SCIENCE/archive/0/rss.xml')).status).toBe(404)
    for (const path of ['/archive/1', '/archive/1/rss.xml']) {
      const tidied = await get(`${path}/`)
      expect([tidied.status, tidied.header('Location')]).toEqual([301, SITE + path])
    }
  })
})

describe('HTML archive pages', () => {
  it('P-15: HTML archive pages link to older and newer pages, and the page of the channel links to the newest of them', async () => {
    const readPage = async (path: string): Promise<string> => {
      const response = await get(path)
      expect(response.status, path).toBe(200)
      expect(response.header('Content-Type')).toBe('text/html; charset=utf-8')
      return response.text
    }
    const findHref = (page: string, relation: string): string | undefined =>
      new RegExp(`<link rel="${relation}" href="([^"]+)"`).exec(page)?.[1]
    for (const [folder, pages] of PAGE_COUNTS) {
      expect(await readPage(folder || '/')).toContain(`href="${folder}/archive/${pages}"`)
      for (let page = 1; page <= pages; page += 1) {
        const text = await readPage(`${folder}/archive/${page}`)
        const url = (number: number): string | undefined =>
          number < 1 || number > pages ? undefined : `${SITE}${folder}/archive/${number}`
        expect(findHref(text, 'canonical')).toBe(url(page))
        expect(findHref(text, 'prev')).toBe(url(page - 1))
        expect(findHref(text, 'next')).toBe(url(page + 1))
        expect(text).toMatch(/<title>\S.* \d .*<\/title>/)
      }
    }
  })
})

describe('reading the whole chain', () => {
  it('P-08, J-15: a reader of the chain finds every article, and no article is on two archive pages', async () => {
    for (const [folder, pages] of PAGE_COUNTS)
      for (const name of FORMAT_NAMES) {
        const [current, ...archives] = await readChain(name, folder)
        expect(archives).toHaveLength(pages)
        const archived = archives.flatMap(({ entries }) => entries.map((entry) => entry.id))
        expect(new Set(archived).size).toBe(archived.length)
        const found = new Set([...archived, ...(current?.entries ?? []).map((entry) => entry.id)])
        const expected = Array.from({ length: STORY_COUNT }, (_, index) => index + 1).filter(
          (number) => folder === '' || (folder === SECTION ? number > 60 : number % 3 === 0),
        )
        expect(found).toEqual(new Set(expected.map(formatEntryId)))
      }
  })

  it('P-12, P-13: a withdrawal or correction changes an archive page and its ETag, but neither its address nor its links', async () => {
    const path = formatArchivePath('', 1, 'atom')
    const before = await readFeed('atom', path)
    expect((await newsroom.withdraw(formatId(7))).status).toBe(200)
    expect(
      (await newsroom.publish(formatId(8), { ...buildStory(8), id: undefined, title: 'Corrected' }))
        .status,
    ).toBe(200)
    await newsroom.waitForOutbox()
    const after = await readFeed('atom', path)
    expect(after.response.header('ETag')).not.toBe(before.response.header('ETag'))
    expect(after.entries.map((entry) => entry.id)).toEqual(
      before.entries.map((entry) => entry.id).filter((each) => each !== formatEntryId(7)),
    )
    expect(after.entries.find((entry) => entry.id === formatEntryId(8))?.title).toBe('Corrected')
    expect(after.links).toEqual(before.links)
  })

  it('P-07, P-08, P-18: while publishing continues, a reader of the chain misses no earlier article and finds no duplicates, and no page shifts', async () => {
    let lastPublished = STORY_COUNT
    const first = await readFeed('rss', formatArchivePath('', 1, 'rss'))
    for (const name of FORMAT_NAMES) {
      // Waits for the subscription document. From then on the chain is complete, even if articles
      // are published while the reader follows it.
      await newsroom.waitForOutbox()
      const lastRead = lastPublished
      const [current, ...archives] = await readChain(name, '', async () => {
        await publish(lastPublished + 1, lastPublished + 6)
        lastPublished += 6
      })
      const archived = archives.flatMap(({ entries }) => entries.map((entry) => entry.id))
      expect(new Set(archived).size).toBe(archived.length)
      const found = new Set([...archived, ...(current?.entries ?? []).map((entry) => entry.id)])
      for (let number = 1; number <= lastRead; number += 1)
        if (number !== 7) expect(found).toContain(formatEntryId(number))
    }
    await newsroom.waitForOutbox()
    const again = await readFeed('rss', formatArchivePath('', 1, 'rss'))
    expect(again.entries).toEqual(first.entries)
    const newest = Math.floor(lastPublished / 50)
    expect((await readFeed('rss', '/rss.xml')).links['prev-archive']).toBe(
      SITE + formatArchivePath('', newest, 'rss'),
    )
    expect((await readFeed('rss', formatArchivePath('', 3, 'rss'))).links['next-archive']).toBe(
      SITE + formatArchivePath('', 4, 'rss'),
    )
  }, 120_000)
})
