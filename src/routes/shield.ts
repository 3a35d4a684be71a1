/**
 * The shield before the desk. Readers are served from the wire; only what is not there may reach the desk,
 * and only through here: a small memory in each isolate. A client who has spent a budget has one question at
 * a time from then on, so that unknown addresses take no budget from documents that exist: the desk has to be asked
 * which of both it is. Known things are on the wire and never come this way, so they are never slowed.
 */
import { fail, type Result } from '../failure.ts'

/** How long an isolate remembers what the desk said. */
export const MEMORY_MS = 10_000
const MAX_ENTRIES = 5_000
const MAX_BYTES = 8 * 1024 * 1024
export const RETRY_AFTER_SECONDS = 60

type Remembered = { until: number; bytes: number; answer: unknown }

/**
 * What the desk said; `bytes` tells what keeping it costs. `overspent`: the client has spent a budget with this question,
 * and is told that instead; others may have the answer, if there is one.
 */
export type Loaded<T> = { answer?: Result<T>; bytes: number; overspent?: boolean }

/** A client who has spent a budget: until when that counts, and until when its last question is under way at most. */
type Lane = { until: number; busyUntil: number }
const MAX_LANES = 5_000

/** How long requests for the same thing wait for the one that asks, in milliseconds; then they ask themselves. */
const PATIENCE_MS = 1000
const LOOK_AGAIN_MS = 10

const tooMany = fail({ reason: 'too-many-misses', retryAfterSeconds: RETRY_AFTER_SECONDS })

export class Shield {
  readonly #now: () => number
  readonly #wait: (milliseconds: number) => Promise<void>
  /** What is being asked, and until when others wait for the answer. */
  readonly #asking = new Map<string, number>()
  readonly #memory = new Map<string, Remembered>()
  readonly #lanes = new Map<string, Lane>()
  #bytes = 0

  constructor(now: () => number, wait: (milliseconds: number) => Promise<void>) {
    this.#now = now
    this.#wait = wait
  }

  /**
   * Asks the desk by `load`, unless it was asked within the last ten seconds (or `memoryMs`), is being asked by another
   * request, or this client has spent a budget and other questions of it are under way. Throws what `load` throws.
   */
  async ask<T>(
    key: string,
    client: string,
    load: () => Promise<Loaded<T>>,
    memoryMs = MEMORY_MS,
  ): Promise<Result<T>> {
    // What belongs to another request cannot be awaited on this platform, but looked for.
    while (!this.#recall(key) && (this.#asking.get(key) ?? 0) > this.#now())
      await this.#wait(LOOK_AGAIN_MS)
    const remembered = this.#recall(key)
    // Only `load` of the same key ever put it there.
    if (remembered) return remembered.answer as Result<T>
    this.#asking.set(key, this.#now() + PATIENCE_MS)
    const lane = await this.#waitForLane(client)
    try {
      if (lane === 'busy') return tooMany
      const { answer, bytes, overspent } = await load()
      if (answer) this.#remember(key, { until: this.#now() + memoryMs, bytes, answer })
      if (answer && !overspent) return answer
      this.#openLane(client)
      return tooMany
    } finally {
      if (lane !== undefined && lane !== 'busy') lane.busyUntil = 0
      this.#asking.delete(key)
    }
  }

  /** The wire has it now: what the desk said before is older, and would be a lie if the wire missed it once more. */
  forget(key: string): void {
    const old = this.#memory.get(key)
    if (old) this.#forget(key, old)
  }

  /** `undefined`: this client has spent no budget, and need not wait. */
  async #waitForLane(client: string): Promise<Lane | 'busy' | undefined> {
    const givingUp = this.#now() + PATIENCE_MS
    for (;;) {
      const lane = this.#lanes.get(client)
      const now = this.#now()
      if (!lane || lane.until <= now) return undefined
      if (lane.busyUntil <= now) {
        lane.busyUntil = now + PATIENCE_MS
        return lane
      }
      if (now >= givingUp) return 'busy'
      await this.#wait(LOOK_AGAIN_MS)
    }
  }

  #openLane(client: string): void {
    const lane = this.#lanes.get(client) ?? { until: 0, busyUntil: 0 }
    lane.until = this.#now() + RETRY_AFTER_SECONDS * 1000
    this.#lanes.delete(client)
    this.#lanes.set(client, lane)
    for (const oldest of this.#lanes.keys()) {
      if (this.#lanes.size <= MAX_LANES) return
      this.#lanes.delete(oldest)
    }
  }

  #recall(key: string): Remembered | undefined {
    const found = this.#memory.get(key)
    if (!found || found.until > this.#now()) return found
    this.#forget(key, found)
    return undefined
  }

  /** Bounded in entries and bytes; the oldest go first. */
  #remember(key: string, entry: Remembered): void {
    if (entry.bytes > MAX_BYTES) return
    this.forget(key)
    this.#memory.set(key, entry)
    this.#bytes += entry.bytes
    for (const [oldest, kept] of this.#memory) {
      if (this.#memory.size <= MAX_ENTRIES && this.#bytes <= MAX_BYTES) return
      this.#forget(oldest, kept)
    }
  }

  #forget(key: string, entry: Remembered): void {
    this.#memory.delete(key)
    this.#bytes -= entry.bytes
  }
}
