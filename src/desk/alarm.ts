/**
 * The one alarm of the desk: set to what comes next, brought forward when something is due sooner,
 * and set again when it was lost or set by a clock that has been corrected since. Pure: its world
 * is an argument. Times in milliseconds.
 */

export type AlarmWorld = {
  /** When there is something to do next; `undefined` when nothing waits. */
  next: (now: number) => number | undefined
  storage: Pick<DurableObjectStorage, 'setAlarm' | 'deleteAlarm'>
}

/**
 * While something is owed an alarm is always set, at the latest so far away: it outlives an
 * eviction.
 */
export const SAFETY_MS = 15_000

export class Alarm {
  readonly #world: AlarmWorld
  /** When the alarm is set for, as far as this object has set it itself. */
  #at = Number.POSITIVE_INFINITY

  constructor(world: AlarmWorld) {
    this.#world = world
  }

  arm(at: number): void {
    this.#at = at
    void this.#world.storage.setAlarm(at)
  }

  /** Sets the alarm to what comes next, and clears it when nothing does. */
  renew(now: number): void {
    const next = this.#world.next(now)
    if (next !== undefined) return this.arm(next)
    this.#at = Number.POSITIVE_INFINITY
    void this.#world.storage.deleteAlarm()
  }

  /** Moves the alarm forward if this is due sooner. */
  bringForward(due: number | undefined): void {
    if (due !== undefined && due < this.#at) this.arm(due)
  }

  /**
   * Sets the alarm again when it should have fired long ago, or is set for much later than what
   * comes next. Every request that reaches the desk comes through here; while all is well it sets
   * nothing.
   */
  check(now: number): void {
    const next = this.#world.next(now)
    const isLost = this.#at < now - SAFETY_MS
    const isLate = next !== undefined && this.#at > next + SAFETY_MS
    if (isLost || isLate) this.renew(now)
  }
}
