/**
 * Protects the desk from readers with a small cache of its results in each isolate.
 *
 * Readers are served from KV. Only requests for targets that KV does not have use the shield, so it
 * never delays the others. A client over its rate limit is not blocked, because only the desk can
 * tell an unknown address from a document that KV does not have yet. Such a client may make few
 * concurrent calls (`client-slots.ts`).
 */
import { fail, type Result } from '../model/failures.ts'
import { getAge } from '../text/time.ts'
import { ClientSlots } from './client-slots.ts'

/** How long an isolate caches a result of the desk by default. */
export const SHIELD_MAX_AGE_MS = 10_000
const MAX_ENTRIES = 5_000
const MAX_BYTES = 8 * 1024 * 1024
export const RETRY_AFTER_SECONDS = 60

/** A cached result of the desk. `cachedAt` is in milliseconds, and `bytes` is the result's size. */
type CachedResult = { cachedAt: number; maxAgeMs: number; bytes: number; result: unknown }

/**
 * A result of the desk and its size. `isOverLimit` means that this call exceeded the client's rate
 * limit, so the client gets a 429 instead. `result`, if present, is still cached for other clients.
 */
export type LoadResult<T> = { result?: Result<T>; bytes: number; isOverLimit?: boolean }

/**
 * How long a request waits for another one that loads the same key, before it loads the key itself.
 */
const LOAD_TIMEOUT_MS = 1000
const POLL_INTERVAL_MS = 10

const TOO_MANY_REQUESTS = fail({
  reason: 'too-many-misses',
  retryAfterSeconds: RETRY_AFTER_SECONDS,
})

export class Shield {
  readonly #now: () => number
  readonly #wait: (milliseconds: number) => Promise<void>
  /**
   * The start times of running calls of `load`, by key. Other requests for the same key wait for
   * the result.
   */
  readonly #loadingSince = new Map<string, number>()
  readonly #cache = new Map<string, CachedResult>()
  readonly #slots: ClientSlots
  #bytes = 0

  constructor(now: () => number, wait: (milliseconds: number) => Promise<void>) {
    this.#now = now
    this.#wait = wait
    this.#slots = new ClientSlots(now, RETRY_AFTER_SECONDS * 1000)
  }

  /**
   * Returns the cached result, or calls `load` and caches its result for `maxAgeMs`. Waits for
   * another request that loads the same key, and for a slot of this client. Fails with 429 if no
   * slot becomes free in time, or if `load` exceeds a rate limit. Throws what `load` throws.
   */
  async getOrLoad<T>(
    key: string,
    client: string,
    load: () => Promise<LoadResult<T>>,
    maxAgeMs = SHIELD_MAX_AGE_MS,
  ): Promise<Result<T>> {
    const requestedAt = this.#now()
    let release: (() => void) | undefined
    for (;;) {
      const cached = this.#findCached(key)
      // The cast is safe: only `load` of the same key stores a result.
      if (cached) return cached.result as Result<T>
      const isLoading = this.#isLoading(key)
      release = isLoading ? undefined : this.#slots.claim(client)
      if (release) break
      if (!isLoading && !this.#slots.tryToWait(client, requestedAt)) return TOO_MANY_REQUESTS
      // Workers cannot await a promise of another request, so poll for its result.
      await this.#wait(POLL_INTERVAL_MS)
    }
    this.#loadingSince.set(key, this.#now())
    try {
      const { result, bytes, isOverLimit } = await load()
      if (result) this.#store(key, { cachedAt: this.#now(), maxAgeMs, bytes, result })
      if (result && !isOverLimit) return result
      this.#slots.markOverLimit(client)
      return TOO_MANY_REQUESTS
    } finally {
      release()
      this.#loadingSince.delete(key)
    }
  }

  /**
   * Deletes a cached result when KV has a newer value. Otherwise the old result would be returned
   * again if a later read of KV does not find the new value.
   */
  invalidate(key: string): void {
    const entry = this.#cache.get(key)
    if (entry) this.#delete(key, entry)
  }

  #isLoading(key: string): boolean {
    const since = this.#loadingSince.get(key)
    return since !== undefined && getAge(since, this.#now()) < LOAD_TIMEOUT_MS
  }

  #findCached(key: string): CachedResult | undefined {
    const cached = this.#cache.get(key)
    if (!cached || getAge(cached.cachedAt, this.#now()) < cached.maxAgeMs) return cached
    this.#delete(key, cached)
    return undefined
  }

  /** Stores an entry. If a limit is exceeded, evicts the oldest entries. */
  #store(key: string, entry: CachedResult): void {
    if (entry.bytes > MAX_BYTES) return
    this.invalidate(key)
    this.#cache.set(key, entry)
    this.#bytes += entry.bytes
    for (const [oldestKey, oldestEntry] of this.#cache) {
      if (this.#cache.size <= MAX_ENTRIES && this.#bytes <= MAX_BYTES) return
      this.#delete(oldestKey, oldestEntry)
    }
  }

  #delete(key: string, entry: CachedResult): void {
    this.#cache.delete(key)
    this.#bytes -= entry.bytes
  }
}
