/**
 * What readers asked for before there was anything: feed documents and pages of channels that had
 * not begun. Isolates remember for ten seconds that something is unknown, so a channel that begins
 * meanwhile is sent to the wire by itself: those who asked too early would wait out that memory.
 */
import { ageOf } from '../text/time.ts'
import type { Target } from '../wire/targets.ts'

/** Asks in vain are remembered a little longer than isolates remember the answer. */
const MEMORY_MS = 12_000
const MAX_ASKS = 1_000

export class VainAsks {
  readonly #asked = new Map<Target, number>()

  /** `now` in milliseconds. The oldest gives way when there are too many. */
  remember(target: Target, now: number): void {
    const oldest = this.#asked.keys().next().value
    if (this.#asked.size >= MAX_ASKS && oldest !== undefined) this.#asked.delete(oldest)
    this.#asked.set(target, now)
  }

  /** Takes out those that can be answered by now, and forgets those of long ago. */
  answerable(now: number, exists: (target: Target) => boolean): Target[] {
    const found = [...this.#asked.keys()].filter(exists)
    for (const target of found) this.#asked.delete(target)
    for (const [target, asked] of this.#asked)
      if (ageOf(asked, now) > MEMORY_MS) this.#asked.delete(target)
    return found
  }
}
