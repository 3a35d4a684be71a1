/** Newline-delimited JSON as bytes: one record per line. Bulk requests and exports use it. */

/** The usual media types of NDJSON. None of them is registered. */
export const NDJSON_TYPES = [
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
] as const

/** One line without its line end. `number` counts all lines from 1, including blank ones. */
export type NdjsonLine = { number: number; bytes: Uint8Array }

export const LINE_FEED = 0x0a
const WHITE_SPACE_BYTES = [0x20, 0x09, 0x0d]

/** Returns whether a line is empty or has only white space. */
export const isBlankLine = (bytes: Uint8Array): boolean =>
  bytes.every((byte) => WHITE_SPACE_BYTES.includes(byte))

/** Yields the lines of a body that are not blank, as views of the same memory, without copies. */
export function* splitLines(body: Uint8Array): Generator<NdjsonLine> {
  let number = 0
  let start = 0
  while (start < body.length) {
    const lineFeed = body.indexOf(LINE_FEED, start)
    const end = lineFeed === -1 ? body.length : lineFeed
    number += 1
    const bytes = body.subarray(start, end)
    if (!isBlankLine(bytes)) yield { number, bytes }
    start = end + 1
  }
}
