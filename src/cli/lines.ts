/** The lines of a file of any size, in pages, with little more than a page of it in memory. */
import { open } from 'node:fs/promises'

const LINE_FEED = 0x0a
/** No page is larger, unless one line alone is. */
const PAGE_BYTES = 4 * 1024 * 1024
const PAGE_LINES = 5_000
const END_BYTES = 16 * 1024

/** Whole lines with their ends: `line` is the number of the first, from 1, and `count` how many they are. */
export type LinePage = { line: number; count: number; bytes: Buffer<ArrayBuffer> }

/** Splits at line feeds only: JSON may hold other characters that programs take for the end of a line. */
export async function* pagesOf(
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<LinePage> {
  let parts: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  let line = 1
  for await (const chunk of chunks) {
    parts.push(chunk)
    length += chunk.length
    if (length < PAGE_BYTES) continue
    let pending = Buffer.concat(parts)
    for (let page = cut(pending, line); page && pending.length >= PAGE_BYTES; ) {
      yield page
      line += page.count
      pending = pending.subarray(page.bytes.length)
      page = cut(pending, line)
    }
    parts = [pending]
    length = pending.length
  }
  let pending = Buffer.concat(parts)
  while (pending.length > 0) {
    const page = cut(pending, line) ?? { line, count: 1, bytes: pending }
    yield page
    line += page.count
    pending = pending.subarray(page.bytes.length)
  }
}

/** As many whole lines from the beginning as make a page. A line without an end in sight is given as it is. */
function cut(bytes: Buffer<ArrayBuffer>, line: number): LinePage | undefined {
  let end = 0
  let count = 0
  while (count < PAGE_LINES) {
    const next = bytes.indexOf(LINE_FEED, end) + 1
    if (next === 0 || (next > PAGE_BYTES && count > 0)) break
    end = next
    count += 1
  }
  if (count > 0) return { line, count, bytes: bytes.subarray(0, end) }
  return bytes.length > 2 * PAGE_BYTES ? { line, count: 1, bytes } : undefined
}

export const firstLineOf = (bytes: Buffer): string => {
  const end = bytes.indexOf(LINE_FEED)
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end)
}

/** The last line of bytes, as far as they hold it. */
export const lastLineOf = (bytes: Buffer): string => {
  const text = bytes.toString('utf8').trimEnd()
  return text.slice(text.lastIndexOf('\n') + 1)
}

/** The first and the last line of a file, if they are short. Rejects when the file cannot be read. */
export async function endsOf(path: string): Promise<{ first: string; last: string }> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const head = Buffer.alloc(Math.min(size, END_BYTES))
    const tail = Buffer.alloc(head.length)
    await file.read(head, 0, head.length, 0)
    await file.read(tail, 0, tail.length, size - tail.length)
    return { first: firstLineOf(head), last: lastLineOf(tail) }
  } finally {
    await file.close()
  }
}
