/**
 * How many questions of one client are put to the desk at once. The desk alone can say whether an
 * address is unknown, so it has to be asked before a budget is spent; this bounds what one client
 * can make it do meanwhile. A client who has spent a budget goes on with few at a time. Times in
 * milliseconds.
 *
 * Places expire after a second instead of being counted up and down, because a request that its
 * client aborts never reports that it has ended.
 */
import { ageOf } from '../text/time.ts'

/** Longest that a place is held, and that a request waits for one. */
export const PLACE_MS = 1000
export const AT_ONCE = { usual: 64, spent: 4 } as const
/** Those who wait look again every few milliseconds, so they are few. */
export const MAX_WAITING = 16
const MAX_CLIENTS = 5_000

type Client = { spentAt: number; underWay: number[]; waiting: number[] }

export class Turns {
  readonly #now: () => number
  readonly #spentForMs: number
  readonly #clients = new Map<string, Client>()

  /** `spentForMs`: how long it counts that a client has spent a budget. */
  constructor(now: () => number, spentForMs: number) {
    this.#now = now
    this.#spentForMs = spentForMs
  }

  /** Takes a place, if one is free; the function gives it back. */
  take(client: string): (() => void) | undefined {
    const now = this.#now()
    const state = this.#clientOf(client, now)
    const isSpent = ageOf(state.spentAt, now) < this.#spentForMs
    if (state.underWay.length >= (isSpent ? AT_ONCE.spent : AT_ONCE.usual)) return undefined
    state.underWay.push(now)
    return () => {
      const place = state.underWay.indexOf(now)
      if (place !== -1) state.underWay.splice(place, 1)
    }
  }

  /** Whether a request that found no place at `asked` may go on waiting for one. */
  mayWait(client: string, asked: number): boolean {
    const now = this.#now()
    const { waiting } = this.#clientOf(client, now)
    if (ageOf(asked, now) >= PLACE_MS) return false
    if (asked !== now && waiting.includes(asked)) return true
    if (waiting.length >= MAX_WAITING) return false
    waiting.push(asked)
    return true
  }

  /** This client has spent a budget. */
  spend(client: string): void {
    const now = this.#now()
    this.#clientOf(client, now).spentAt = now
  }

  #clientOf(client: string, now: number): Client {
    const known = this.#clients.get(client)
    const isOver = (at: number): boolean => ageOf(at, now) >= PLACE_MS
    const state = known ?? { spentAt: Number.NEGATIVE_INFINITY, underWay: [], waiting: [] }
    state.underWay = state.underWay.filter((at) => !isOver(at))
    state.waiting = state.waiting.filter((at) => !isOver(at))
    // The one seen last stands last, so that the one seen longest ago gives way.
    this.#clients.delete(client)
    this.#clients.set(client, state)
    for (const oldest of this.#clients.keys()) {
      if (this.#clients.size <= MAX_CLIENTS) break
      this.#clients.delete(oldest)
    }
    return state
  }
}
