/**
 * What an isolate needs to answer readers, and the steps that look-ups of documents and links
 * share: an answer comes from memory, else from the wire, else from the desk behind the shield.
 * Hono is not used here, so tests need no application.
 */
import type { DeskRpc } from '../desk/protocol.ts'
import { type Failure, type FailureReason, fail, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { STORAGE_REASONS } from '../model/storage-failures.ts'
import { DamagedValue } from '../wire/codec.ts'
import type { Target } from '../wire/targets.ts'
import type { CachedValue, WireCache } from './cache.ts'
import { buildClientKey } from './client-key.ts'
import type { Shield } from './shield.ts'

/** A rate limiter as the platform binds it. */
export type Limiter = { limit(options: { key: string }): Promise<{ success: boolean }> }

/**
 * Bindings and settings of one environment, with the memory and the shield of the isolate. `now` in
 * milliseconds.
 */
export type Isolate = {
  readonly publication: Publication
  readonly wire: KVNamespace
  /** Opens a stub of the desk. A stub belongs to the request that opened it. */
  readonly getDesk: () => DeskRpc
  /**
   * Limits requests of one client for unknown addresses, and for documents that nobody has
   * requested before.
   */
  readonly missLimit: Limiter
  /** Limits requests of one client for unknown codes. */
  readonly codeLimit: Limiter
  /** The whole environment. `npm start` binds more than the platform does. */
  readonly env: object
  readonly cache: WireCache
  readonly shield: Shield
  readonly now: () => number
}

export const UNAVAILABLE: Failure = { reason: 'unavailable', retryAfterSeconds: 30 }

/** What closes the desk and is no business of readers: they are told to come again. */
const CLOSED_REASONS: readonly FailureReason[] = ['import-under-way', ...STORAGE_REASONS]
export const isDeskClosed = ({ reason }: Failure): boolean => CLOSED_REASONS.includes(reason)

/**
 * More than the shield can hold, so it does not cache the answer: a closed desk may be open at the
 * next request.
 */
export const UNCACHEABLE = Number.POSITIVE_INFINITY

/** The key by which limiters count a client. It is neither stored nor logged. */
export const getClientKey = ({ publication, env }: Isolate, request: Request): string =>
  buildClientKey(request, publication.trustedProxy, env)

/** Logs a store that fails, and answers with 503 instead: never with a 404. */
export async function catchStoreFailures<T>(
  target: Target,
  work: (target: Target) => Promise<Result<T>>,
): Promise<Result<T>> {
  try {
    return await work(target)
  } catch (cause) {
    console.error(
      JSON.stringify({ event: 'read.failed', target, error: String(cause).slice(0, 300) }),
    )
    return fail(UNAVAILABLE)
  }
}

/**
 * What memory or the wire say. A value that is `damaged` is served to nobody: it counts as one that
 * is not there.
 */
export async function readWire(
  { cache, publication }: Isolate,
  target: Target,
  read: () => Promise<CachedValue | undefined>,
): Promise<{ stored: CachedValue | undefined; isDamaged: boolean }> {
  let isDamaged = false
  const stored = await cache.refresh(target, publication.memorySeconds, async () => {
    try {
      return await read()
    } catch (cause) {
      if (!(cause instanceof DamagedValue)) throw cause
      isDamaged = true
      console.warn(JSON.stringify({ event: 'wire.damaged', error: cause.message.slice(0, 300) }))
      return undefined
    }
  })
  return { stored, isDamaged }
}
