/**
 * How many questions of one client are put to the desk at once. The desk alone can say whether an
 * address is unknown, so it has to be asked before a budget is spent; this bounds what one client
 * can make it do meanwhile. A client who has spent a budget goes on with few at a time. Times in
 * milliseconds.
 *
 * Places expire after a second instead of being counted up and down, because a request that its
 * client aborts never reports that it has ended.
 */
import { getAge } from '../text/time.ts'

/** Longest that a place is held, and that a request waits for one. */
export const SLOT_TIMEOUT_MS = 1000
export const MAX_SLOTS = { normal: 64, overLimit: 4 } as const
/** Those who wait look again every few milliseconds, so they are few. */
export const MAX_WAITING = 16
const MAX_CLIENTS = 5_000

type ClientState = { overLimitAt: number; slots: number[]; waiting: number[] }

export class ClientSlots {
  readonly #now: () => number
  readonly #overLimitMs: number
  readonly #clients = new Map<string, ClientState>()

  /** `spentForMs`: how long it counts that a client has spent a budget. */
  constructor(now: () => number, overLimitMs: number) {
    this.#now = now
    this.#overLimitMs = overLimitMs
  }

  /** Takes a place, if one is free; the function gives it back. */
  claim(client: string): (() => void) | undefined {
    const now = this.#now()
    const state = this.#getState(client, now)
    const isOverLimit = getAge(state.overLimitAt, now) < this.#overLimitMs
    if (state.slots.length >= (isOverLimit ? MAX_SLOTS.overLimit : MAX_SLOTS.normal))
      return undefined
    state.slots.push(now)
    return () => {
      const index = state.slots.indexOf(now)
      if (index !== -1) state.slots.splice(index, 1)
    }
  }

  /** Whether a request that found no place at `asked` may go on waiting for one. */
  mayWait(client: string, requestedAt: number): boolean {
    const now = this.#now()
    const { waiting } = this.#getState(client, now)
    if (getAge(requestedAt, now) >= SLOT_TIMEOUT_MS) return false
    if (requestedAt !== now && waiting.includes(requestedAt)) return true
    if (waiting.length >= MAX_WAITING) return false
    waiting.push(requestedAt)
    return true
  }

  /** This client has spent a budget. */
  markOverLimit(client: string): void {
    const now = this.#now()
    this.#getState(client, now).overLimitAt = now
  }

  #getState(client: string, now: number): ClientState {
    const existing = this.#clients.get(client)
    const isExpired = (at: number): boolean => getAge(at, now) >= SLOT_TIMEOUT_MS
    const state = existing ?? { overLimitAt: Number.NEGATIVE_INFINITY, slots: [], waiting: [] }
    state.slots = state.slots.filter((at) => !isExpired(at))
    state.waiting = state.waiting.filter((at) => !isExpired(at))
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
