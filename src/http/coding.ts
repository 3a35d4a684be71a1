/**
 * A body and its content codings (RFC 9110 section 8.4.1). Bodies are Blobs: plain data that
 * requests may share, sent by reference, at half of what a string costs
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

/** Codings that we send, the smaller first. */
export const CODINGS = ['br', 'gzip'] as const
export type Coding = (typeof CODINGS)[number]

/**
 * Below so many bytes a body goes out as it is: headers and decoding cost more than what is saved.
 */
export const MIN_COMPRESSED_BYTES = 1000
/** 300 KB of feed take some 5 ms; at 11, the default of brotli, they take 315, for 15 % less. */
const BROTLI_QUALITY = 5
const GZIP_LEVEL = 9

/**
 * One body in the codings that are there, the others are derived when somebody wants them. It has
 * identity or gzip. `notes`: what the desk notes of the body for who makes something else of it.
 */
export type CodedBody = { identity?: Blob; br?: Blob; gzip?: Blob; notes?: Blob }

export const createBody = (text: string): CodedBody => ({ identity: new Blob([text]) })

/** The codings that a body of so many bytes can be had in. */
export const listCodings = (length: number): readonly Coding[] =>
  length < MIN_COMPRESSED_BYTES ? [] : CODINGS

/**
 * The same bytes give the same bytes: no coding notes a time. Synchronous: 300 KB take some ten
 * milliseconds.
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
 * The bytes to send in a coding, `undefined` is identity. What had to be derived is kept in the
 * body.
 */
export async function getEncodedBody(body: CodedBody, coding: Coding | undefined): Promise<Blob> {
  const existing = body[coding ?? 'identity']
  if (existing) return existing
  if (coding === undefined) {
    if (!body.gzip) throw new Error('A body has neither identity nor gzip')
    body.identity = new Blob([new Uint8Array(gunzipSync(await readBytes(body.gzip)))])
    return body.identity
  }
  const identity = await getEncodedBody(body, undefined)
  const encoded = new Blob([compress(await readBytes(identity), coding)])
  body[coding] = encoded
  return encoded
}

/** What was noted of the body; `undefined` when nothing was. */
export const readNotes = async (body: CodedBody): Promise<string | undefined> =>
  await body.notes?.text()

/**
 * What a body takes in memory at most, once every coding has been derived; `length` is that of
 * identity.
 */
export const getMaxMemoryBytes = (body: CodedBody, length: number): number =>
  length + (body.br?.size ?? length) + (body.gzip?.size ?? length) + (body.notes?.size ?? 0)

/** In this order the segments of a body stand one after another in a stored value. */
const SEGMENTS = ['identity', 'br', 'gzip', 'notes'] as const
/** Bytes of each segment. */
export type SegmentLengths = [identity: number, br: number, gzip: number, notes: number]

/**
 * A body compressed, and its notes, as one value; `undefined` for a short body without notes, which
 * needs no segments.
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
 * The body that a value of segments holds; `undefined` when the value is not as long as its
 * segments.
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

/** CRC-32 of a stored value and of what belongs to it. 200 KB take a fifth of a millisecond. */
export const computeChecksum = (value: Uint8Array | string, label = ''): number =>
  crc32(value, crc32(label))

/**
 * Whether every coding of a body decodes to the same `length` bytes. 300 KB take some milliseconds.
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
