/**
 * Tests two feed readers from Debian and a library: which stories they list, which of them they
 * show as new, and whether a repeated request gets a 304.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseJsonFeed } from 'feedsmith'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram } from '../support/embedded.ts'
import { getTextContent, parsePage } from '../support/html.ts'
import { MANUSCRIPTS_FOLDER, readSampleManuscripts } from '../support/manuscripts.ts'
import { manuscript, type Newsroom, openReachableNewsroom } from '../support/newsroom.ts'
import { requireProgram } from '../support/subscribers.ts'

/** Realistic titles that readers have been known to misread. */
const STORIES = [
  { id: 'plain', title: 'A plain headline' },
  { id: 'markup', title: 'AT&T <3 "quotes" & an emoji 📰' },
  { id: 'arabic', title: 'خمس سنوات في مدار المريخ', language: 'ar' },
  { id: 'urdu', title: 'اردو نستعلیق کا سفر', language: 'ur' },
  { id: 'revised', title: 'A headline that will be changed' },
  { id: 'entity', title: 'Literally &amp; and &lt;b&gt;' },
]
const sorted = (texts: string[]): string[] => [...texts].sort()

let newsroom: Newsroom
let folder: string
beforeAll(async () => {
  newsroom = await openReachableNewsroom()
  folder = mkdtempSync(join(tmpdir(), 'dateline-readers-'))
  for (const { id, ...story } of STORIES)
    expect((await newsroom.publish(id, manuscript(story))).status).toBe(201)
  for (const path of ['/rss.xml', '/atom.xml', '/feed.json']) await newsroom.get(path)
  await newsroom.waitForOutbox()
})
afterAll(async () => {
  await newsroom?.close()
  rmSync(folder, { recursive: true, force: true })
})

const listAll = async (): Promise<{ id: string; title: string }[]> => {
  const listed = await newsroom.api('/api/articles')
  return ((await listed.json()) as { articles: { id: string; title: string }[] }).articles
}
const formatTag = (id: string): string => `tag:news.example,2026:${id}`

type Item = { guid: string; title: string; url: string; unread: number }

/** Sets up newsboat with its own home and cache, subscribed to one address. */
function openNewsboat(path: string, name = '') {
  requireProgram('/usr/bin/newsboat', 'newsboat')
  const homeFolder = join(folder, `newsboat${name}${path.replace(/\W/g, '-')}`)
  mkdirSync(homeFolder, { recursive: true })
  const cache = join(homeFolder, 'cache.db')
  writeFileSync(join(homeFolder, 'urls'), `${newsroom.url}${path}\n`)
  writeFileSync(join(homeFolder, 'config'), 'auto-reload no\n')
  return {
    execute: async (...commands: string[]): Promise<string> => {
      const files = ['-C', join(homeFolder, 'config'), '-u', join(homeFolder, 'urls'), '-c', cache]
      const result = await runProgram('/usr/bin/newsboat', [...files, '-x', ...commands], {
        env: { HOME: homeFolder },
      })
      expect(result.code, result.stderr).toBe(0)
      return result.stdout.trim()
    },
    /** Returns the stored HTML of each item by its guid. */
    texts: (): Map<string, string> => {
      const database = new DatabaseSync(cache, { readOnly: true })
      try {
        const rows = database.prepare('SELECT guid, content FROM rss_item').all()
        return new Map(rows.map((row) => [String(row['guid']), String(row['content'])]))
      } finally {
        database.close()
      }
    },
    items: (): Item[] => {
      const database = new DatabaseSync(cache, { readOnly: true })
      try {
        return database
          .prepare('SELECT guid, title, url, unread FROM rss_item ORDER BY guid')
          .all()
          .map((row) => ({
            guid: String(row['guid']),
            title: String(row['title']),
            url: String(row['url']),
            unread: Number(row['unread']),
          }))
      } finally {
        database.close()
      }
    },
  }
}

type Parsed = {
  bozo: number
  status: number
  version: string
  etag: string | null
  modified: string | null
  entries: { id: string; title: string; link: string }[]
  contents: Record<string, string>
}
const SCRIPT = `
import feedparser, json, sys
url, etag, modified = sys.argv[1], sys.argv[2] or None, sys.argv[3] or None
parsed = feedparser.parse(url, etag=etag, modified=modified)
print(json.dumps({
'bozo': int(parsed.bozo), 'status': parsed.get('status', 0), 'version': parsed.version,
'etag': parsed.get('etag'), 'modified': parsed.get('modified'),
'entries': [{'id': entry.id, 'title': entry.title, 'link': entry.link} for entry in parsed.entries],
'contents': {entry.id: entry.content[0].value for entry in parsed.entries if 'content' in entry},
}))
`
async function parse(path: string, etag = '', modified = ''): Promise<Parsed> {
  requireProgram('/usr/bin/python3', 'python3-feedparser')
  const result = await runProgram('/usr/bin/python3', [
    '-c',
    SCRIPT,
    newsroom.url + path,
    etag,
    modified,
  ])
  expect(result.code, `apt-get install python3-feedparser? ${result.stderr}`).toBe(0)
  return JSON.parse(result.stdout) as Parsed
}

