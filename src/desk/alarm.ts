/**
 * The one alarm of the desk: set to what comes next, brought forward when something is due sooner,
 * and set again when it was lost or set by a clock that has been corrected since. Pure: its world
 * is an argument. Times in milliseconds.
 */

export type AlarmDependencies = {
  /** When there is something to do next; `undefined` when nothing waits. */
  findNextTime: (now: number) => number | undefined
  storage: Pick<DurableObjectStorage, 'setAlarm' | 'deleteAlarm'>
}

/**
 * While something is owed an alarm is always set, at the latest so far away: it outlives an
 * eviction.
 */
export const SAFETY_INTERVAL_MS = 15_000

export class Alarm {
  readonly #dependencies: AlarmDependencies
  /** When the alarm is set for, as far as this object has set it itself. */
  #alarmTime = Number.POSITIVE_INFINITY

  constructor(dependencies: AlarmDependencies) {
    this.#dependencies = dependencies
  }

  arm(at: number): void {
    this.#alarmTime = at
    void this.#dependencies.storage.setAlarm(at)
  }

  /** Sets the alarm to what comes next, and clears it when nothing does. */
  reschedule(now: number): void {
    const next = this.#dependencies.findNextTime(now)
    if (next !== undefined) return this.arm(next)
    this.#alarmTime = Number.POSITIVE_INFINITY
    void this.#dependencies.storage.deleteAlarm()
  }

  /** Moves the alarm forward if this is due sooner. */
  bringForward(due: number | undefined): void {
    if (due !== undefined && due < this.#alarmTime) this.arm(due)
  }

  /**
   * Sets the alarm again when it should have fired long ago, or is set for much later than what
   * comes next. Every request that reaches the desk comes through here; while all is well it sets
   * nothing.
   */
  ensureArmed(now: number): void {
    const next = this.#dependencies.findNextTime(now)
    const isLost = this.#alarmTime < now - SAFETY_INTERVAL_MS
    const isLate = next !== undefined && this.#alarmTime > next + SAFETY_INTERVAL_MS
    if (isLost || isLate) this.reschedule(now)
  }
}
