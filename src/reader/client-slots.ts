/**
 * Limits how many requests of one client call the desk at the same time.
 *
 * Only the desk knows whether an address exists, so it has to be called before a rate limit can be
 * applied. Until then, slots limit the load that one client can cause. A client over its rate limit
 * gets fewer slots. A slot expires after a second, because a request that the client aborts never
 * releases its slot. All times are in milliseconds.
 */
import { getAge } from '../text/time.ts'

/** Maximum time for which a request uses a slot, or waits for one. */
export const SLOT_TIMEOUT_MS = 1000
export const MAX_SLOTS = { normal: 64, overLimit: 4 } as const
/** Waiting requests poll every few milliseconds, so their number is limited. */
export const MAX_WAITING = 16
const MAX_CLIENTS = 5_000

type ClientState = { overLimitAt: number; slots: number[]; waiting: number[] }

export class ClientSlots {
  readonly #now: () => number
  readonly #overLimitMs: number
  readonly #clients = new Map<string, ClientState>()

  /** `overLimitMs` is how long a client counts as over its rate limit. */
  constructor(now: () => number, overLimitMs: number) {
    this.#now = now
    this.#overLimitMs = overLimitMs
  }

  /** Claims a slot if one is free. Returns the function that releases it. */
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

  /**
   * Registers the waiting request that arrived at `requestedAt`, which identifies it. Returns false
   * if it has waited too long, or if too many requests are waiting.
   */
  tryToWait(client: string, requestedAt: number): boolean {
    const now = this.#now()
    const { waiting } = this.#getState(client, now)
    if (getAge(requestedAt, now) >= SLOT_TIMEOUT_MS) return false
    if (requestedAt !== now && waiting.includes(requestedAt)) return true
    if (waiting.length >= MAX_WAITING) return false
    waiting.push(requestedAt)
    return true
  }

  /** Records that this client has exceeded its rate limit. */
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
    // Moves the client to the end, so that the least recently seen client is evicted first.
    this.#clients.delete(client)
    this.#clients.set(client, state)
    for (const oldest of this.#clients.keys()) {
      if (this.#clients.size <= MAX_CLIENTS) break
      this.#clients.delete(oldest)
    }
    return state
  }
}
