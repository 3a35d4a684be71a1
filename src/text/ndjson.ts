/** Newline-delimited JSON as bytes: many records in one body, each on a line of its own. */

/** Media types that name it; it has none in the registry, so the usual ones are taken. */
export const NDJSON_TYPES = [
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
] as const

/** One line without its end; `number` counts from 1, empty lines included. */
export type Line = { number: number; bytes: Uint8Array }

export const LINE_FEED = 0x0a
const BLANK = [0x20, 0x09, 0x0d]

/** Whether a line holds nothing but white space. */
export const isBlank = (bytes: Uint8Array): boolean => bytes.every((byte) => BLANK.includes(byte))

/** The lines of a body that hold something. Views of the same memory: nothing is copied. */
export function* linesOf(body: Uint8Array): Generator<Line> {
  let number = 0
  let start = 0
  while (start < body.length) {
    const found = body.indexOf(LINE_FEED, start)
    const end = found === -1 ? body.length : found
    number += 1
    const bytes = body.subarray(start, end)
    if (!isBlank(bytes)) yield { number, bytes }
    start = end + 1
  }
}
