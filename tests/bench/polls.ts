/** What one poll brings to a reader, in bytes: the whole answer as it is sent, head and body. */
import { FORMATS } from '../../src/feeds/formats.ts'
import { runLoad } from './load.ts'
import { type MakeOptions, madeUp, toLines } from './manuscripts.ts'
import { type Running, settled } from './workshop.ts'

/** Bytes by the name of the poll. */
export type PollRow = { format: string; bytes: Record<string, number> }

type Poll = { name: string; status: number; headers: (held: Held) => Record<string, string> }
/** Entity-tags of the edition of today, and of those that so many stories ago were the newest. */
type Held = { now: string; before: Record<number, string> }

/** Of new stories, the most first: each is counted in those before it. */
const NEW_STORIES = [20, 5, 1] as const

const delta = (stories: number, coding?: string): Poll => ({
  name: `delta of ${stories}${coding === undefined ? '' : `, ${coding}`}`,
  status: 226,
  headers: ({ before }) => ({
    'A-IM': 'feed',
    'If-None-Match': before[stories] ?? '',
    ...(coding !== undefined && { 'Accept-Encoding': coding }),
  }),
})

/** Columns of the table. */
const POLLS: readonly Poll[] = [
  { name: 'nothing new (304)', status: 304, headers: ({ now }) => ({ 'If-None-Match': now }) },
  delta(1),
  delta(1, 'gzip'),
  delta(5),
  delta(5, 'gzip'),
  delta(20),
  delta(20, 'gzip'),
  { name: 'whole', status: 200, headers: () => ({}) },
  { name: 'whole, gzip', status: 200, headers: () => ({ 'Accept-Encoding': 'gzip' }) },
  { name: 'whole, br', status: 200, headers: () => ({ 'Accept-Encoding': 'br' }) },
]

/** Publishes stories as `options` make them, and polls each format of the publication's own feed once in each way. */
export async function measurePolls(desk: Running, options: MakeOptions): Promise<PollRow[]> {
  const held = FORMATS.map((): Held => ({ now: '', before: {} }))
  let published = 0
  for (const [index, stories] of NEW_STORIES.entries()) {
    for (const [row, etag] of (await etags(desk)).entries()) {
      const mine = held[row]
      if (mine) mine.before[stories] = etag
    }
    const count = stories - (NEW_STORIES[index + 1] ?? 0)
    const fresh = Array.from({ length: count }, (_, each) => madeUp(published + each, options))
    published += count
    await publishAndSee(desk, toLines(fresh))
  }
  for (const [row, etag] of (await etags(desk)).entries()) {
    const mine = held[row]
    if (mine) mine.now = etag
  }
  const rows: PollRow[] = []
  for (const [row, { name: format, file }] of FORMATS.entries()) {
    const bytes: Record<string, number> = {}
    for (const { name, status, headers } of POLLS) {
      const { headBytes, bodyBytes } = await runLoad(
        {
          origin: desk.url,
          path: `/${file}`,
          status,
          headers: headers(held[row] ?? { now: '', before: {} }),
        },
        { connections: 1, seconds: 10, requests: 1 },
      )
      bytes[name] = headBytes + bodyBytes
    }
    rows.push({ format, bytes })
  }
  return rows
}

const etags = (desk: Running): Promise<string[]> =>
  Promise.all(
    FORMATS.map(
      async ({ file }) =>
        (await desk.get(`/${file}`, { method: 'HEAD' })).headers.get('ETag') ?? '',
    ),
  )

/** Until every format shows another edition: isolates answer from memory for a while. */
async function publishAndSee(desk: Running, lines: string): Promise<void> {
  const before = await etags(desk)
  await desk.api('/api/articles', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-ndjson' },
    body: lines,
  })
  await settled(desk)
  const began = performance.now()
  while ((await etags(desk)).some((etag, index) => etag === before[index])) {
    if (performance.now() - began > SEEN_WITHIN_MS) throw new Error('The feeds do not change')
    await new Promise((resume) => setTimeout(resume, 50))
  }
}
const SEEN_WITHIN_MS = 10_000
