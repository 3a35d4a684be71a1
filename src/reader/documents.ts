/**
 * Finds documents and redirects for readers: in the cache, else in KV, else at the desk, which the
 * shield protects. A late or damaged value, or a store that fails, never causes a 404.
 */
import { createBody } from '../http/coding.ts'
import { wantsBody } from '../http/representation.ts'
import { fail, ok, type Result } from '../model/failures.ts'
import type { Content, Validators } from '../wire/codec.ts'
import { readDocument } from '../wire/store.ts'
import type { Target } from '../wire/targets.ts'
import type { CachedValue } from './cache.ts'
import {
  catchStoreFailures,
  getClientKey,
  type Isolate,
  isDeskClosed,
  readWire,
  UNAVAILABLE,
  UNCACHEABLE,
} from './isolate.ts'

/** A document or a redirect. A document has its body if the caller needs it. */
export type FoundDocument = Exclude<CachedValue, { kind: 'link' }>
export type BodyPredicate = (validators: Validators) => boolean

/**
 * Finds a document, or the address it has moved to. Returns `unavailable`, never `not-found`, if a
 * store fails. `subject` names the document in error messages. `needsBody` decides whether the body
 * is read; by default it is read if the response to this request has one.
 */
export const findDocument = (
  isolate: Isolate,
  request: Request,
  target: Target,
  subject: string,
  needsBody: BodyPredicate = (validators) => wantsBody(request, validators),
): Promise<Result<FoundDocument>> =>
  catchStoreFailures<FoundDocument>(target, async () => {
    const { cache, shield, publication } = isolate
    const cached = cache.get(target, publication.memorySeconds)
    const usableCached = cached && selectUsable(cached, needsBody)
    if (usableCached) return ok(usableCached)
    const { stored, isDamaged } = await readWire(isolate, target, () =>
      readStoredDocument(isolate, target, needsBody),
    )
    const usableStored = stored && selectUsable(stored, needsBody)
    if (usableStored) {
      shield.invalidate(target)
      return ok(usableStored)
    }
    const content = await requestContent(isolate, request, target, isDamaged)
    if (!content.ok) {
      // A 404 or an incomplete feed would make readers drop articles that are only late.
      return isDeskClosed(content.failure) || stored !== undefined ? fail(UNAVAILABLE) : content
    }
    const rendered = toCachedValue(content.value)
    cache.set(target, publication.memorySeconds, rendered)
    const found = rendered && selectUsable(rendered, needsBody)
    return found ? ok(found) : fail({ reason: 'not-found', subject })
  })

/** Returns the value if it is a redirect, or a document whose body is present or not needed. */
function selectUsable(value: CachedValue, needsBody: BodyPredicate): FoundDocument | undefined {
  if (value.kind === 'link') return undefined
  const isUsable = value.kind === 'redirect' || value.body || !needsBody(value.validators)
  return isUsable ? value : undefined
}

/** Reads the target from KV. Reuses the cached body if the document is the same. */
async function readStoredDocument(
  { wire, cache }: Isolate,
  target: Target,
  needsBody: BodyPredicate,
): Promise<FoundDocument | undefined> {
  const found = await readDocument(wire, target)
  if (found?.kind !== 'document') return found
  const { kind, validators } = found
  const cachedBody = cache.findBody(target, validators.etag)
  if (!cachedBody && needsBody(validators))
    return { kind, validators, body: await found.readBody() }
  found.discard()
  return { kind, validators, body: cachedBody }
}

/**
 * Requests the content of a target from the desk. The desk calls `requestRendering` before it
 * renders, because rendering is expensive and limited for each client.
 */
function requestContent(
  isolate: Isolate,
  request: Request,
  target: Target,
  isDamaged: boolean,
): Promise<Result<Content>> {
  const client = getClientKey(isolate, request)
  return isolate.shield.getOrLoad<Content>(target, client, async () => {
    let isOverLimit = false
    const requestRendering = async (): Promise<boolean> => {
      isOverLimit = !(await consumeLimit(isolate, 'documents', client))
      return !isOverLimit
    }
    const result = await isolate.getDesk().getContent(target, isDamaged, requestRendering)
    if (!result.ok) return { result, bytes: UNCACHEABLE }
    if (isOverLimit) return { bytes: 0, isOverLimit }
    const { value } = result
    if (value.kind === 'document') return { result, bytes: value.validators.length }
    const isUnknown = value.kind === 'absent'
    return {
      result,
      bytes: 100,
      isOverLimit: isUnknown && !(await consumeLimit(isolate, 'unknown', client)),
    }
  })
}

/**
 * Counts a request against one of two limits: the limit for unknown addresses, or the one for
 * documents that nobody has requested before. Both use the same limiter, which counts each key
 * separately.
 */
const consumeLimit = async (
  { missLimit }: Isolate,
  budget: 'unknown' | 'documents',
  client: string,
): Promise<boolean> => (await missLimit.limit({ key: `${budget}:${client}` })).success

function toCachedValue(content: Content): CachedValue | undefined {
  switch (content.kind) {
    case 'absent':
      return undefined
    case 'document': {
      const { kind, validators, body, notes } = content
      const bodyNotes = notes === undefined ? {} : { notes: new Blob([notes]) }
      return { kind, validators, body: { ...createBody(body), ...bodyNotes } }
    }
    default:
      return content
  }
}
