/**
 * Reads the lines of a file of any size in pages of whole lines, with little more than one page in
 * memory. `backup.ts` sends each page of an import in one request.
 */
import { open } from 'node:fs/promises'

const LINE_FEED = 0x0a
/** The maximum size of a page, unless a single line is longer. */
const PAGE_BYTES = 4 * 1024 * 1024
const PAGE_LINES = 5_000
const BYTES_AT_EACH_END = 16 * 1024

/** Whole lines with their line feeds. `firstLine` is the number of the first one, from 1. */
export type LinePage = { firstLine: number; lineCount: number; bytes: Buffer<ArrayBuffer> }

/**
 * Yields the lines in pages. Splits only at line feeds, because JSON may contain other characters
 * that programs treat as line ends, such as U+2028.
 */
export async function* splitIntoPages(
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<LinePage> {
  let parts: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  let firstLine = 1
  for await (const chunk of chunks) {
    parts.push(chunk)
    length += chunk.length
    if (length < PAGE_BYTES) continue
    let pending = Buffer.concat(parts)
    for (let page = extractPage(pending, firstLine); page && pending.length >= PAGE_BYTES; ) {
      yield page
      firstLine += page.lineCount
      pending = pending.subarray(page.bytes.length)
      page = extractPage(pending, firstLine)
    }
    parts = [pending]
    length = pending.length
  }
  let pending = Buffer.concat(parts)
  while (pending.length > 0) {
    const page = extractPage(pending, firstLine) ?? { firstLine, lineCount: 1, bytes: pending }
    yield page
    firstLine += page.lineCount
    pending = pending.subarray(page.bytes.length)
  }
}

/**
 * Returns as many whole lines from the beginning as fit into a page. A line that is longer than a
 * page is returned alone.
 */
function extractPage(bytes: Buffer<ArrayBuffer>, firstLine: number): LinePage | undefined {
  let end = 0
  let lineCount = 0
  while (lineCount < PAGE_LINES) {
    const lineEnd = bytes.indexOf(LINE_FEED, end) + 1
    if (lineEnd === 0 || (lineEnd > PAGE_BYTES && lineCount > 0)) break
    end = lineEnd
    lineCount += 1
  }
  if (lineCount > 0) return { firstLine, lineCount, bytes: bytes.subarray(0, end) }
  return bytes.length > 2 * PAGE_BYTES ? { firstLine, lineCount: 1, bytes } : undefined
}

export const getFirstLine = (bytes: Buffer): string => {
  const end = bytes.indexOf(LINE_FEED)
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end)
}

/**
 * Returns the last line of the bytes. If the bytes have no other line, its beginning may be
 * missing.
 */
export const getLastLine = (bytes: Buffer): string => {
  const text = bytes.toString('utf8').trimEnd()
  return text.slice(text.lastIndexOf('\n') + 1)
}

/**
 * Returns the first and the last line of a file. Lines longer than `BYTES_AT_EACH_END` are
 * truncated. Rejects if the file cannot be read.
 */
export async function readFirstAndLastLine(path: string): Promise<{ first: string; last: string }> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const head = Buffer.alloc(Math.min(size, BYTES_AT_EACH_END))
    const tail = Buffer.alloc(head.length)
    await file.read(head, 0, head.length, 0)
    await file.read(tail, 0, tail.length, size - tail.length)
    return { first: getFirstLine(head), last: getLastLine(tail) }
  } finally {
    await file.close()
  }
}
