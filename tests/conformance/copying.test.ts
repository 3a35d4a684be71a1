/**
 * Export and import over HTTP (rules U-11, U-30, U-37, X-15, X-27): linked pages during publishing,
 * an import into an empty desk, and the same bytes and validators afterwards.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { retryLostResponse } from '../support/exchange.ts'
import { manuscript, type Newsroom, openNewsroom, SETTINGS } from '../support/newsroom.ts'
import { until } from '../support/until.ts'

const NDJSON = 'application/x-ndjson'
const MAX_EXPORT_PAGE = 4 * 1024 * 1024
const MAX_IMPORT_PAGE = 8 * 1024 * 1024
/** Enough for three pages of an export. */
const STORIES = 60
const DOCUMENTS = ['', '/tags/even', '/tags/odd', '/tags/moved', '/sections/pakistan'].flatMap(
  (channel) => [
    channel || '/',
    ...['rss.xml', 'atom.xml', 'feed.json'].map((file) => `${channel}/${file}`),
  ],
)

type Row = Record<string, unknown> & { record: string }
type ImportProgress = { state: string; export?: string; lines?: number }

/** Returns one page and the address of the next. */
async function exportPage(room: Newsroom, path: string): Promise<[text: string, next?: string]> {
  const response = await room.api(path)
  expect(response.status, path).toBe(200)
  expect(response.headers.get('Content-Type')).toBe(NDJSON)
  expect(response.headers.get('Cache-Control')).toContain('no-store')
  const next = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('Link') ?? '')?.[1]
  return [await response.text(), ...(next === undefined ? [] : [next])] as [string, string?]
}

async function exportLines(room: Newsroom): Promise<string[]> {
  const texts: string[] = []
  for (let next: string | undefined = '/api/export'; next !== undefined; ) {
    const page: [string, string?] = await exportPage(room, next)
    texts.push(page[0])
    next = page[1]
  }
  return texts.join('').trimEnd().split('\n')
}

const getName = (lines: string[]): string =>
  (JSON.parse(lines[0] ?? '{}') as { export: string }).export

const sendPage = (
  room: Newsroom,
  name: string,
  line: number,
  body: string,
  type = NDJSON,
): Promise<Response> =>
  retryLostResponse(() =>
    room.api(`/api/import?export=${name}&line=${line}`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': type },
    }),
  )
const getImportStatus = async (room: Newsroom): Promise<ImportProgress> =>
  (await (await room.api('/api/import')).json()) as ImportProgress

/** Sends lines in pages and expects each to be accepted. */
async function importLines(room: Newsroom, lines: string[], length: number, from = 1) {
  for (let line = from; line <= lines.length; line += length) {
    const page = lines.slice(line - 1, line - 1 + length)
    const response = await sendPage(room, getName(lines), line, page.join('\n'))
    expect([response.status, await response.text()]).toMatchObject([200, expect.anything()])
  }
}

/** Returns what a reader sees of documents, pages, articles and links, without the clock. */
async function readAll(room: Newsroom, paths: string[]): Promise<string[]> {
  const responses: string[] = []
  for (const path of paths) {
    const response = await room.get(path)
    const headers = [...response.headers].filter(([name]) => name !== 'date').sort()
    responses.push(JSON.stringify([path, response.status, headers, await response.text()]))
  }
  return responses
}

async function publishAll(room: Newsroom, stories: Record<string, unknown>[]): Promise<void> {
  const response = await room.api('/api/articles', {
    method: 'POST',
    body: stories.map((each) => JSON.stringify(each)).join('\n'),
    headers: { 'Content-Type': NDJSON },
  })
  expect(await response.json()).toMatchObject({ accepted: stories.length })
}

