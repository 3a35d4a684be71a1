/** Measures the bytes of one poll: the whole response, head and body. */
import { FORMATS } from '../../src/feeds/formats.ts'
import { until } from '../support/until.ts'
import { runLoad } from './load.ts'
import { generateManuscripts, type MakeOptions } from './manuscripts.ts'
import type { Table } from './report.ts'
import type { Running } from './workshop.ts'

/**
 * How many stories were published since a reader's last poll, in each case; the largest number
 * first. Each number includes the smaller ones.
 */
const NEW_STORIES = [20, 5, 1] as const

type Poll = { name: string; status: number; headers: Record<string, string> }

/**
 * Lists the polls, one for each column of the table. `before` returns the ETag of the document
 * before the last `stories` stories.
 */
export const listPolls = (now: string, before: (stories: number) => string): Poll[] => [
  { name: 'nothing new (304)', status: 304, headers: { 'If-None-Match': now } },
  ...NEW_STORIES.toReversed().flatMap((stories) => {
    const headers = { 'A-IM': 'feed', 'If-None-Match': before(stories) }
    const delta = { name: `delta of ${stories}`, status: 226, headers }
    return [delta, addCoding('gzip', delta)]
  }),
  FULL_POLL,
  addCoding('gzip', FULL_POLL),
  addCoding('br', FULL_POLL),
]

const FULL_POLL: Poll = { name: 'whole', status: 200, headers: {} }
const addCoding = (coding: string, { name, status, headers }: Poll): Poll => ({
  name: `${name}, ${coding}`,
  status,
  headers: { ...headers, 'Accept-Encoding': coding },
})

/** Publishes stories, and measures each poll of the main feed in each format. */
export async function pollTable(desk: Running, options: MakeOptions): Promise<Table> {
  const before = new Map<number, string[]>()
  let published = 0
  for (const [index, stories] of NEW_STORIES.entries()) {
    const etags = await readEtags(desk)
    before.set(stories, etags)
    const count = stories - (NEW_STORIES[index + 1] ?? 0)
    await desk.publishAll(generateManuscripts(count, options, published))
    published += count
    // Isolates serve an older edition from their cache for a while.
    await until('every format has another ETag', async () =>
      (await readEtags(desk)).every((etag, format) => etag !== etags[format]),
    )
  }
  const now = await readEtags(desk)
  const bounds = { connections: 1, seconds: 10, requests: 1 }
  const rows = await Promise.all(
    FORMATS.map(async ({ name, file }, format) => {
      const bytes: number[] = []
      const since = (stories: number): string => before.get(stories)?.[format] ?? ''
      for (const poll of listPolls(now[format] ?? '', since)) {
        const sample = await runLoad({ origin: desk.url, path: `/${file}`, ...poll }, bounds)
        bytes.push(sample.headBytes + sample.bodyBytes)
      }
      return [name, ...bytes]
    }),
  )
  const names = listPolls('', () => '').map(({ name }) => name)
  return { head: ['bytes of one poll', ...names], rows }
}

const readEtags = (desk: Running): Promise<string[]> =>
  Promise.all(
    FORMATS.map(async ({ file }) => (await desk.get(`/${file}`, { method: 'HEAD' })).etag),
  )
