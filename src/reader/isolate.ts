/**
 * What an isolate needs to answer readers, and what looking up a document and a link have in common: an answer comes from
 * memory, else from the wire, else from the desk behind the shield. Without Hono, so that tests need no application.
 */
import type { DeskRpc } from '../desk/protocol.ts'
import { type Failure, fail, type Reason, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { STORAGE_REASONS } from '../model/storage-failures.ts'
import { DamagedValue } from '../wire/codec.ts'
import type { Target } from '../wire/targets.ts'
import { clientKey } from './client-key.ts'
import type { Known, Memory } from './memory.ts'
import type { Shield } from './shield.ts'

/** A limiter as the platform binds one. */
export type Limiter = { limit(options: { key: string }): Promise<{ success: boolean }> }

/** Bindings and settings of one environment, with the memory and the shield of the isolate. `now` in milliseconds. */
export type Isolate = {
  readonly publication: Publication
  readonly wire: KVNamespace
  /** A stub of the desk, opened anew for each request: it is bound to the one that opened it. */
  readonly desk: () => DeskRpc
  /** How often a client may ask for what is unknown, and for documents that nobody asked for before. */
  readonly missLimit: Limiter
  /** How often a client may ask for codes that are none. */
  readonly codeLimit: Limiter
  /** The whole environment: `npm start` binds more to it than the platform does. */
  readonly env: object
  readonly memory: Memory
  readonly shield: Shield
  readonly now: () => number
}

export const UNAVAILABLE: Failure = { reason: 'unavailable', retryAfterSeconds: 30 }

/** What closes the desk and is no business of readers: they are told to come again. */
const CLOSED: readonly Reason[] = ['import-under-way', ...STORAGE_REASONS]
export const isClosed = ({ reason }: Failure): boolean => CLOSED.includes(reason)

/** Larger than anything that the shield remembers: a desk that is closed now may be open with the next request. */
export const NOT_REMEMBERED = Number.POSITIVE_INFINITY

/** Whom the limiters count. Not kept, not logged. */
export const clientOf = ({ publication, env }: Isolate, request: Request): string =>
  clientKey(request, publication.trustedProxy, env)

/** Logs a store that fails, and answers 503 for it: never a 404. */
export async function withStores<T>(
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
export async function askWire(
  { memory, publication }: Isolate,
  target: Target,
  read: () => Promise<Known | undefined>,
): Promise<{ sent: Known | undefined; damaged: boolean }> {
  let damaged = false
  const sent = await memory.ask(target, publication.memorySeconds, async () => {
    try {
      return await read()
    } catch (cause) {
      if (!(cause instanceof DamagedValue)) throw cause
      damaged = true
      console.warn(JSON.stringify({ event: 'wire.damaged', error: cause.message.slice(0, 300) }))
      return undefined
    }
  })
  return { sent, damaged }
}
