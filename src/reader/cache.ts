/**
 * Cache of KV values in one isolate.
 *
 * Most requests poll a few documents, so caching them for some seconds avoids most reads of KV. The
 * cache also keeps a client from going back in time: after an isolate has served a newer document,
 * KV may still return an older one, or nothing, for about a minute. Then the isolate serves the
 * newer one, but only for `MAX_UNCONFIRMED_MS`, because after a restore from a backup the older
 * document is the right one.
 *
 * Entries hold plain data, because requests must not share objects that are bound to a request.
 */
import { type CodedBody, getMaxMemoryBytes } from '../http/coding.ts'
import type { LinkRecord } from '../model/link.ts'
import { getAge } from '../text/time.ts'
import type { Validators } from '../wire/codec.ts'

/**
 * How long a cached value is served while KV returns something older: twice the minute within which
 * KV usually converges.
 */
export const MAX_UNCONFIRMED_MS = 120_000
/** While one request refreshes an entry, others use the stale value for at most this long. */
export const MAX_REFRESH_MS = 1000
/** A rebuild counts as finished if it has not been reported for this long. */
export const REBUILD_TIMEOUT_MS = 10 * 60_000
/**
 * Maximum size of all entries together; an isolate has 128 MB. A body is counted with all of its
 * content codings, including those that have not been computed yet.
 */
export const MAX_BYTES = 32 * 1024 * 1024
/** Estimated size of an entry without its body: key, validators and bookkeeping. */
const ENTRY_BYTES = 600

/** The value of a target. The body of a document is missing until a request needs it. */
export type CachedValue =
  | { kind: 'document'; validators: Validators; body?: CodedBody | undefined }
  | { kind: 'redirect'; location: string }
  | { kind: 'link'; record: LinkRecord }

/**
 * All times are in milliseconds. If the clock was set back, a stored time may be in the future, and
 * the entry is stale.
 */
type CacheEntry = {
  value: CachedValue
  bytes: number
  /** When the last read of KV began, or when the desk returned the value. */
  requestedAt: number
  /** When the current read of KV began, or `NOT_REFRESHING` if there is none. */
  refreshingSince: number
  /** When KV or the desk last confirmed the value. */
  confirmedAt: number
}
const NOT_REFRESHING = Number.NEGATIVE_INFINITY

export class WireCache {
  readonly #now: () => number
  readonly #entries = new Map<string, CacheEntry>()
  #bytes = 0
  /** When a running rebuild was last reported to this isolate. */
  #rebuildReportedAt = Number.NEGATIVE_INFINITY

  constructor(now: () => number) {
    this.#now = now
  }

  /** Size of all entries, at most `MAX_BYTES`. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Returns the cached value if it was read within the last `seconds`, or if another request is
   * refreshing it.
   */
  get(target: string, seconds: number): CachedValue | undefined {
    const entry = this.#entries.get(target)
    if (!entry) return undefined
    const now = this.#now()
    const isFresh = getAge(entry.requestedAt, now) < seconds * 1000
    return isFresh || getAge(entry.refreshingSince, now) < MAX_REFRESH_MS ? entry.value : undefined
  }

  /** Returns the cached body if the cached document has this entity-tag. */
  findBody(target: string, etag: string): CodedBody | undefined {
    const cached = this.#entries.get(target)?.value
    return cached?.kind === 'document' && cached.validators.etag === etag ? cached.body : undefined
  }

  /**
   * Reads KV through `load` and returns the value to serve. If KV returns an older value, nothing
   * or an error, this is the cached value, for at most `MAX_UNCONFIRMED_MS`. If `seconds` is 0,
   * nothing is cached and KV is always trusted. Rethrows an error of `load` if no cached value can
   * be used.
   */
  async refresh(
    target: string,
    seconds: number,
    load: () => Promise<CachedValue | undefined>,
  ): Promise<CachedValue | undefined> {
    if (seconds === 0) return await load()
    const requestedAt = this.#now()
    const entry = this.#entries.get(target)
    if (entry) entry.refreshingSince = requestedAt
    try {
      return this.#reconcile(target, await load(), requestedAt)
    } catch (cause) {
      const unconfirmed = this.#extend(target, requestedAt)
      if (!unconfirmed) throw cause
      return unconfirmed
    }
  }

  /**
   * Stores a value that the desk returned, which is always right. `undefined` means that the target
   * does not exist.
   */
  set(target: string, seconds: number, value: CachedValue | undefined): void {
    if (value && seconds > 0) this.#store(target, value, this.#now())
    else this.#delete(target)
  }

