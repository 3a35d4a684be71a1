/**
 * What readers asked for before there was anything: feed documents and pages of channels that had
 * not begun. Isolates remember for ten seconds that something is unknown, so a channel that begins
 * meanwhile is sent to the wire by itself: those who asked too early would wait out that memory.
 */
import { getAge } from '../text/time.ts'
import type { Target } from '../wire/targets.ts'

/** Asks in vain are remembered a little longer than isolates remember the answer. */
const RETENTION_MS = 12_000
const MAX_REQUESTS = 1_000

export class EarlyRequests {
  readonly #requests = new Map<Target, number>()

  /** `now` in milliseconds. The oldest gives way when there are too many. */
  add(target: Target, now: number): void {
    const oldest = this.#requests.keys().next().value
    if (this.#requests.size >= MAX_REQUESTS && oldest !== undefined) this.#requests.delete(oldest)
    this.#requests.set(target, now)
  }

  /** Takes out those that can be answered by now, and forgets those of long ago. */
  takeExisting(now: number, exists: (target: Target) => boolean): Target[] {
    const existing = [...this.#requests.keys()].filter(exists)
    for (const target of existing) this.#requests.delete(target)
    for (const [target, requestedAt] of this.#requests)
      if (getAge(requestedAt, now) > RETENTION_MS) this.#requests.delete(target)
    return existing
  }
}
