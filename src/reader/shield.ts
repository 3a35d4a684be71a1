/**
 * The shield before the desk. Readers are served from the wire; only what is not there may reach
 * the desk, and only through here: a small memory in each isolate. A client who has spent a budget
 * has few questions at a time from then on, so that unknown addresses take no budget from documents
 * that exist: the desk has to be asked which of both it is. Known things are on the wire and never
 * come this way, so they are never slowed.
 */
import { fail, type Result } from '../model/failures.ts'
import { getAge } from '../text/time.ts'
import { ClientSlots } from './client-slots.ts'

/** How long an isolate remembers what the desk said. */
export const SHIELD_MAX_AGE_MS = 10_000
const MAX_ENTRIES = 5_000
const MAX_BYTES = 8 * 1024 * 1024
export const RETRY_AFTER_SECONDS = 60

/** What the desk said at `at`, in milliseconds, and for how long that is kept. */
type CachedResult = { cachedAt: number; maxAgeMs: number; bytes: number; result: unknown }

/**
 * What the desk said; `bytes` tells what keeping it costs. `overspent`: the client has spent a
 * budget with this question, and is told that instead; others may have the answer, if there is one.
 */
export type LoadResult<T> = { result?: Result<T>; bytes: number; isOverLimit?: boolean }

/**
 * How long requests for the same thing wait for the one that asks, in milliseconds; then they ask
 * themselves.
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
  /** What is being asked, and since when: others wait for the answer. */
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
   * Asks the desk by `load`, unless it was asked within the last ten seconds (or `memoryMs`), is
   * being asked by another request, or too many questions of this client are under way. Throws what
   * `load` throws.
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
      // Only `load` of the same key ever put it there.
      if (cached) return cached.result as Result<T>
      const isLoading = this.#isLoading(key)
      release = isLoading ? undefined : this.#slots.claim(client)
      if (release) break
      if (!isLoading && !this.#slots.mayWait(client, requestedAt)) return TOO_MANY_REQUESTS
      // Workers cannot await a promise of another request, so look again.
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
   * The wire has it now: what the desk said before is older, and would be a lie if the wire missed
   * it once more.
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

  /** Bounded in entries and bytes; the oldest go first. */
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
