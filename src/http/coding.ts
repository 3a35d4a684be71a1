/**
 * A body and its content codings (RFC 9110 section 8.4.1). Bodies are Blobs: plain data that requests may share, sent
 * by reference, at half of what a string costs (docs/decisions/012-the-cheapest-poll.md).
 */
import { brotliCompressSync, constants, gunzipSync, gzipSync } from 'node:zlib'

/** Codings that we send, the smaller first. */
export const CODINGS = ['br', 'gzip'] as const
export type Coding = (typeof CODINGS)[number]

/** Below so many bytes a body goes out as it is: headers and decoding cost more than what is saved. */
export const LEAST_CODED_BYTES = 1000
/** 300 KB of feed take some 5 ms; at 11, the default of brotli, they take 315, for 15 % less. */
const BROTLI_QUALITY = 5
const GZIP_LEVEL = 9

/**
 * One body in the codings that are there, the others are derived when somebody wants them. It has identity or gzip.
 * `notes`: what the desk notes of the body for who makes something else of it.
 */
export type CodedBody = { identity?: Blob; br?: Blob; gzip?: Blob; notes?: Blob }

export const bodyOf = (text: string): CodedBody => ({ identity: new Blob([text]) })

/** The codings that a body of so many bytes can be had in. */
export const codingsOf = (length: number): readonly Coding[] =>
  length < LEAST_CODED_BYTES ? [] : CODINGS

/** The same bytes give the same bytes: no coding notes a time. Synchronous: 300 KB take some ten milliseconds. */
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

/** The bytes to send in a coding, `undefined` is identity. What had to be derived is kept in the body. */
export async function bytesIn(body: CodedBody, coding: Coding | undefined): Promise<Blob> {
  const there = body[coding ?? 'identity']
  if (there) return there
  if (coding === undefined) {
    if (!body.gzip) throw new Error('A body has neither identity nor gzip')
    body.identity = new Blob([new Uint8Array(gunzipSync(await bytesOf(body.gzip)))])
    return body.identity
  }
  const identity = await bytesIn(body, undefined)
  const derived = new Blob([compress(await bytesOf(identity), coding)])
  body[coding] = derived
  return derived
}

/** What was noted of the body; `undefined` when nothing was. */
export const notesOf = async (body: CodedBody): Promise<string | undefined> =>
  await body.notes?.text()

/** What a body takes in memory at most, once every coding has been derived; `length` is that of identity. */
export const weightOf = (body: CodedBody, length: number): number =>
  length + (body.br?.size ?? length) + (body.gzip?.size ?? length) + (body.notes?.size ?? 0)

const bytesOf = async (blob: Blob): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer())
