/**
 * Encodes and decodes the values of KV, with their metadata and checksums (docs/storage.md). Each
 * value is verified here once, when it is read from KV, and not again for each request that it
 * serves.
 */
import * as v from 'valibot'
import {
  type CodedBody,
  computeChecksum,
  hasConsistentCodings,
  joinSegments,
  splitSegments,
} from '../http/coding.ts'
import type { DocumentStatus } from '../http/representation.ts'
import { type LinkRecord, LinkRecordSchema } from '../model/link.ts'
import { omitUndefined } from '../text/json.ts'
import type { Target } from './targets.ts'

/**
 * Validators and type of a document: all that a conditional request needs. Times are in seconds,
 * the length is in bytes.
 */
export type Validators = {
  status: DocumentStatus
  type: string
  etag: string
  modified: number
  length: number
  language?: string
  /** Numbers of the neighbouring archive pages, for the `Link` header. */
  older?: number
  newer?: number
}

/**
 * What KV should contain under a target, according to the desk. The `notes` of a document are
 * stored beside it, and `readNotes` reads them.
 */
export type Content =
  | { kind: 'document'; validators: Validators; body: string; notes?: string }
  | { kind: 'redirect'; location: string }
  | { kind: 'link'; record: LinkRecord }
  | { kind: 'absent' }

const documentMetadata = {
  s: v.optional(v.picklist([410, 451])),
  t: v.string(),
  e: v.string(),
  m: v.number(),
  l: v.optional(v.string()),
  b: v.optional(v.number()),
  a: v.optional(v.number()),
}
/** The number of bytes of the text, then the number of bytes of each segment. */
const LengthsSchema = v.strictTuple([v.number(), v.number(), v.number(), v.number(), v.number()])

/**
 * Metadata in KV. Its keys are short because its limit is 1,024 bytes.
 *
 * - `r`: the value is the address of a redirect.
 * - `n`: the value is a text with this number of bytes.
 * - `c`: the value consists of segments with these lengths. A version of Dateline that does not
 *   support segments refuses such a value instead of serving it as text.
 * - `k`: the checksum of the value. Earlier versions did not write it.
 */
const MetadataSchema = v.union([
  v.object({ r: v.literal(1), k: v.optional(v.number()) }),
  v.object({ ...documentMetadata, n: v.number() }),
  v.object({ ...documentMetadata, c: LengthsSchema, k: v.optional(v.number()) }),
])
export type Metadata = v.InferOutput<typeof MetadataSchema>
const LinkMetadataSchema = v.object({ k: v.number() })

/** A value in KV that is damaged, or that the desk did not write. It is treated as missing. */
export class DamagedValue extends Error {
  constructor(target: Target, why: string) {
    super(`${target}: ${why}`)
  }
}

/** Parses the metadata of a value. Returns `undefined` if Dateline did not write it. */
export function parseMetadata(input: unknown): Metadata | undefined {
  const parsed = v.safeParse(MetadataSchema, input)
  return parsed.success ? parsed.output : undefined
}

/**
 * Returns the address of a redirect. Throws `DamagedValue` if it differs from the address that the
 * desk wrote.
 */
export function verifyLocation(
  target: Target,
  location: string,
  { k }: Extract<Metadata, { r: 1 }>,
): string {
  if (k === undefined ? !URL.canParse(location) : k !== computeChecksum(location))
    throw new DamagedValue(target, 'the address of the redirect is damaged')
  return location
}

/**
 * Returns the body. Throws `DamagedValue` if it does not match the validators. It is verified here
 * once, and not again for each request that it serves.
 */
export async function verifyBody(
  target: Target,
  bytes: Uint8Array<ArrayBuffer>,
  metadata: Exclude<Metadata, { r: 1 }>,
): Promise<CodedBody> {
  if ('n' in metadata) {
    if (await contradictsEtag(bytes, metadata.e))
      throw new DamagedValue(target, 'the text does not match its entity-tag')
    return { identity: new Blob([bytes]) }
  }
  const [length, ...lengths] = metadata.c
  const body = splitSegments(bytes, lengths)
  if (!body) throw new DamagedValue(target, 'the value is not as long as its segments')
  const isIntact =
    metadata.k === undefined
      ? await hasConsistentCodings(body, length)
      : metadata.k === computeChecksum(bytes, metadata.e)
  if (!isIntact) throw new DamagedValue(target, 'the body does not decode to what was written')
  return body
}

/**
 * Returns whether the entity-tag has the form of Dateline's digests, but is not the digest of this
 * text.
 */
async function contradictsEtag(text: Uint8Array<ArrayBuffer>, etag: string): Promise<boolean> {
  const digest = /^W\/"([\w-]{22})"$/.exec(etag)?.[1]
  if (digest === undefined) return false
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', text))
  const encodedHash = btoa(String.fromCharCode(...hash))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
  return !encodedHash.startsWith(digest)
}

/** Returns the validators in the metadata of a document. */
export function getValidators(metadata: Exclude<Metadata, { r: 1 }>): Validators {
  return {
    status: metadata.s ?? 200,
    type: metadata.t,
    etag: metadata.e,
    modified: metadata.m,
    length: 'c' in metadata ? metadata.c[0] : metadata.n,
    ...omitUndefined({ language: metadata.l, older: metadata.b, newer: metadata.a }),
  }
}

/**
 * Parses the record of a link. Throws `DamagedValue` if it differs from the record that the desk
 * wrote.
 */
export function parseLink(target: Target, text: string, metadata: unknown): LinkRecord {
  const parsedMetadata = v.safeParse(LinkMetadataSchema, metadata)
  if (parsedMetadata.success && parsedMetadata.output.k !== computeChecksum(text))
    throw new DamagedValue(target, 'the link does not match its checksum')
  const record = v.safeParse(v.pipe(v.string(), v.parseJson(), LinkRecordSchema), text)
  if (!record.success) throw new DamagedValue(target, 'the value is not a link')
  return record.output
}

/** Value and metadata of a key, as KV stores them. */
export type EncodedValue = { value: string | Uint8Array; metadata: object }

/** Encodes the content of a key. */
export function encodeContent(content: Exclude<Content, { kind: 'absent' }>): EncodedValue {
  switch (content.kind) {
    case 'link':
      return addChecksum(JSON.stringify(content.record), {})
    case 'redirect':
      return addChecksum(content.location, { r: 1 })
    case 'document': {
      const { status, type, etag, modified, length, language, older, newer } = content.validators
      const segments = joinSegments(content.body, content.notes ?? '')
      const metadata: Metadata = {
        ...(status !== 200 && { s: status }),
        t: type,
        e: etag,
        m: modified,
        ...omitUndefined({ l: language, b: older, a: newer }),
        ...(segments
          ? { c: [length, ...segments.lengths], k: computeChecksum(segments.value, etag) }
          : { n: length }),
      }
      return { value: segments?.value ?? content.body, metadata }
    }
    default:
      return content satisfies never
  }
}

const addChecksum = (value: string, metadata: object): EncodedValue => ({
  value,
  metadata: { ...metadata, k: computeChecksum(value) },
})
