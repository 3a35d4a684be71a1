/**
 * What an isolate has read from the wire, for some seconds: most requests are polls of few
 * documents, and need no KV for them. It also keeps a client from going back: KV may answer an
 * older document, or none, after a newer one was seen (rules H-22, C-52); the newer stays then, but
 * not for ever, since a desk that was restored from a backup is older and right. Plain data only:
 * what belongs to one request may not be touched by another.
 */
import { type CodedBody, weightOf } from '../http/coding.ts'
import type { LinkRecord } from '../model/link.ts'
import { ageOf } from '../text/time.ts'
import type { Validators } from '../wire/codec.ts'

/**
 * How long something stays that KV does not confirm, in milliseconds: twice the minute within which
 * KV is usually the same everywhere.
 */
export const HOLD_MS = 120_000
/**
 * While one request asks KV again, the others are answered from memory for so many milliseconds at
 * most.
 */
export const PATIENCE_MS = 1000
/** How long KV is believed after the last word of a rebuild. */
export const REBUILD_MS = 10 * 60_000
/** Of the 128 MB that an isolate has; every coding of a body is counted, derived or not. */
export const MAX_BYTES = 32 * 1024 * 1024
/** What an entry costs besides its body: key, validators, the records themselves. */
const ENTRY_BYTES = 600

/** What a target holds. The body of a document is there once somebody needed it. */
export type Known =
  | { kind: 'document'; validators: Validators; body?: CodedBody | undefined }
  | { kind: 'redirect'; location: string }
  | { kind: 'link'; record: LinkRecord }

/**
 * Times in milliseconds: when KV was asked for what it answered last, since when another request
 * asks again, and when KV (or the desk) last said this. Times of the future, from before the clock
 * was set back, make an entry stale.
 */
type Entry = {
  known: Known
  bytes: number
  askedAt: number
  askingSince: number
  confirmedAt: number
}
const NOT_ASKING = Number.NEGATIVE_INFINITY

export class Memory {
  readonly #now: () => number
  readonly #entries = new Map<string, Entry>()
  #bytes = 0
  /** When this isolate heard last that the wire is being rebuilt. */
  #rebuildNotedAt = Number.NEGATIVE_INFINITY

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
  recall(target: string, seconds: number): Known | undefined {
    const entry = this.#entries.get(target)
    if (!entry) return undefined
    const now = this.#now()
    const isFresh = ageOf(entry.askedAt, now) < seconds * 1000
    return isFresh || ageOf(entry.askingSince, now) < PATIENCE_MS ? entry.known : undefined
  }

  /** The body of exactly this document, when it is known. */
  bodyOf(target: string, etag: string): CodedBody | undefined {
    const known = this.#entries.get(target)?.known
    return known?.kind === 'document' && known.validators.etag === etag ? known.body : undefined
  }

  /**
   * Asks KV by `load` and says what to believe: its answer, or what is known when that is newer, or
   * KV has nothing or fails. With 0 seconds nothing is kept, and KV is believed. Throws what `load`
   * throws when nothing is known.
   */
  async ask(
    target: string,
    seconds: number,
    load: () => Promise<Known | undefined>,
  ): Promise<Known | undefined> {
    if (seconds === 0) return await load()
    const askedAt = this.#now()
    const entry = this.#entries.get(target)
    if (entry) entry.askingSince = askedAt
    try {
      return this.#weigh(target, await load(), askedAt)
    } catch (cause) {
      const held = this.#hold(target, askedAt)
      if (!held) throw cause
      return held
    }
  }

  /** The desk's word is true, whatever was known; `undefined`: there is nothing. */
  learn(target: string, seconds: number, told: Known | undefined): void {
    if (told && seconds > 0) this.#keep(target, told, this.#now())
    else this.#forget(target)
  }