  /**
   * Records whether a rebuild is running. During a rebuild KV is trusted, even if it has an older
   * document or none. The cache is cleared when a rebuild begins and when it ends.
   */
  setRebuilding(isRebuilding: boolean): void {
    const wasRebuilding = this.#isRebuilding()
    this.#rebuildReportedAt = isRebuilding ? this.#now() : Number.NEGATIVE_INFINITY
    if (wasRebuilding !== isRebuilding) this.#clear()
  }

  /**
   * Returns false after `REBUILD_TIMEOUT_MS`, because the end of a rebuild may never be reported to
   * this isolate.
   */
  #isRebuilding(): boolean {
    return getAge(this.#rebuildReportedAt, this.#now()) < REBUILD_TIMEOUT_MS
  }

  #clear(): void {
    this.#entries.clear()
    this.#bytes = 0
  }

  /** Lists the targets of cached links that redirect to this article. */
  listLinksTo(articleId: string): string[] {
    return [...this.#entries].flatMap(([target, { value }]) =>
      value.kind === 'link' && redirectsTo(value.record, articleId) ? [target] : [],
    )
  }

  #reconcile(
    target: string,
    loaded: CachedValue | undefined,
    requestedAt: number,
  ): CachedValue | undefined {
    const cached = this.#entries.get(target)?.value
    const isOutdated = cached && !this.#isRebuilding() && isOlder(loaded, cached)
    const unconfirmed = isOutdated ? this.#extend(target, requestedAt) : undefined
    if (unconfirmed) return unconfirmed
    if (!loaded) {
      this.#delete(target)
      return undefined
    }
    const merged = cached ? reuseBody(cached, loaded) : loaded
    this.#store(target, merged, requestedAt)
    return merged
  }

  /**
   * Returns a cached value that KV does not confirm, and postpones the next read of KV. Returns
   * `undefined` once the value has been unconfirmed for `MAX_UNCONFIRMED_MS`.
   */
  #extend(target: string, requestedAt: number): CachedValue | undefined {
    const entry = this.#entries.get(target)
    if (!entry || getAge(entry.confirmedAt, requestedAt) >= MAX_UNCONFIRMED_MS) return undefined
    if (getAge(entry.requestedAt, requestedAt) > 0) entry.requestedAt = requestedAt
    entry.refreshingSince = NOT_REFRESHING
    return entry.value
  }

  /** Stores an entry. If the limit is exceeded, evicts the entries that were stored first. */
  #store(target: string, value: CachedValue, requestedAt: number): void {
    this.#delete(target)
    const bytes = ENTRY_BYTES + 2 * target.length + estimateBytes(value)
    if (bytes > MAX_BYTES) return
    this.#entries.set(target, {
      value,
      bytes,
      requestedAt,
      refreshingSince: NOT_REFRESHING,
      confirmedAt: requestedAt,
    })
    this.#bytes += bytes
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= MAX_BYTES) return
      this.#delete(oldest)
    }
  }

  #delete(target: string): void {
    this.#bytes -= this.#entries.get(target)?.bytes ?? 0
    this.#entries.delete(target)
  }
}

const redirectsTo = ({ codes }: LinkRecord, articleId: string): boolean =>
  Object.values(codes).some((answer) => 'to' in answer && answer.id === articleId)

/**
 * Returns whether the value from KV is older than the cached one. Returns false if the two cannot
 * be ordered.
 */
function isOlder(loaded: CachedValue | undefined, cached: CachedValue): boolean {
  if (loaded === undefined) return true
  const [loadedTime, cachedTime] = [findChangeTime(loaded), findChangeTime(cached)]
  return (
    loaded.kind === cached.kind &&
    loadedTime !== undefined &&
    cachedTime !== undefined &&
    loadedTime < cachedTime
  )
}

/**
 * Returns the time, in seconds, that orders the versions of a document or link. A link that an
 * earlier version of Dateline wrote has no time and counts as older. Redirects cannot be ordered.
 */
function findChangeTime(value: CachedValue): number | undefined {
  switch (value.kind) {
    case 'document':
      return value.validators.modified
    case 'link':
      return value.record.at ?? Number.NEGATIVE_INFINITY
    case 'redirect':
      return undefined
    default:
      return value satisfies never
  }
}

/** Returns the loaded value, with the cached body if both values are the same document. */
const reuseBody = (cached: CachedValue, loaded: CachedValue): CachedValue =>
  loaded.kind === 'document' &&
  cached.kind === 'document' &&
  loaded.validators.etag === cached.validators.etag
    ? { ...loaded, body: cached.body ?? loaded.body }
    : loaded

function estimateBytes(value: CachedValue): number {
  switch (value.kind) {
    case 'document':
      return value.body ? getMaxMemoryBytes(value.body, value.validators.length) : 0
    case 'redirect':
      return 2 * value.location.length
    case 'link':
      return 2 * JSON.stringify(value.record).length
    default:
      return value satisfies never
  }
}
