/** What one poll brings to a reader, in bytes: the whole answer as it is sent, head and body. */
import { FORMATS } from '../../src/feeds/formats.ts'
import { runLoad } from './load.ts'
import type { Running } from './workshop.ts'

/** Bytes by the name of the poll. */
export type PollRow = { format: string; bytes: Record<string, number> }

type Poll = { name: string; status: number; headers: (etag: string) => Record<string, string> }

/** Columns of the table. */
const POLLS: readonly Poll[] = [
  { name: 'nothing new (304)', status: 304, headers: (etag) => ({ 'If-None-Match': etag }) },
  { name: 'whole, identity', status: 200, headers: () => ({}) },
  { name: 'whole, gzip', status: 200, headers: () => ({ 'Accept-Encoding': 'gzip' }) },
  { name: 'whole, brotli', status: 200, headers: () => ({ 'Accept-Encoding': 'br' }) },
]

/** Polls each format of the publication's own feed once in each way. */
export async function measurePolls(desk: Running): Promise<PollRow[]> {
  const rows: PollRow[] = []
  for (const { name: format, file } of FORMATS) {
    const path = `/${file}`
    const etag = (await desk.get(path, { method: 'HEAD' })).headers.get('ETag') ?? ''
    const bytes: Record<string, number> = {}
    for (const { name, status, headers } of POLLS) {
      const { headBytes, bodyBytes } = await runLoad(
        { origin: desk.url, path, status, headers: headers(etag) },
        { connections: 1, seconds: 10, requests: 1 },
      )
      bytes[name] = headBytes + bodyBytes
    }
    rows.push({ format, bytes })
  }
  return rows
}
