/**
 * Creates one `Reader` for each environment, so that its settings are parsed only once. An
 * environment lasts until the next deploy. The cache and the shield live as long as the
 * application.
 */
import { DESK_NAME, type DeskRpc } from '../desk/protocol.ts'
import { ok, type Result } from '../model/failures.ts'
import { parsePublication } from '../model/publication.ts'
import { WireCache } from './cache.ts'
import { Reader } from './reader.ts'
import { Shield } from './shield.ts'

/** Returns a stub of the environment's only desk. A stub belongs to the request that created it. */
export const getDesk = (env: Env): DeskRpc => env.DESK.getByName(DESK_NAME)

/**
 * Returns a function that returns the `Reader` of an environment, or a failure if its settings are
 * invalid. `now` returns milliseconds.
 */
export function createReaderFactory(now: () => number): (env: Env) => Result<Reader> {
  const cache = new WireCache(now)
  const shield = new Shield(now, (milliseconds) => scheduler.wait(milliseconds))
  const readers = new WeakMap<Env, Result<Reader>>()
  const createReader = (env: Env): Result<Reader> => {
    const parsed = parsePublication(env)
    if (!parsed.ok) return parsed
    const isolate = {
      publication: parsed.value,
      wire: env.WIRE,
      getDesk: () => getDesk(env),
      missLimit: env.MISS_LIMIT,
      codeLimit: env.CODE_LIMIT,
      env,
      cache,
      shield,
      now,
    }
    return ok(new Reader(isolate))
  }
  return (env) => {
    const reader = readers.get(env) ?? createReader(env)
    readers.set(env, reader)
    return reader
  }
}
