/**
 * Export and import over HTTP (rules U-11, U-30, U-37, X-15, X-27): pages of an export during
 * publishing, an import into an empty desk, and the same bytes and validators after the import.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { retryLostResponse } from '../support/exchange.ts'
import { manuscript, type Newsroom, openNewsroom, SETTINGS } from '../support/newsroom.ts'
import { until } from '../support/until.ts'

const NDJSON = 'application/x-ndjson'
const MAX_EXPORT_PAGE = 4 * 1024 * 1024
const MAX_IMPORT_PAGE = 8 * 1024 * 1024
/** So many stories give an export of at least three pages. */
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

const getExportName = (lines: string[]): string =>
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

/**
 * Sends the lines in pages of `length` lines, from line `from`, and expects each page to be
 * accepted.
 */
async function importLines(room: Newsroom, lines: string[], length: number, from = 1) {
  for (let line = from; line <= lines.length; line += length) {
    const page = lines.slice(line - 1, line - 1 + length)
    const response = await sendPage(room, getExportName(lines), line, page.join('\n'))
    expect([response.status, await response.text()]).toMatchObject([200, expect.anything()])
  }
}

/** Returns all responses to a reader, without the header `Date`. */
async function readResponses(room: Newsroom, paths: string[]): Promise<string[]> {
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
  let source: Newsroom
  let target: Newsroom
  beforeAll(async () => {
    ;[source, target] = await Promise.all([openNewsroom(), openNewsroom()])
  })
  afterAll(async () => {
    await Promise.all([source.close(), target.close()])
  })

  it('U-37, X-27: the pages of an export are linked, and a desk that imports them serves the same bytes, even if it is restarted in between', async () => {
    // The HTML is long when it is sent and exported, but short when it is rendered, because this
    // test is not about rendering.
    const html = `<p>A "quoted" &amp; short text.</p><!-- ${'a long "comment", '.repeat(13_500)} -->`
    const tags = (index: number) => [index % 2 ? 'odd' : 'even']
    const story = (index: number, more = {}) =>
      manuscript({ body: undefined, html, tags: tags(index), code: `c${index}`, ...more })
    const stories = Array.from({ length: STORIES }, (_, index) => ({
      id: `a${index}`,
      ...story(index),
    }))
    for (let from = 0; from < stories.length; from += 10)
      await publishAll(source, stories.slice(from, from + 10))
    for (const path of DOCUMENTS) await source.get(path)
    await source.waitForOutbox()

    const texts: string[] = []
    let next: string | undefined = '/api/export'
    while (next !== undefined) {
      const page: [string, string?] = await exportPage(source, next)
      texts.push(page[0])
      next = page[1]
      const count = texts.length
      if (count > 3) continue
      // After each page some articles change that are already exported, and some that are not;
      // others are new, moved, withdrawn or embargoed. One request sends them all, because each
      // request renders the long documents again.
      await publishAll(source, [
        { id: 'a0', ...story(0, { title: `Changed after page ${count}` }) },
        { id: 'a29', ...story(29, { tags: ['moved'], code: `moved${count}` }) },
        { id: `b${count}`, ...story(count, { code: `b${count}` }) },
        { id: `later${count}`, ...story(count, { code: undefined, published: '2099-01-01' }) },
      ])
      await source.withdraw(`a${count}`, `after page ${count}`)
      for (const path of DOCUMENTS) await source.get(path)
      await source.waitForOutbox()
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
    await importLines(target, lines.slice(0, half), 10)
    await target.restart()
    expect(await getImportStatus(target)).toEqual({
      state: 'under-way',
      export: getExportName(lines),
      lines: half,
    })
    // Sends some lines again, as a client does that got no response.
    await importLines(target, lines, 11, half - 10)
    expect(await getImportStatus(target)).toEqual({
      state: 'done',
      export: getExportName(lines),
      lines: lines.length,
    })
    await target.waitForOutbox()
    await source.waitForOutbox()
    const paths = [
      ...DOCUMENTS,
      ...Array.from({ length: STORIES }, (_, index) => [
        `/articles/a${index}`,
        `/articles/a${index}.json`,
        `/c${index}`,
      ]).flat(),
      ...['/b1', '/B2', '/moved1', '/moved3', '/articles/later1', '/articles/later1.json'],
    ]
    expect(await readResponses(target, paths)).toEqual(await readResponses(source, paths))
    const [, ...again] = await exportLines(target)
    const [, ...first] = await exportLines(source)
    expect(again).toEqual(first)
  }, 120_000)

  it('U-37: an invalid cursor returns 400', async () => {
    for (const cursor of ['', 'x', '{}', '%7B%22stage%22%3A%22articles%22%7D'])
      expect((await source.api(`/api/export?after=${cursor}`)).status, cursor).toBe(400)
  })
})