describe('an export during publishing', () => {
  let one: Newsroom
  let two: Newsroom
  beforeAll(async () => {
    ;[one, two] = await Promise.all([openNewsroom(), openNewsroom()])
  })
  afterAll(async () => {
    await Promise.all([one.close(), two.close()])
  })

  it('U-37, X-27: its pages link to each other, and after an import into another desk that is restarted meanwhile, the same bytes are served', async () => {
    // The HTML is long as it is sent and exported, but short as it is rendered, because this test
    // does not compare rendering.
    const html = `<p>A "quoted" &amp; short text.</p><!-- ${'a long "comment", '.repeat(13_500)} -->`
    const tags = (index: number) => [index % 2 ? 'odd' : 'even']
    const story = (index: number, more = {}) =>
      manuscript({ body: undefined, html, tags: tags(index), code: `c${index}`, ...more })
    const stories = Array.from({ length: STORIES }, (_, index) => ({
      id: `a${index}`,
      ...story(index),
    }))
    for (let from = 0; from < stories.length; from += 10)
      await publishAll(one, stories.slice(from, from + 10))
    for (const path of DOCUMENTS) await one.get(path)
    await one.waitForOutbox()

    const texts: string[] = []
    let next: string | undefined = '/api/export'
    while (next !== undefined) {
      const page: [string, string?] = await exportPage(one, next)
      texts.push(page[0])
      next = page[1]
      const count = texts.length
      if (count > 3) continue
      // Some articles are exported, some not yet exported, others new, withdrawn, moved or
      // embargoed. They are in one request, because each publish would render the long documents
      // again.
      await publishAll(one, [
        { id: 'a0', ...story(0, { title: `Changed after page ${count}` }) },
        { id: 'a29', ...story(29, { tags: ['moved'], code: `moved${count}` }) },
        { id: `b${count}`, ...story(count, { code: `b${count}` }) },
        { id: `later${count}`, ...story(count, { code: undefined, published: '2099-01-01' }) },
      ])
      await one.withdraw(`a${count}`, `after page ${count}`)
      for (const path of DOCUMENTS) await one.get(path)
      await one.waitForOutbox()
    }
    expect(texts.length).toBeGreaterThan(4)
    for (const text of texts) {
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_EXPORT_PAGE)
      expect(text.endsWith('\n')).toBe(true)
    }
    const lines = texts.join('').trimEnd().split('\n')
    const rows = lines.map((line) => JSON.parse(line) as Row)
    expect([rows[0]?.record, rows.at(-1)]).toMatchObject([
      'desk',
      { record: 'end', lines: lines.length - 1, counts: { article: STORIES + 6 } },
    ])

    const half = Math.floor(lines.length / 2)
    await importLines(two, lines.slice(0, half), 10)
    await two.restart()
    expect(await getImportStatus(two)).toEqual({
      state: 'under-way',
      export: getName(lines),
      lines: half,
    })
    // Repeats some lines, like a client that got no response.
    await importLines(two, lines, 11, half - 10)
    expect(await getImportStatus(two)).toEqual({
      state: 'done',
      export: getName(lines),
      lines: lines.length,
    })
    await two.waitForOutbox()
    await one.waitForOutbox()
    const paths = [
      ...DOCUMENTS,
      ...Array.from({ length: STORIES }, (_, index) => [
        `/articles/a${index}`,
        `/articles/a${index}.json`,
        `/c${index}`,
      ]).flat(),
      ...['/b1', '/B2', '/moved1', '/moved3', '/articles/later1', '/articles/later1.json'],
    ]
    expect(await readAll(two, paths)).toEqual(await readAll(one, paths))
    const [, ...again] = await exportLines(two)
    const [, ...first] = await exportLines(one)
    expect(again).toEqual(first)
  }, 120_000)

  it('U-37: an invented cursor is refused', async () => {
    for (const cursor of ['', 'x', '{}', '%7B%22stage%22%3A%22articles%22%7D'])
      expect((await one.api(`/api/export?after=${cursor}`)).status, cursor).toBe(400)
  })
})

