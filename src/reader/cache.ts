/**
 * Cache of KV values in one isolate.
 *
 * Most requests poll a few documents, so caching for some seconds spares most reads of KV. The
 * cache also keeps a client from going back in time: after an isolate has served a newer document,
 * KV may still return an older one, or nothing, for about a minute. Then the newer one is kept, but
 * only for `MAX_UNCONFIRMED_MS`, because a desk that was restored from a backup is older and right.
 *
 * Entries hold plain data, because requests must not share objects that are bound to a request.
 */
import { type CodedBody, getMaxMemoryBytes } from '../http/coding.ts'
import type { LinkRecord } from '../model/link.ts'
import { getAge } from '../text/time.ts'
import type { Validators } from '../wire/codec.ts'

/**
 * How long a value stays cached while KV returns something older. Twice the minute within which KV
 * usually converges.
 */
export const MAX_UNCONFIRMED_MS = 120_000
/** While one request refreshes an entry, others use the stale one for at most this long. */
export const MAX_REFRESH_MS = 1000
/** A rebuild counts as over if nothing has reported it for this long. */
export const REBUILD_TIMEOUT_MS = 10 * 60_000
/**
 * Limit of all entries; an isolate has 128 MB. A body counts with every coding, whether that has
 * been derived yet or not.
 */
export const MAX_BYTES = 32 * 1024 * 1024
/** Estimated size of an entry without its body: key, validators and bookkeeping. */
const ENTRY_BYTES = 600

/** The value of a target. The body of a document is present once a request has needed it. */
export type CachedValue =
  | { kind: 'document'; validators: Validators; body?: CodedBody | undefined }
  | { kind: 'redirect'; location: string }
  | { kind: 'link'; record: LinkRecord }

/**
 * All times are in milliseconds. A time in the future, from before the clock was set back, makes
 * the entry stale.
 */
type CacheEntry = {
  value: CachedValue
  bytes: number
  /** When the last read of KV began, or when the desk returned the value. */
  requestedAt: number
  /** When a read of KV began that has not ended yet, or `NOT_REFRESHING`. */
  refreshingSince: number
  /** When KV or the desk last confirmed the value. */
  confirmedAt: number
}
const NOT_REFRESHING = Number.NEGATIVE_INFINITY

export class WireCache {
  readonly #now: () => number
  readonly #entries = new Map<string, CacheEntry>()
  #bytes = 0
  /** When this isolate last learned that a rebuild is running. */
  #rebuildReportedAt = Number.NEGATIVE_INFINITY

  constructor(now: () => number) {
    this.#now = now
  }

  /** Size of all entries, at most `MAX_BYTES`. */
  get bytes(): number {
    return this.#bytes
  }

  /** Returns the cached value if it was read within `seconds`, or is being refreshed right now. */
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
   * Reads KV through `load` and returns the value to serve. This is the cached value, for at most
   * `MAX_UNCONFIRMED_MS`, if KV returns an older one, nothing or an error. With 0 seconds nothing
   * is cached and KV is always trusted. Rethrows an error of `load` if no cached value can be used.
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
   * Stores what the desk returned, which is always right; `undefined` means that the target does
   * not exist.
   */
  set(target: string, seconds: number, value: CachedValue | undefined): void {
    if (value && seconds > 0) this.#store(target, value, this.#now())
    else this.#delete(target)
  }

  /**
   * Records whether a rebuild is running. During a rebuild an older document in KV, or none, is
   * right, so KV is trusted. The cache is cleared when a rebuild begins and when it ends.
   */
  setRebuilding(isRebuilding: boolean): void {
    const wasRebuilding = this.#isRebuilding()
    this.#rebuildReportedAt = isRebuilding ? this.#now() : Number.NEGATIVE_INFINITY
    if (wasRebuilding !== isRebuilding) this.#clear()
  }

  /** Times out, because the end of a rebuild may never be reported to this isolate. */
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

  /** Stores an entry. Evicts the ones that were stored longest ago when the limit is exceeded. */
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

/** Whether KV returned something older than the cached value. No if the two have no order. */
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
 * Returns the time, in seconds, that orders versions of a document or link. A link written by an
 * earlier version has none and counts as older. Redirects have no order.
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

/** Returns the loaded value. If the cached one is the same document, its body is reused. */
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
