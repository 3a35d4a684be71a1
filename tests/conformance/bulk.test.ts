/**
 * Many manuscripts in one request (rules U-28 to U-30, X-15): results are in order, lines are
 * independent, and limits are checked before any line is accepted.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatFailure, getFailureExample } from '../../src/model/failures.ts'
import { retryLostResponse } from '../support/exchange.ts'
import { manuscript, type Newsroom, openNewsroom, TOKEN } from '../support/newsroom.ts'
import { until } from '../support/until.ts'

type LineResult = {
  line: number
  id?: string
  status: number
  receipt?: { id: string; revision: number; code: string; changed: boolean; removed: string[] }
  problem?: { status: number; detail: string; errors?: { pointer: string; detail: string }[] }
}
type BulkResponse = { results: LineResult[]; accepted: number; refused: number }

const MAX_LINES = 500
const MAX_BULK_BYTES = 32 * 1024 * 1024

let newsroom: Newsroom

beforeAll(async () => {
  newsroom = await openNewsroom()
})
afterAll(async () => await newsroom.close())

const send = (body: BodyInit, type = 'application/x-ndjson'): Promise<Response> =>
  retryLostResponse(() =>
    newsroom.api('/api/articles', { method: 'POST', body, headers: { 'Content-Type': type } }),
  )
const line = (id: string, more: Record<string, unknown> = {}): string =>
  JSON.stringify({ id, ...manuscript(more) })
async function publishLines(lines: string[]): Promise<BulkResponse> {
  const response = await send(lines.join('\n'))
  expect(response.status).toBe(200)
  return (await response.json()) as BulkResponse
}
const listIds = async (): Promise<string[]> =>
  (
    (await (await retryLostResponse(() => newsroom.api('/api/articles'))).json()) as {
      articles: { id: string }[]
    }
  ).articles
    .map(({ id }) => id)
    .sort()

describe('a bulk request', () => {
  it('U-28: each line gets its own status, in order, and an invalid line does not affect the others', async () => {
    const response = await publishLines([
      line('first', { code: 'first' }),
      '{"id": "broken", ',
      line('second', { title: '' }),
      JSON.stringify(manuscript()),
      line('third', { code: 'FIRST', tittle: 'x' }),
      line('fourth', { code: 'first' }),
      line('Fifth'),
      '[]',
      line('sixth', { body: '<script>x</script>Kept.' }),
      line('first', { code: 'first', title: 'Changed in the same request' }),
    ])
    expect(response.results.map(({ line: number, id, status }) => [number, id, status])).toEqual([
      [1, 'first', 201],
      [2, undefined, 400],
      [3, 'second', 422],
      [4, undefined, 422],
      [5, 'third', 422],
      [6, 'fourth', 409],
      [7, undefined, 422],
      [8, undefined, 400],
      [9, 'sixth', 201],
      [10, 'first', 200],
    ])
    expect(response).toMatchObject({ accepted: 3, refused: 7 })
    const [first, broken, second, nameless, third, fourth] = response.results
    expect(first?.receipt).toMatchObject({ code: 'first', revision: 1, changed: true, removed: [] })
    expect(broken?.problem?.detail).toMatch(/^Cannot publish "line 2": /)
    expect(second?.problem).toMatchObject({ status: 422, errors: [{ pointer: '/title' }] })
    expect(nameless?.problem?.errors).toEqual([{ pointer: '/id', detail: 'id is missing' }])
    expect(third?.problem?.errors?.[0]?.detail).toContain('title')
    expect(fourth?.problem?.detail).toContain('"first"')
    expect(response.results[8]?.receipt?.removed).toEqual(['<script>'])
    expect(response.results[9]?.receipt).toMatchObject({ revision: 2, changed: true })
    expect(await listIds()).toEqual(['first', 'sixth'])
  })

  it('U-28: empty lines are skipped, but counted as lines, and a line may end in CR LF', async () => {
    const response = await send(`\n${line('spaced')}\r\n  \n\n${line('spaced-too')}`)
    const { results } = (await response.json()) as BulkResponse
    expect(results.map(({ line: number, status }) => [number, status])).toEqual([
      [2, 201],
      [5, 201],
    ])
  })

  it('U-29: a repeated request changes nothing and returns the same codes and revisions', async () => {
    const lines = [
      line('again'),
      line('again-too'),
      line('again', { title: 'Sent later in the request' }),
    ]
    const original = await publishLines(lines.slice(0, 2))
    const repeated = await publishLines(lines.slice(0, 2))
    const summarise = (response: BulkResponse) =>
      response.results.map(({ id, receipt }) => [id, receipt?.code, receipt?.revision])
    expect(summarise(repeated)).toEqual(summarise(original))
    expect(repeated.results.map(({ status, receipt }) => [status, receipt?.changed])).toEqual([
      [200, false],
      [200, false],
    ])
  })

  it('U-30: the API shows the new state as soon as the response is sent; feeds, pages and links follow', async () => {
    await (await newsroom.get('/tags/bulk/rss.xml')).text()
    const many = Array.from({ length: 60 }, (_, index) =>
      line(`many-${index}`, { tags: ['bulk'], code: `many-${index}` }),
    )
    expect(await publishLines(many)).toMatchObject({ accepted: 60, refused: 0 })
    expect((await newsroom.api('/api/articles/many-59')).status).toBe(200)
    await until('the feed has the last article', async () =>
      (await (await newsroom.get('/tags/bulk/rss.xml')).text()).includes('2026:many-59<'),
    )
    expect((await newsroom.get('/articles/many-0')).status).toBe(200)
    expect((await newsroom.get('/many-0')).status).toBe(302)
    await newsroom.waitForOutbox()
    const feed = await (await newsroom.get('/tags/bulk/rss.xml')).text()
    // The feed has the newest fifty articles, and all articles that are not yet on a complete
    // archive page.
    for (let index = 50; index < 60; index += 1) expect(feed).toContain(`2026:many-${index}<`)
    expect(feed.match(/<item>/g)?.length).toBeGreaterThanOrEqual(50)
  })
})

describe('a refused bulk request', () => {
  const expectRefusal = async (response: Response, status: number): Promise<string> => {
    expect(response.status).toBe(status)
    expect(response.headers.get('Content-Type')).toBe('application/problem+json')
    return ((await response.json()) as { detail: string }).detail
  }

  it('X-15: a body of more than 500 lines returns 413, and no line is accepted', async () => {
    const before = await listIds()
    const lines = Array.from({ length: MAX_LINES + 1 }, (_, index) => line(`too-many-${index}`))
    const detail = await expectRefusal(await send(lines.join('\n')), 413)
    expect(detail).toBe(`Cannot publish "articles": the body has more than ${MAX_LINES} lines`)
    expect(detail).toBe(formatFailure(getFailureExample('too-many-lines')))
    expect(await listIds()).toEqual(before)
  })

  it('X-15: a body of more than 32 MiB returns 413, with or without Content-Length, and no line is accepted', async () => {
    const before = await listIds()
    const filler = `${line('large')}\n${' '.repeat(MAX_BULK_BYTES)}\n`
    await expectRefusal(await send(filler), 413)
    const response = await retryLostResponse(() =>
      newsroom.api('/api/articles', {
        method: 'POST',
        body: new Blob([filler]).stream(),
        headers: { 'Content-Type': 'application/x-ndjson' },
        duplex: 'half',
      } as RequestInit),
    )
    await expectRefusal(response, 413)
    expect(await listIds()).toEqual(before)
  })

  it('X-15: a line longer than a manuscript may be returns 413, and does not affect the others', async () => {
    const { results } = await publishLines([
      line('long', { body: 'x'.repeat(3_000_000) }),
      line('short'),
    ])
    expect(results.map(({ status }) => status)).toEqual([413, 201])
  })

  it('U-11: another media type returns 415 with the accepted types, and a body without lines returns 400', async () => {
    const response = await send(line('typed'), 'application/json')
    expect(response.headers.get('Accept')).toBe(
      'application/x-ndjson, application/ndjson, application/jsonl',
    )
    await expectRefusal(response, 415)
    for (const type of ['application/ndjson', 'application/jsonl; charset=utf-8'])
      expect((await send(line('typed'), type)).status).toBe(200)
    expect(await expectRefusal(await send(''), 400)).toContain('the body has no lines')
    expect(await expectRefusal(await send('\n \r\n'), 400)).toContain('the body has no lines')
  })

  it('U-01: a request without a valid token returns 401, and no line is accepted', async () => {
    const before = await listIds()
    for (const headers of [{}, { Authorization: `Bearer ${TOKEN}x` }]) {
      const response = await retryLostResponse(() =>
        newsroom.get('/api/articles', {
          method: 'POST',
          body: line('stranger'),
          headers: { 'Content-Type': 'application/x-ndjson', ...headers },
        }),
      )
      await expectRefusal(response, 401)
    }
    expect(await listIds()).toEqual(before)
  })
})
