/**
 * What an isolate has read from the wire, for some seconds: most requests are polls of few
 * documents, and need no KV for them. It also keeps a client from going back: KV may answer an
 * older document, or none, after a newer one was seen (rules H-22, C-52); the newer stays then, but
 * not for ever, since a desk that was restored from a backup is older and right. Plain data only:
 * what belongs to one request may not be touched by another.
 */
import { type CodedBody, getMaxMemoryBytes } from '../http/coding.ts'
import type { LinkRecord } from '../model/link.ts'
import { getAge } from '../text/time.ts'
import type { Validators } from '../wire/codec.ts'

/**
 * How long something stays that KV does not confirm, in milliseconds: twice the minute within which
 * KV is usually the same everywhere.
 */
export const MAX_UNCONFIRMED_MS = 120_000
/**
 * While one request asks KV again, the others are answered from memory for so many milliseconds at
 * most.
 */
export const MAX_REFRESH_MS = 1000
/** How long KV is believed after the last word of a rebuild. */
export const REBUILD_TIMEOUT_MS = 10 * 60_000
/** Of the 128 MB that an isolate has; every coding of a body is counted, derived or not. */
export const MAX_BYTES = 32 * 1024 * 1024
/** What an entry costs besides its body: key, validators, the records themselves. */
const ENTRY_BYTES = 600

/** What a target holds. The body of a document is there once somebody needed it. */
export type CachedValue =
  | { kind: 'document'; validators: Validators; body?: CodedBody | undefined }
  | { kind: 'redirect'; location: string }
  | { kind: 'link'; record: LinkRecord }

/**
 * Times in milliseconds: when KV was asked for what it answered last, since when another request
 * asks again, and when KV (or the desk) last said this. Times of the future, from before the clock
 * was set back, make an entry stale.
 */
type CacheEntry = {
  value: CachedValue
  bytes: number
  requestedAt: number
  refreshingSince: number
  confirmedAt: number
}
const NOT_REFRESHING = Number.NEGATIVE_INFINITY

export class WireCache {
  readonly #now: () => number
  readonly #entries = new Map<string, CacheEntry>()
  #bytes = 0
  /** When this isolate heard last that the wire is being rebuilt. */
  #rebuildReportedAt = Number.NEGATIVE_INFINITY

  constructor(now: () => number) {
    this.#now = now
  }

  /** Of everything that is kept, at most `MAX_BYTES`. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * What is known, when KV was asked for it within the last `seconds`, or is being asked by another
   * request.
   */
  get(target: string, seconds: number): CachedValue | undefined {
    const entry = this.#entries.get(target)
    if (!entry) return undefined
    const now = this.#now()
    const isFresh = getAge(entry.requestedAt, now) < seconds * 1000
    return isFresh || getAge(entry.refreshingSince, now) < MAX_REFRESH_MS ? entry.value : undefined
  }

  /** The body of exactly this document, when it is known. */
  findBody(target: string, etag: string): CodedBody | undefined {
    const cached = this.#entries.get(target)?.value
    return cached?.kind === 'document' && cached.validators.etag === etag ? cached.body : undefined
  }

  /**
   * Asks KV by `load` and says what to believe: its answer, or what is known when that is newer, or
   * KV has nothing or fails. With 0 seconds nothing is kept, and KV is believed. Throws what `load`
   * throws when nothing is known.
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

  /** The desk's word is true, whatever was known; `undefined`: there is nothing. */
  set(target: string, seconds: number, value: CachedValue | undefined): void {
    if (value && seconds > 0) this.#store(target, value, this.#now())
    else this.#delete(target)
  }

  /**
   * Whether the wire is being rebuilt. Meanwhile an older document in KV, or none, is right and not
   * late, so KV is believed; what was read before it began, or before it ended, is forgotten.
   */
  setRebuilding(isRebuilding: boolean): void {
    const wasRebuilding = this.#isRebuilding()
    this.#rebuildReportedAt = isRebuilding ? this.#now() : Number.NEGATIVE_INFINITY
    if (wasRebuilding !== isRebuilding) this.#clear()
  }

  /** Whoever gave the order may never ask how it went. */
  #isRebuilding(): boolean {
    return getAge(this.#rebuildReportedAt, this.#now()) < REBUILD_TIMEOUT_MS
  }

  #clear(): void {
    this.#entries.clear()
    this.#bytes = 0
  }

  /** Targets of the links that are known to lead to an article. */
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
    const isLate = cached && !this.#isRebuilding() && isOlder(loaded, cached)
    const unconfirmed = isLate ? this.#extend(target, requestedAt) : undefined
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
   * What stays although KV does not confirm it, for `HOLD_MS`. KV is not asked again at once
   * either.
   */
  #extend(target: string, requestedAt: number): CachedValue | undefined {
    const entry = this.#entries.get(target)
    if (!entry || getAge(entry.confirmedAt, requestedAt) >= MAX_UNCONFIRMED_MS) return undefined
    if (getAge(entry.requestedAt, requestedAt) > 0) entry.requestedAt = requestedAt
    entry.refreshingSince = NOT_REFRESHING
    return entry.value
  }

  /** What was confirmed longest ago goes first. */
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

/** Of two without an order KV is believed. */
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
 * The time by which documents and links are ordered among their own, in seconds. A link that an
 * earlier version wrote has none, and is older than any that has one. Redirects have no order.
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

/** The answer, with the body that is known when it is the same document and came without one. */
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
