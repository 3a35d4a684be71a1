/**
 * The shield before the desk. Readers are served from the wire; only what is not there may reach
 * the desk, and only through here: a small memory in each isolate. A client who has spent a budget
 * has few questions at a time from then on, so that unknown addresses take no budget from documents
 * that exist: the desk has to be asked which of both it is. Known things are on the wire and never
 * come this way, so they are never slowed.
 */
import { fail, type Result } from '../model/failures.ts'
import { ageOf } from '../text/time.ts'
import { Turns } from './turns.ts'

/** How long an isolate remembers what the desk said. */
export const MEMORY_MS = 10_000
const MAX_ENTRIES = 5_000
const MAX_BYTES = 8 * 1024 * 1024
export const RETRY_AFTER_SECONDS = 60

/** What the desk said at `at`, in milliseconds, and for how long that is kept. */
type Remembered = { at: number; memoryMs: number; bytes: number; answer: unknown }

/**
 * What the desk said; `bytes` tells what keeping it costs. `overspent`: the client has spent a
 * budget with this question, and is told that instead; others may have the answer, if there is one.
 */
export type Loaded<T> = { answer?: Result<T>; bytes: number; overspent?: boolean }

/**
 * How long requests for the same thing wait for the one that asks, in milliseconds; then they ask
 * themselves.
 */
const PATIENCE_MS = 1000
const LOOK_AGAIN_MS = 10

const tooMany = fail({ reason: 'too-many-misses', retryAfterSeconds: RETRY_AFTER_SECONDS })

export class Shield {
  readonly #now: () => number
  readonly #wait: (milliseconds: number) => Promise<void>
  /** What is being asked, and since when: others wait for the answer. */
  readonly #asking = new Map<string, number>()
  readonly #memory = new Map<string, Remembered>()
  readonly #turns: Turns
  #bytes = 0

  constructor(now: () => number, wait: (milliseconds: number) => Promise<void>) {
    this.#now = now
    this.#wait = wait
    this.#turns = new Turns(now, RETRY_AFTER_SECONDS * 1000)
  }

  /**
   * Asks the desk by `load`, unless it was asked within the last ten seconds (or `memoryMs`), is
   * being asked by another request, or too many questions of this client are under way. Throws what
   * `load` throws.
   */
  async ask<T>(
    key: string,
    client: string,
    load: () => Promise<Loaded<T>>,
    memoryMs = MEMORY_MS,
  ): Promise<Result<T>> {
    const began = this.#now()
    let leave: (() => void) | undefined
    for (;;) {
      const remembered = this.#recall(key)
      // Only `load` of the same key ever put it there.
      if (remembered) return remembered.answer as Result<T>
      const isBeingAsked = this.#isBeingAsked(key)
      leave = isBeingAsked ? undefined : this.#turns.take(client)
      if (leave) break
      if (!isBeingAsked && !this.#turns.mayWait(client, began)) return tooMany
      // Workers cannot await a promise of another request, so look again.
      await this.#wait(LOOK_AGAIN_MS)
    }
    this.#asking.set(key, this.#now())
    try {
      const { answer, bytes, overspent } = await load()
      if (answer) this.#remember(key, { at: this.#now(), memoryMs, bytes, answer })
      if (answer && !overspent) return answer
      this.#turns.spend(client)
      return tooMany
    } finally {
      leave()
      this.#asking.delete(key)
    }
  }

  /**
   * The wire has it now: what the desk said before is older, and would be a lie if the wire missed
   * it once more.
   */
  forget(key: string): void {
    const old = this.#memory.get(key)
    if (old) this.#forget(key, old)
  }

  #isBeingAsked(key: string): boolean {
    const since = this.#asking.get(key)
    return since !== undefined && ageOf(since, this.#now()) < PATIENCE_MS
  }

  #recall(key: string): Remembered | undefined {
    const found = this.#memory.get(key)
    if (!found || ageOf(found.at, this.#now()) < found.memoryMs) return found
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
