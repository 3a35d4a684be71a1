/**
 * Gives news priority over bulk publishing.
 *
 * While a bulk run is active, its own backlog waits, and feed documents are rendered at most every
 * few seconds instead of once per article. A run counts as active until a second has passed
 * without a call. All times are in milliseconds.
 */

const RUN_ENDS_AFTER_MS = 1000
/** A long run must not delay its backlog any longer. */
const MAX_BACKLOG_DELAY_MS = 5 * 60_000
/** Feed documents wait as long as the run has lasted, within these limits. */
const FEED_DELAY_MS = { min: 1000, max: 5000 }

export class BulkPace {
  /** The last bulk run: when it began, and when it ends unless another call follows. */
  #run: { startedAt: number; endsAt: number } | undefined

  /** Records a bulk call. Returns how long the feed documents it changes should wait. */
  recordCall(now: number): number {
    const startedAt = this.#findActiveRun(now)?.startedAt ?? now
    this.#run = { startedAt, endsAt: now + RUN_ENDS_AFTER_MS }
    const { min, max } = FEED_DELAY_MS
    return Math.min(max, Math.max(min, now - startedAt))
  }

  /** Returns the earliest time at which the backlog may be processed. */
  getBacklogStart(now: number): number {
    const run = this.#findActiveRun(now)
    return run ? Math.min(run.endsAt, run.startedAt + MAX_BACKLOG_DELAY_MS) : now
  }

  #findActiveRun(now: number) {
    // If more time remains than a call sets, the clock was set back, and the run may have ended
    // long ago.
    const remainingMs = this.#run ? this.#run.endsAt - now : 0
    return remainingMs > 0 && remainingMs <= RUN_ENDS_AFTER_MS ? this.#run : undefined
  }
}
