/**
 * The KV namespace from which every reader is served. Only the desk writes to it. `targets.ts`
 * defines the keys, and `codec.ts` the values.
 */
import type { CodedBody } from '../http/coding.ts'
import type { LinkRecord } from '../model/link.ts'
import {
  type Content,
  DamagedValue,
  encodeContent,
  getValidators,
  parseLink,
  parseMetadata,
  type Validators,
  verifyBody,
  verifyLocation,
} from './codec.ts'
import { linkTarget, type Target } from './targets.ts'

/**
 * How long Cloudflare may cache a key at the location that read it, in seconds. KV allows no less.
 */
const CACHE_TTL_SECONDS = 30

/**
 * A document whose body has not been read yet. Exactly one of its two functions must be called, so
 * that a 304 need not wait for the body.
 */
export type StoredDocument =
  | {
      kind: 'document'
      validators: Validators
      /** Throws `DamagedValue` if the value does not match the validators. */
      readBody: () => Promise<CodedBody>
      discard: () => void
    }
  | { kind: 'redirect'; location: string }

/**
 * Reads a document or a redirect. Throws if KV fails, and throws `DamagedValue` if the desk did not
 * write the value.
 */
export async function readDocument(
  kv: KVNamespace,
  target: Target,
): Promise<StoredDocument | undefined> {
  const { value, metadata: rawMetadata } = await readValue(kv, target)
  if (value === null) return undefined
  const metadata = parseMetadata(rawMetadata)
  if (!metadata) {
    void value.cancel()
    throw new DamagedValue(target, 'the metadata was not written by Dateline')
  }
  if ('r' in metadata) {
    const location = verifyLocation(target, await new Response(value).text(), metadata)
    return { kind: 'redirect', location }
  }
  return {
    kind: 'document',
    validators: getValidators(metadata),
    readBody: async () =>
      await verifyBody(target, new Uint8Array(await new Response(value).arrayBuffer()), metadata),
    discard: () => void value.cancel(),
  }
}

const readValue = (kv: KVNamespace, target: Target) =>
  kv.getWithMetadata<unknown>(target, { type: 'stream', cacheTtl: CACHE_TTL_SECONDS })

/** Reads a link. Throws like `readDocument`. */
export async function readLink(kv: KVNamespace, folded: string): Promise<LinkRecord | undefined> {
  const target = linkTarget(folded)
  const { value, metadata } = await readValue(kv, target)
  return value === null ? undefined : parseLink(target, await new Response(value).text(), metadata)
}

/** Writes or deletes one key. Only the outbox of the desk calls it. */
export async function writeContent(
  kv: KVNamespace,
  target: Target,
  content: Content,
): Promise<void> {
  if (content.kind === 'absent') return await kv.delete(target)
  const { value, metadata } = encodeContent(content)
  await kv.put(target, value, { metadata })
}

/** Lists one page of all keys, for the sweep that finds unknown ones. */
export async function listTargets(
  kv: KVNamespace,
  cursor: string | undefined,
): Promise<{ targets: Target[]; cursor?: string }> {
  const page = await kv.list(cursor === undefined ? {} : { cursor })
  const targets = page.keys.map(({ name }) => name)
  return page.list_complete ? { targets } : { targets, cursor: page.cursor }
}
