/**
 * Bodies and their content codings (RFC 9110 section 8.4.1). Bodies are Blobs: several requests may
 * share them, and sending a Blob costs half as much as sending a string
 * (docs/decisions/012-the-cheapest-poll.md).
 */
import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  crc32,
  gunzipSync,
  gzipSync,
} from 'node:zlib'

/** The codings that can be sent. The one with the smaller result comes first. */
export const CODINGS = ['br', 'gzip'] as const
export type Coding = (typeof CODINGS)[number]

/**
 * Shorter bodies are not compressed, because headers and decoding would cost more than compression
 * saves.
 */
export const MIN_COMPRESSED_BYTES = 1000
/**
 * With this quality, 300 KB of feed take about 5 ms. With Brotli's default of 11 they take 315 ms
 * and become 15 % smaller.
 */
const BROTLI_QUALITY = 5
const GZIP_LEVEL = 9

/**
 * A body in some codings. The others are derived when they are needed, so at least `identity` or
 * `gzip` is present. `notes` are the desk's notes for deltas.
 */
export type CodedBody = { identity?: Blob; br?: Blob; gzip?: Blob; notes?: Blob }

export const createBody = (text: string): CodedBody => ({ identity: new Blob([text]) })

/** Lists the codings in which a body of this length is available. */
export const listCodings = (length: number): readonly Coding[] =>
  length < MIN_COMPRESSED_BYTES ? [] : CODINGS

/**
 * Compresses a body. The result is deterministic, because no coding stores a time. 300 KB take
 * about ten milliseconds, during which nothing else runs.
 */
export function compress(bytes: Uint8Array, coding: Coding): Uint8Array<ArrayBuffer> {
  const compressed =
    coding === 'br'
      ? brotliCompressSync(bytes, {
          params: {
            [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
            [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
          },
        })
      : gzipSync(bytes, { level: GZIP_LEVEL })
  return new Uint8Array(compressed)
}

/**
 * Returns the bytes to send in a coding, or in identity if `coding` is `undefined`. Derived codings
 * are stored in the body.
 */
export async function getEncodedBody(body: CodedBody, coding: Coding | undefined): Promise<Blob> {
  const existing = body[coding ?? 'identity']
  if (existing) return existing
  if (coding === undefined) {
    if (!body.gzip) throw new Error('Cannot decode a body: it has neither identity nor gzip')
    body.identity = new Blob([new Uint8Array(gunzipSync(await readBytes(body.gzip)))])
    return body.identity
  }
  const identity = await getEncodedBody(body, undefined)
  const encoded = new Blob([compress(await readBytes(identity), coding)])
  body[coding] = encoded
  return encoded
}

/** Returns the notes of the body, or `undefined` if it has none. */
export const readNotes = async (body: CodedBody): Promise<string | undefined> =>
  await body.notes?.text()

/**
 * Returns the most memory that a body can use, which is when every coding has been derived.
 * `length` is the length of identity.
 */
export const getMaxMemoryBytes = (body: CodedBody, length: number): number =>
  length + (body.br?.size ?? length) + (body.gzip?.size ?? length) + (body.notes?.size ?? 0)

/** The order of a body's segments in a stored value. */
const SEGMENTS = ['identity', 'br', 'gzip', 'notes'] as const
/** The number of bytes of each segment. */
export type SegmentLengths = [identity: number, br: number, gzip: number, notes: number]

/**
 * Joins a body, its codings and its notes into one value. Returns `undefined` for a short body
 * without notes, which needs no segments.
 */
export function joinSegments(
  body: string,
  notes: string,
): { value: Uint8Array<ArrayBuffer>; lengths: SegmentLengths } | undefined {
  const identity = new TextEncoder().encode(body)
  const isCompressed = identity.length >= MIN_COMPRESSED_BYTES
  if (!isCompressed && notes === '') return undefined
  const empty = new Uint8Array()
  const plainSegment = isCompressed ? empty : identity
  const brotli = isCompressed ? compress(identity, 'br') : empty
  const gzip = isCompressed ? compress(identity, 'gzip') : empty
  const notesBytes = new TextEncoder().encode(notes)
  const lengths: SegmentLengths = [
    plainSegment.length,
    brotli.length,
    gzip.length,
    notesBytes.length,
  ]
  const value = new Uint8Array(sum(lengths))
  let offset = 0
  for (const segment of [plainSegment, brotli, gzip, notesBytes]) {
    value.set(segment, offset)
    offset += segment.length
  }
  return { value, lengths }
}

/**
 * Splits a value into the segments of a body. Returns `undefined` if the lengths do not add up to
 * the length of the value.
 */
export function splitSegments(
  value: Uint8Array<ArrayBuffer>,
  lengths: readonly number[],
): CodedBody | undefined {
  if (sum(lengths) !== value.length) return undefined
  const body: CodedBody = {}
  let offset = 0
  for (const [index, name] of SEGMENTS.entries()) {
    const length = lengths[index] ?? 0
    if (length > 0) body[name] = new Blob([value.subarray(offset, offset + length)])
    offset += length
  }
  return body
}

/**
 * Computes the CRC-32 of a label followed by a stored value. 200 KB take a fifth of a millisecond.
 */
export const computeChecksum = (value: Uint8Array | string, label = ''): number =>
  crc32(value, crc32(label))

/**
 * Returns whether all codings of a body decode to the same bytes, and whether their number is
 * `length`. 300 KB take some milliseconds.
 */
export async function hasConsistentCodings(body: CodedBody, length: number): Promise<boolean> {
  try {
    const decodedBodies = [
      ...(body.identity ? [await readBytes(body.identity)] : []),
      ...(body.br ? [new Uint8Array(brotliDecompressSync(await readBytes(body.br)))] : []),
      ...(body.gzip ? [new Uint8Array(gunzipSync(await readBytes(body.gzip)))] : []),
    ]
    const checksums = new Set(decodedBodies.map((decoded) => crc32(decoded)))
    return decodedBodies.every((decoded) => decoded.length === length) && checksums.size === 1
  } catch {
    return false
  }
}

const sum = (lengths: readonly number[]): number =>
  lengths.reduce((total, length) => total + length, 0)

const readBytes = async (blob: Blob): Promise<Uint8Array> =>
  new Uint8Array(await blob.arrayBuffer())
