/**
 * Defines what an isolate needs to serve readers, and the steps that look-ups of documents
 * (`documents.ts`) and links (`links.ts`) share.
 *
 * A value comes from the cache, else from KV, else from the desk, which the shield protects.
 * Nothing here uses Hono, so tests need no application.
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

/** The interface of the platform's rate limiters. */
export type Limiter = { limit(options: { key: string }): Promise<{ success: boolean }> }

/**
 * Bindings and settings of one environment, with the isolate's cache and shield. `now` returns
 * milliseconds.
 */
export type Isolate = {
  readonly publication: Publication
  readonly wire: KVNamespace
  /** Returns a stub of the desk. A stub belongs to the request that created it. */
  readonly getDesk: () => DeskRpc
  /**
   * Limits one client's requests for unknown addresses, and for documents that nobody has requested
   * before.
   */
  readonly missLimit: Limiter
  /** Limits requests of one client for unknown codes. */
  readonly codeLimit: Limiter
  /** All bindings. Under `npm start` there are more of them than on the platform. */
  readonly env: object
  readonly cache: WireCache
  readonly shield: Shield
  readonly now: () => number
}

export const UNAVAILABLE: Failure = { reason: 'unavailable', retryAfterSeconds: 30 }

/** The reasons for which the desk may be closed. Readers get `UNAVAILABLE` instead of them. */
const CLOSED_REASONS: readonly FailureReason[] = ['import-under-way', ...STORAGE_REASONS]
export const isDeskClosed = ({ reason }: Failure): boolean => CLOSED_REASONS.includes(reason)

/**
 * A size that the shield cannot store, so that the result is not cached. It is used for failures of
 * the desk, because a closed desk may open at any time.
 */
export const UNCACHEABLE = Number.POSITIVE_INFINITY

/** Returns the key by which limiters count a client. The worker neither stores nor logs it. */
export const getClientKey = ({ publication, env }: Isolate, request: Request): string =>
  buildClientKey(request, publication.trustedProxy, env)

/** Runs a look-up. If it throws, logs the error and returns `UNAVAILABLE` (503, never 404). */
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

/** Reads a target from KV and refreshes the cache. A damaged value is logged and never served. */
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
