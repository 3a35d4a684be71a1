/**
 * The shield before the desk. Readers are served from the wire; only what is not there may reach the desk,
 * and only through here: a small memory in each isolate, then the platform's rate limiter. Known things are
 * on the wire and never come this way, so they are never slowed.
 */
import { fail, type Result } from '../failure.ts'
import { ageOf } from '../time.ts'

/** How long an isolate remembers what the desk said. */
export const MEMORY_MS = 10_000
const MAX_ENTRIES = 5_000
const MAX_BYTES = 8 * 1024 * 1024
export const RETRY_AFTER_SECONDS = 60

/** What the desk said at `at`, in milliseconds, and for how long that is kept. */
type Remembered = { at: number; memoryMs: number; bytes: number; answer: unknown }

/** How long requests for the same thing wait for the one that asks, in milliseconds; then they ask themselves. */
const PATIENCE_MS = 1000
const LOOK_AGAIN_MS = 10

export class Shield {
  readonly #now: () => number
  readonly #wait: (milliseconds: number) => Promise<void>
  /** What is being asked, and since when: others wait for the answer. */
  readonly #asking = new Map<string, number>()
  readonly #memory = new Map<string, Remembered>()
  #bytes = 0

  constructor(now: () => number, wait: (milliseconds: number) => Promise<void>) {
    this.#now = now
    this.#wait = wait
  }

  /**
   * Asks the desk by `load`, unless it was asked within the last ten seconds (or `memoryMs`), is being asked by another
   * request, or this client has asked too often. `bytes` tells what keeping the answer costs. Throws what `load` throws.
   */
  async ask<T>(
    key: string,
    client: string,
    limiter: RateLimit,
    load: () => Promise<{ answer: Result<T>; bytes: number }>,
    memoryMs = MEMORY_MS,
  ): Promise<Result<T>> {
    // What belongs to another request cannot be awaited on this platform, but looked for.
    while (!this.#recall(key) && this.#isBeingAsked(key)) await this.#wait(LOOK_AGAIN_MS)
    const remembered = this.#recall(key)
    // Only `load` of the same key ever put it there.
    if (remembered) return remembered.answer as Result<T>
    this.#asking.set(key, this.#now())
    try {
      const { success } = await limiter.limit({ key: client })
      if (!success)
        return fail({ reason: 'too-many-misses', retryAfterSeconds: RETRY_AFTER_SECONDS })
      const { answer, bytes } = await load()
      this.#remember(key, { at: this.#now(), memoryMs, bytes, answer })
      return answer
    } finally {
      this.#asking.delete(key)
    }
  }

  /** The wire has it now: what the desk said before is older, and would be a lie if the wire missed it once more. */
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

/**
 * Whom the limiter counts: an address, or of IPv6 the network of 64 bits, which one subscriber has to himself (RFC 6177). Anything
 * else counts as it stands.
 */
export function networkOf(address: string): string {
  if (!address.includes(':') || !URL.canParse(`http://[${address}]/`)) return address
  const plain = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const [head = '', tail] = plain.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array(8 - before.length - after.length).fill('0')
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`
}