describe('newsboat', () => {
  it.each(['/rss.xml', '/atom.xml'])(
    'lists the stories of %s, shows nothing new in four more polls, and then exactly one new story',
    async (path) => {
      const newsboat = openNewsboat(path)
      const before = await listAll()
      expect(before.length).toBeGreaterThanOrEqual(STORIES.length)
      expect(await newsboat.execute('reload', 'print-unread')).toBe(
        `${before.length} unread articles`,
      )
      const first = newsboat.items()
      expect(first.map(({ guid }) => guid)).toEqual(sorted(before.map(({ id }) => formatTag(id))))
      expect(sorted(first.map(({ title }) => title))).toEqual(
        sorted(before.map(({ title }) => title)),
      )
      expect(first.find(({ guid }) => guid === formatTag('plain'))?.url).toBe(
        `${newsroom.url}/articles/plain`,
      )
      // newsboat sends validators only from its third poll on, so more than two are needed.
      for (let poll = 0; poll < 4; poll += 1) await newsboat.execute('reload')
      expect(newsboat.items()).toEqual(first)

      const id = `fresh${path.replace(/\W/g, '-')}`
      await newsroom.publish(id, manuscript({ title: `Fresh ${path}` }))
      const changedTitle = `Changed for ${path}`
      await newsroom.publish('revised', manuscript({ title: changedTitle }))
      await newsroom.waitForOutbox()
      await newsboat.execute('reload')
      await newsboat.execute('reload')
      const after = newsboat.items()
      expect(after.map(({ guid }) => guid)).toEqual(
        sorted([...first.map(({ guid }) => guid), formatTag(id)]),
      )
      expect(after.find(({ guid }) => guid === formatTag('revised'))?.title).toBe(changedTitle)
    },
  )
})

describe('python3-feedparser', () => {
  it.each([
    ['/rss.xml', 'rss20'],
    ['/atom.xml', 'atom10'],
  ])(
    'reads the ids, the links and an Arabic title of %s without a fault, and gets 304 when it sends the validators',
    async (path, version) => {
      const first = await parse(path)
      expect(first).toMatchObject({ bozo: 0, status: 200, version })
      const ids = first.entries.map(({ id }) => id)
      for (const { id } of STORIES) expect(ids).toContain(formatTag(id))
      expect(new Set(ids).size).toBe(ids.length)
      for (const { id, link } of first.entries)
        expect(link).toBe(`${newsroom.url}/articles/${id.replace(formatTag(''), '')}`)
      const arabic = first.entries.find(({ id }) => id === formatTag('arabic'))
      expect(arabic?.title).toBe('خمس سنوات في مدار المريخ')

      expect(first.etag).toMatch(/^W\/"/)
      for (const [etag, modified] of [
        [first.etag, first.modified],
        [first.etag, ''],
        ['', first.modified],
      ]) {
        const again = await parse(path, etag ?? '', modified ?? '')
        expect(again).toMatchObject({ status: 304, entries: [] })
      }
    },
  )

  it('finds the same ids, titles and links in RSS and Atom', async () => {
    const [rss, atom] = [await parse('/rss.xml'), await parse('/atom.xml')]
    expect(rss.entries).toEqual(atom.entries)
    expect(rss.entries.length).toBeGreaterThanOrEqual(STORIES.length)
  })
})

describe('the text of a complete manuscript', () => {
  const samples = readSampleManuscripts()
  const getSampleId = (name: string): string => `sample-${name}`
  /** The visible text in one line. Readers may change the markup, but not the words. */
  const getWords = (html: string): string =>
    getTextContent(parsePage(html)).replace(/\s+/g, ' ').trim()

  beforeAll(async () => {
    for (const { name, json } of samples) {
      const id = getSampleId(name)
      const { status } = await newsroom.publish(id, { ...JSON.parse(json), id })
      expect(status, name).toBe(201)
    }
    await newsroom.waitForOutbox()
  })

  it('is the same in newsboat and feedparser, from RSS and from Atom, in JSON Feed and as expected', async () => {
    const newsboats = ['/rss.xml', '/atom.xml'].map((path) => openNewsboat(path, 'texts'))
    for (const newsboat of newsboats) await newsboat.execute('reload')
    const parsed = [await parse('/rss.xml'), await parse('/atom.xml')]
    const feed = parseJsonFeed(await (await newsroom.get('/feed.json')).json())
    const inJson = new Map(feed.items?.map((item) => [item.id, item.content_html]))
    for (const { name } of samples) {
      const tag = formatTag(getSampleId(name))
      const expected = join(MANUSCRIPTS_FOLDER, 'expected', name)
      const html = readFileSync(`${expected}.html`, 'utf8')
      const report = readFileSync(`${expected}.json`, 'utf8')
      const { dateline } = JSON.parse(report) as { dateline?: string }
      const words = getWords(inJson.get(tag) ?? '')
      expect(words.replace(`${dateline}: `, ''), name).toBe(getWords(html))
      for (const text of [
        ...newsboats.map((newsboat) => newsboat.texts().get(tag)),
        ...parsed.map(({ contents }) => contents[tag]),
      ])
        expect(getWords(text ?? ''), name).toBe(words)
    }
  })
})

describe('feedsmith', () => {
  it('reads all ids, titles and links of the JSON Feed', async () => {
    const feed = parseJsonFeed(await (await newsroom.get('/feed.json')).json())
    const items = new Map(feed.items?.map((item) => [item.id, item]))
    const listed = await listAll()
    for (const { id, title } of listed)
      expect(items.get(formatTag(id))).toMatchObject({
        title,
        url: `${newsroom.url}/articles/${id}`,
      })
    expect(feed.items).toHaveLength(listed.length)
    expect(listed.length).toBeGreaterThanOrEqual(STORIES.length)
  })
})
