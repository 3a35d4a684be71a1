/**
 * Manages callers that wait until the outbox is empty, including the backlog. An example is a
 * program that has published in bulk. Waiters are notified when a write ends, so nothing polls.
 *
 * Waiters are stored in memory only. If the object is evicted, their calls fail, and the callers
 * call again.
 */

/** Maximum number of waiters, because each keeps a request open. Further callers do not wait. */
export const MAX_WAITERS = 32

export class OutboxWaiters {
  readonly #isEmpty: () => boolean
  readonly #waiting = new Set<() => void>()

  constructor(isEmpty: () => boolean) {
    this.#isEmpty = isEmpty
  }

  /**
   * Resolves when the outbox is empty or after `timeoutMs` milliseconds. Resolves at once when
   * `MAX_WAITERS` callers are waiting already.
   */
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

  /** Resolves all waiters if the outbox is empty. Called whenever a row was settled. */
  notify(): void {
    if (this.#waiting.size === 0 || !this.#isEmpty()) return
    for (const resolve of this.#waiting) resolve()
  }
}