  /**
   * Whether the wire is being rebuilt. Meanwhile an older document in KV, or none, is right and not
   * late, so KV is believed; what was read before it began, or before it ended, is forgotten.
   */
  noteRebuild(underWay: boolean): void {
    const was = this.#isRebuilding()
    this.#rebuildNotedAt = underWay ? this.#now() : Number.NEGATIVE_INFINITY
    if (was !== underWay) this.#clear()
  }

  /** Whoever gave the order may never ask how it went. */
  #isRebuilding(): boolean {
    return ageOf(this.#rebuildNotedAt, this.#now()) < REBUILD_MS
  }

  #clear(): void {
    this.#entries.clear()
    this.#bytes = 0
  }

  /** Targets of the links that are known to lead to an article. */
  linksTo(article: string): string[] {
    return [...this.#entries].flatMap(([target, { known }]) =>
      known.kind === 'link' && leadsTo(known.record, article) ? [target] : [],
    )
  }

  #weigh(target: string, answer: Known | undefined, askedAt: number): Known | undefined {
    const known = this.#entries.get(target)?.known
    const late = known && !this.#isRebuilding() && isOlder(answer, known)
    const held = late ? this.#hold(target, askedAt) : undefined
    if (held) return held
    if (!answer) {
      this.#forget(target)
      return undefined
    }
    const believed = known ? withBodyOf(known, answer) : answer
    this.#keep(target, believed, askedAt)
    return believed
  }

  /**
   * What stays although KV does not confirm it, for `HOLD_MS`. KV is not asked again at once
   * either.
   */
  #hold(target: string, askedAt: number): Known | undefined {
    const entry = this.#entries.get(target)
    if (!entry || ageOf(entry.confirmedAt, askedAt) >= HOLD_MS) return undefined
    if (ageOf(entry.askedAt, askedAt) > 0) entry.askedAt = askedAt
    entry.askingSince = NOT_ASKING
    return entry.known
  }

  /** What was confirmed longest ago goes first. */
  #keep(target: string, known: Known, askedAt: number): void {
    this.#forget(target)
    const bytes = ENTRY_BYTES + 2 * target.length + sizeOf(known)
    if (bytes > MAX_BYTES) return
    this.#entries.set(target, {
      known,
      bytes,
      askedAt,
      askingSince: NOT_ASKING,
      confirmedAt: askedAt,
    })
    this.#bytes += bytes
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= MAX_BYTES) return
      this.#forget(oldest)
    }
  }

  #forget(target: string): void {
    this.#bytes -= this.#entries.get(target)?.bytes ?? 0
    this.#entries.delete(target)
  }
}

const leadsTo = ({ codes }: LinkRecord, article: string): boolean =>
  Object.values(codes).some((answer) => 'to' in answer && answer.id === article)

/** Of two without an order KV is believed. */
function isOlder(answer: Known | undefined, known: Known): boolean {
  if (answer === undefined) return true
  const [theirs, ours] = [orderOf(answer), orderOf(known)]
  return answer.kind === known.kind && theirs !== undefined && ours !== undefined && theirs < ours
}

/**
 * The time by which documents and links are ordered among their own, in seconds. A link that an
 * earlier version wrote has none, and is older than any that has one. Redirects have no order.
 */
function orderOf(known: Known): number | undefined {
  switch (known.kind) {
    case 'document':
      return known.validators.modified
    case 'link':
      return known.record.at ?? Number.NEGATIVE_INFINITY
    case 'redirect':
      return undefined
    default:
      return known satisfies never
  }
}

/** The answer, with the body that is known when it is the same document and came without one. */
const withBodyOf = (known: Known, answer: Known): Known =>
  answer.kind === 'document' &&
  known.kind === 'document' &&
  answer.validators.etag === known.validators.etag
    ? { ...answer, body: known.body ?? answer.body }
    : answer

function sizeOf(known: Known): number {
  switch (known.kind) {
    case 'document':
      return known.body ? weightOf(known.body, known.validators.length) : 0
    case 'redirect':
      return 2 * known.location.length
    case 'link':
      return 2 * JSON.stringify(known.record).length
    default:
      return known satisfies never
  }
}
