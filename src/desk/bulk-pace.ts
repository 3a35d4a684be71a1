/**
 * How bulk gives way. Bulk is taken to go on for a while after its last call: its backlog waits for the end of it, and feed
 * documents that it changes wait for more of it, to be rendered once for all that came. Times in milliseconds.
 */

/** Bulk is taken to go on for so long after its last call; its backlog waits for the end of it … */
const RUN_ENDS_AFTER_MS = 1000
/** … but not longer than this, … */
const MAX_BACKLOG_DELAY_MS = 5 * 60_000
/** … and meanwhile a feed document that it changes waits for as long as it has gone on, within these. */
const FEED_DELAY_MS = { min: 1000, max: 5000 }

export class BulkPace {
  /** When the bulk under way began, and until when more of it is waited for. */
  #run: { startedAt: number; endsAt: number } | undefined

  /** Notes a call of bulk; returns how long feed documents that it changes wait. */
  recordCall(now: number): number {
    const startedAt = this.#findActiveRun(now)?.startedAt ?? now
    this.#run = { startedAt, endsAt: now + RUN_ENDS_AFTER_MS }
    const { min, max } = FEED_DELAY_MS
    return Math.min(max, Math.max(min, now - startedAt))
  }

  /** When the backlog may be worked on: at once, or when the bulk under way has ended. */
  getBacklogStart(now: number): number {
    const run = this.#findActiveRun(now)
    return run ? Math.min(run.endsAt, run.startedAt + MAX_BACKLOG_DELAY_MS) : now
  }

  #findActiveRun(now: number) {
    // Further ahead than that the clock was set back: the bulk may have ended long ago.
    const remainingMs = this.#run ? this.#run.endsAt - now : 0
    return remainingMs > 0 && remainingMs <= RUN_ENDS_AFTER_MS ? this.#run : undefined
  }
}