describe('an import', () => {
  let source: Newsroom
  let target: Newsroom
  let lines: string[]
  beforeAll(async () => {
    ;[source, target] = await Promise.all([openNewsroom(), openNewsroom()])
    await source.publish('a', manuscript({ code: 'mheng' }))
    await source.publish(
      'later',
      manuscript({ published: new Date(Date.now() + 1500).toISOString() }),
    )
    await source.waitForOutbox()
    lines = await exportLines(source)
  })
  afterAll(async () => {
    await Promise.all([source.close(), target.close()])
  })

  it('U-11, X-15: a page of the wrong type, size or shape is refused and changes nothing', async () => {
    const name = getExportName(lines)
    const body = lines.join('\n')
    const refusals: [status: number, response: Promise<Response>][] = [
      [415, sendPage(target, name, 1, body, 'application/json')],
      [413, sendPage(target, name, 1, 'x'.repeat(MAX_IMPORT_PAGE + 1))],
      [400, sendPage(target, name, 1, `${body}\n{"record":`)],
      [400, sendPage(target, name, 1, '')],
      [422, sendPage(target, name, 1, `${body}\n{"record":"code"}`)],
      [422, sendPage(target, name, 1, lines.slice(1).join('\n'))],
      [400, sendPage(target, name, 0, body)],
      [
        400,
        target.api('/api/import', { method: 'POST', body, headers: { 'Content-Type': NDJSON } }),
      ],
      [409, sendPage(target, 'another', 1, body)],
      [409, sendPage(target, name, 2, lines.slice(1).join('\n'))],
      [409, target.api('/api/import', { method: 'DELETE' })],
    ]
    for (const [index, [status, responsePromise]] of refusals.entries()) {
      const response = await responsePromise
      const text = await response.text()
      expect(response.status, `${index}: ${text}`).toBe(status)
      expect(response.headers.get('Content-Type')).toBe('application/problem+json')
    }
    expect(await getImportStatus(target)).toEqual({ state: 'empty' })
    const fault = await sendPage(target, name, 1, lines.join('\n').replace('"positions":', '"x":'))
    expect(((await fault.json()) as { detail: string }).detail).toMatch(
      /^Cannot import "[\w-]+": line \d+: "\w+" of the channel record is missing or invalid$/,
    )
  })

  it('X-27: an import with other feed ids is refused with a message that names both tag authorities', async () => {
    const other = await openNewsroom({ TAG_AUTHORITY: 'other.example' })
    try {
      const response = await sendPage(other, getExportName(lines), 1, lines.join('\n'))
      expect([response.status, await response.json()]).toMatchObject([
        409,
        {
          detail: `Cannot import "${getExportName(lines)}": its TAG_AUTHORITY is "${SETTINGS.TAG_AUTHORITY}", but this desk has "other.example"; every feed id would change`,
        },
      ])
      expect(await getImportStatus(other)).toEqual({ state: 'empty' })
    } finally {
      await other.close()
    }
  })

  it('X-27: a desk that is not empty accepts no import', async () => {
    const response = await sendPage(source, getExportName(lines), 1, lines.join('\n'))
    expect([response.status, await response.json()]).toMatchObject([
      409,
      { type: `${SETTINGS.SITE_URL}/problems/not-empty` },
    ])
    expect(await getImportStatus(source)).toEqual({ state: 'occupied' })
  })

  it('U-30: during an import nothing can be published, no embargo ends and readers get 503; afterwards everything works', async () => {
    await importLines(target, lines.slice(0, -1), 5)
    for (const response of [
      await target.publish('new', manuscript()),
      await target.withdraw('a'),
      await target.api('/api/rebuild', { method: 'POST' }),
      await target.api('/api/export'),
    ]) {
      const problem = await response.json()
      expect([response.status, problem]).toMatchObject([
        409,
        { type: `${SETTINGS.SITE_URL}/problems/import-under-way` },
      ])
    }
    await until('the embargo has ended at the source', async () => {
      const page = (await (await source.api('/api/articles/later')).json()) as { status: string }
      return page.status === 'public'
    })
    for (const path of ['/rss.xml', '/', '/mheng', '/articles/a', '/articles/later']) {
      const response = await target.get(path)
      expect([response.status, response.headers.get('Retry-After')], path).toEqual([503, '30'])
    }
    const readArticle = async (id: string) =>
      (await (await target.api(`/api/articles/${id}`)).json()) as Row
    expect(await readArticle('later')).toMatchObject({ status: 'embargoed' })

    await importLines(target, lines, lines.length)
    await until(
      'the embargo has ended at the target',
      async () => (await readArticle('later'))['status'] === 'public',
    )
    await target.waitForOutbox()
    const link = await target.get('/mheng')
    expect([link.status, link.headers.get('Location')]).toEqual([
      302,
      `${SETTINGS.SITE_URL}/articles/a`,
    ])
    // An isolate caches for ten seconds that the desk was closed.
    await until('a feed that was never requested exists', async () => {
      const feed = await target.get('/rss.xml')
      return feed.status === 200 && (await feed.text()).includes('2026:later')
    })
    expect((await target.publish('new', manuscript())).status).toBe(201)
  }, 60_000)
})
