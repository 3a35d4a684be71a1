/**
 * How bulk gives way. Bulk is taken to go on for a while after its last call: its backlog waits for the end of it, and feed
 * documents that it changes wait for more of it, to be rendered once for all that came. Times in milliseconds.
 */

/** Bulk is taken to go on for so long after its last call; its backlog waits for the end of it … */
const QUIET_MS = 1000
/** … but not longer than this, … */
const HOLD_MS = 5 * 60_000
/** … and meanwhile a feed document that it changes waits for as long as it has gone on, within these. */
const FEED_WAIT_MS = { least: 1000, most: 5000 }

export class BulkPace {
  /** When the bulk under way began, and until when more of it is waited for. */
  #underWay: { since: number; until: number } | undefined

  /** Notes a call of bulk; returns how long feed documents that it changes wait. */
  note(now: number): number {
    const since = this.#goingOn(now)?.since ?? now
    this.#underWay = { since, until: now + QUIET_MS }
    const { least, most } = FEED_WAIT_MS
    return Math.min(most, Math.max(least, now - since))
  }

  /** When the backlog may be worked on: at once, or when the bulk under way has ended. */
  backlogFrom(now: number): number {
    const bulk = this.#goingOn(now)
    return bulk ? Math.min(bulk.until, bulk.since + HOLD_MS) : now
  }

  #goingOn(now: number) {
    // Further ahead than that the clock was set back: the bulk may have ended long ago.
    const left = this.#underWay ? this.#underWay.until - now : 0
    return left > 0 && left <= QUIET_MS ? this.#underWay : undefined
  }
}
