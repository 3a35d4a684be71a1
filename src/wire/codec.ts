/**
 * Encodes and decodes the values of KV, with their metadata and checksums (docs/storage.md). A
 * value that the desk did not write is detected here, once, and not at each request that it serves.
 */
import * as v from 'valibot'
import { type CodedBody, checksum, decodes, joinSegments, splitSegments } from '../http/coding.ts'
import type { DocumentStatus } from '../http/representation.ts'
import { type LinkRecord, LinkRecordSchema } from '../model/link.ts'
import { defined } from '../text/json.ts'
import type { Target } from './targets.ts'

/**
 * Validators and type of a document: all that a conditional request needs. Times in seconds, length
 * in bytes.
 */
export type Validators = {
  status: DocumentStatus
  type: string
  etag: string
  modified: number
  length: number
  language?: string
  /** Numbers of the archive pages before and after a feed document, for its `Link` header. */
  older?: number
  newer?: number
}

/**
 * What a target should hold, as the desk sees it. `notes` of a document are stored beside it and
 * read by their name.
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
/** Bytes of the text, then of each segment. */
const LengthsSchema = v.strictTuple([v.number(), v.number(), v.number(), v.number(), v.number()])

/**
 * Metadata in KV, short because its limit is 1,024 bytes: `r` marks a redirect, whose address is
 * the value; with `n` the value is a text of so many bytes; with `c` it is segments, one after
 * another. A version that knows no segments refuses the last, instead of serving them for text. `k`
 * is the checksum of the value; what an earlier version wrote has none.
 */
const MetadataSchema = v.union([
  v.object({ r: v.literal(1), k: v.optional(v.number()) }),
  v.object({ ...documentMetadata, n: v.number() }),
  v.object({ ...documentMetadata, c: LengthsSchema, k: v.optional(v.number()) }),
])
export type Metadata = v.InferOutput<typeof MetadataSchema>
const LinkMetadataSchema = v.object({ k: v.number() })

/**
 * What KV holds of a key is not what the desk wrote, or nobody of ours wrote it. It is a miss: the
 * desk knows better.
 */
export class DamagedValue extends Error {
  constructor(target: Target, why: string) {
    super(`${target}: ${why}`)
  }
}

/** Parses the metadata of a value. Returns `undefined` if Dateline did not write it. */
export function parseMetadata(given: unknown): Metadata | undefined {
  const parsed = v.safeParse(MetadataSchema, given)
  return parsed.success ? parsed.output : undefined
}

/**
 * Returns the address of a redirect. Throws `DamagedValue` if it is not the one that was written.
 */
export function locationOf(
  target: Target,
  location: string,
  { k }: Extract<Metadata, { r: 1 }>,
): string {
  if (k === undefined ? !URL.canParse(location) : k !== checksum(location))
    throw new DamagedValue(target, 'its address is not the one that was written')
  return location
}

/**
 * The body, once it is known to be what the validators tell of: checked here once, and at no
 * request that it serves.
 */
export async function intactBody(
  target: Target,
  whole: Uint8Array<ArrayBuffer>,
  metadata: Exclude<Metadata, { r: 1 }>,
): Promise<CodedBody> {
  if ('n' in metadata) {
    if (await contradicts(whole, metadata.e))
      throw new DamagedValue(target, 'its text is not that of its entity-tag')
    return { identity: new Blob([whole]) }
  }
  const [length, ...lengths] = metadata.c
  const body = splitSegments(whole, lengths)
  if (!body) throw new DamagedValue(target, 'it is not as long as its segments')
  const intact =
    metadata.k === undefined
      ? await decodes(body, length)
      : metadata.k === checksum(whole, metadata.e)
  if (!intact) throw new DamagedValue(target, 'it does not decode to what was written')
  return body
}

/** Whether an entity-tag is a digest of ours, and of another text. */
async function contradicts(text: Uint8Array<ArrayBuffer>, etag: string): Promise<boolean> {
  const digest = /^W\/"([\w-]{22})"$/.exec(etag)?.[1]
  if (digest === undefined) return false
  const found = new Uint8Array(await crypto.subtle.digest('SHA-256', text))
  const written = btoa(String.fromCharCode(...found))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
  return !written.startsWith(digest)
}

/** Returns the validators in the metadata of a document. */
export function validatorsOf(metadata: Exclude<Metadata, { r: 1 }>): Validators {
  return {
    status: metadata.s ?? 200,
    type: metadata.t,
    etag: metadata.e,
    modified: metadata.m,
    length: 'c' in metadata ? metadata.c[0] : metadata.n,
    ...defined({ language: metadata.l, older: metadata.b, newer: metadata.a }),
  }
}

/** Parses the record of a link. Throws `DamagedValue` if it is not the one that was written. */
export function parseLink(target: Target, text: string, metadata: unknown): LinkRecord {
  const written = v.safeParse(LinkMetadataSchema, metadata)
  if (written.success && written.output.k !== checksum(text))
    throw new DamagedValue(target, 'it is not the record that was written')
  const record = v.safeParse(v.pipe(v.string(), v.parseJson(), LinkRecordSchema), text)
  if (!record.success) throw new DamagedValue(target, 'it is no record of a link')
  return record.output
}

/** Value and metadata of a key, as KV stores them. */
export type Encoded = { value: string | Uint8Array; metadata: object }

/** Encodes what a key should hold. */
export function encode(content: Exclude<Content, { kind: 'absent' }>): Encoded {
  switch (content.kind) {
    case 'link':
      return checked(JSON.stringify(content.record), {})
    case 'redirect':
      return checked(content.location, { r: 1 })
    case 'document': {
      const { status, type, etag, modified, length, language, older, newer } = content.validators
      const segments = joinSegments(content.body, content.notes ?? '')
      const metadata: Metadata = {
        ...(status !== 200 && { s: status }),
        t: type,
        e: etag,
        m: modified,
        ...defined({ l: language, b: older, a: newer }),
        ...(segments
          ? { c: [length, ...segments.lengths], k: checksum(segments.value, etag) }
          : { n: length }),
      }
      return { value: segments?.value ?? content.body, metadata }
    }
    default:
      return content satisfies never
  }
}

const checked = (value: string, metadata: object): Encoded => ({
  value,
  metadata: { ...metadata, k: checksum(value) },
})
