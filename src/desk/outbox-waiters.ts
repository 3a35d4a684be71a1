/**
 * Callers who wait until nothing is owed, backlog included: who has published in bulk waits for
 * that. They are woken by the end of a write, so nothing polls here.
 *
 * They live in memory only: when the object is evicted their calls fail, and they ask again.
 */

/** Each waits with a request under way, so they are few. One more is answered at once. */
export const MAX_WAITERS = 32

export class OutboxWaiters {
  readonly #isEmpty: () => boolean
  readonly #waiting = new Set<() => void>()

  constructor(isEmpty: () => boolean) {
    this.#isEmpty = isEmpty
  }

  /** Resolves once nothing is owed, or after so many milliseconds. */
  async wait(timeoutMs: number): Promise<void> {
    if (this.#isEmpty() || this.#waiting.size >= MAX_WAITERS) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.add(resolve)
    try {
      await Promise.race([promise, scheduler.wait(timeoutMs)])
    } finally {
      this.#waiting.delete(resolve)
    }
  }

  /** Called when a row has left the outbox. */
  notify(): void {
    if (this.#waiting.size === 0 || !this.#isEmpty()) return
    for (const resolve of this.#waiting) resolve()
  }
}