describe('an import', () => {
  let one: Newsroom
  let two: Newsroom
  let lines: string[]
  beforeAll(async () => {
    ;[one, two] = await Promise.all([openNewsroom(), openNewsroom()])
    await one.publish('a', manuscript({ code: 'mheng' }))
    await one.publish('later', manuscript({ published: new Date(Date.now() + 1500).toISOString() }))
    await one.waitForOutbox()
    lines = await exportLines(one)
  })
  afterAll(async () => {
    await Promise.all([one.close(), two.close()])
  })

  it('U-11, X-15: a page of the wrong type, size or shape is refused and changes nothing', async () => {
    const name = getName(lines)
    const body = lines.join('\n')
    const refusals: [status: number, answer: Promise<Response>][] = [
      [415, sendPage(two, name, 1, body, 'application/json')],
      [413, sendPage(two, name, 1, 'x'.repeat(MAX_IMPORT_PAGE + 1))],
      [400, sendPage(two, name, 1, `${body}\n{"record":`)],
      [400, sendPage(two, name, 1, '')],
      [422, sendPage(two, name, 1, `${body}\n{"record":"code"}`)],
      [422, sendPage(two, name, 1, lines.slice(1).join('\n'))],
      [400, sendPage(two, name, 0, body)],
      [400, two.api('/api/import', { method: 'POST', body, headers: { 'Content-Type': NDJSON } })],
      [409, sendPage(two, 'another', 1, body)],
      [409, sendPage(two, name, 2, lines.slice(1).join('\n'))],
      [409, two.api('/api/import', { method: 'DELETE' })],
    ]
    for (const [index, [status, expectedStatus]] of refusals.entries()) {
      const response = await expectedStatus
      const text = await response.text()
      expect(response.status, `${index}: ${text}`).toBe(status)
      expect(response.headers.get('Content-Type')).toBe('application/problem+json')
    }
    expect(await getImportStatus(two)).toEqual({ state: 'empty' })
    const fault = await sendPage(two, name, 1, lines.join('\n').replace('"positions":', '"x":'))
    expect(((await fault.json()) as { detail: string }).detail).toMatch(
      /^Cannot import "[\w-]+": line \d+: "\w+" of the channel record is missing or invalid$/,
    )
  })

  it('X-27: other feed ids are refused in a sentence that names both', async () => {
    const other = await openNewsroom({ TAG_AUTHORITY: 'other.example' })
    try {
      const response = await sendPage(other, getName(lines), 1, lines.join('\n'))
      expect([response.status, await response.json()]).toMatchObject([
        409,
        {
          detail: `Cannot import "${getName(lines)}": its TAG_AUTHORITY is "${SETTINGS.TAG_AUTHORITY}", but this desk has "other.example"; every feed id would change`,
        },
      ])
      expect(await getImportStatus(other)).toEqual({ state: 'empty' })
    } finally {
      await other.close()
    }
  })

  it('X-27: a desk that has an article or a code accepts no import', async () => {
    const response = await sendPage(one, getName(lines), 1, lines.join('\n'))
    expect([response.status, await response.json()]).toMatchObject([
      409,
      { type: `${SETTINGS.SITE_URL}/problems/not-empty` },
    ])
    expect(await getImportStatus(one)).toEqual({ state: 'occupied' })
  })

  it('U-30: until its end nothing can be published, no embargo ends and readers get 503; then everything is there', async () => {
    await importLines(two, lines.slice(0, -1), 5)
    for (const response of [
      await two.publish('new', manuscript()),
      await two.withdraw('a'),
      await two.api('/api/rebuild', { method: 'POST' }),
      await two.api('/api/export'),
    ]) {
      const problem = await response.json()
      expect([response.status, problem]).toMatchObject([
        409,
        { type: `${SETTINGS.SITE_URL}/problems/import-under-way` },
      ])
    }
    await until('the embargo would have ended', async () => {
      const page = (await (await one.api('/api/articles/later')).json()) as { status: string }
      return page.status === 'public'
    })
    for (const path of ['/rss.xml', '/', '/mheng', '/articles/a', '/articles/later']) {
      const response = await two.get(path)
      expect([response.status, response.headers.get('Retry-After')], path).toEqual([503, '30'])
    }
    const readArticle = async (id: string) =>
      (await (await two.api(`/api/articles/${id}`)).json()) as Row
    expect(await readArticle('later')).toMatchObject({ status: 'embargoed' })

    await importLines(two, lines, lines.length)
    await until(
      'the embargo ends here too',
      async () => (await readArticle('later'))['status'] === 'public',
    )
    await two.waitForOutbox()
    const link = await two.get('/mheng')
    expect([link.status, link.headers.get('Location')]).toEqual([
      302,
      `${SETTINGS.SITE_URL}/articles/a`,
    ])
    // An isolate caches for ten seconds what it got while the desk was closed.
    await until('a feed that nobody had requested exists', async () => {
      const feed = await two.get('/rss.xml')
      return feed.status === 200 && (await feed.text()).includes('2026:later')
    })
    expect((await two.publish('new', manuscript())).status).toBe(201)
  }, 60_000)
})
