/**
 * Requests for feed documents and pages of channels that do not exist yet.
 *
 * Every isolate caches "not found" for ten seconds. If a requested channel appears within that
 * time, the desk writes its documents to KV without another request. Readers who came too early
 * then do not have to wait until the cache entry of their isolate expires.
 */
import { getAge } from '../text/time.ts'
import type { Target } from '../wire/targets.ts'

/** Slightly longer than isolates cache "not found" (`reader/shield.ts`). */
const RETENTION_MS = 12_000
const MAX_REQUESTS = 1_000

export class EarlyRequests {
  readonly #requests = new Map<Target, number>()

  /** Records a request at `now` (milliseconds). Evicts the oldest one when full. */
  add(target: Target, now: number): void {
    const oldest = this.#requests.keys().next().value
    if (this.#requests.size >= MAX_REQUESTS && oldest !== undefined) this.#requests.delete(oldest)
    this.#requests.set(target, now)
  }

  /** Removes and returns the targets that exist now. Drops expired requests. */
  takeExisting(now: number, exists: (target: Target) => boolean): Target[] {
    const existing = [...this.#requests.keys()].filter(exists)
    for (const target of existing) this.#requests.delete(target)
    for (const [target, requestedAt] of this.#requests)
      if (getAge(requestedAt, now) > RETENTION_MS) this.#requests.delete(target)
    return existing
  }
}
