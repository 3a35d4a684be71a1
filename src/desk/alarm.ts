/**
 * The only alarm of the desk. It is set for the next due work and moved to an earlier time when
 * something is due sooner. It is set again when it was lost, or when a wrong clock had set it too
 * late. The storage and the search for due work are passed in. All times are in milliseconds.
 */

export type AlarmDependencies = {
  /** Returns when the next work is due, or `undefined` when there is none. */
  findNextTime: (now: number) => number | undefined
  storage: Pick<DurableObjectStorage, 'setAlarm' | 'deleteAlarm'>
}

/**
 * While work is in progress, an alarm is set at most this far ahead. It restarts the work if the
 * object is evicted. An alarm that is overdue by more than this counts as lost. An alarm that is
 * set later than the next due work by more than this counts as late.
 */
export const SAFETY_INTERVAL_MS = 15_000

export class Alarm {
  readonly #dependencies: AlarmDependencies
  /** The time of the alarm, if this instance of the object has set it. */
  #alarmTime = Number.POSITIVE_INFINITY

  constructor(dependencies: AlarmDependencies) {
    this.#dependencies = dependencies
  }

  arm(at: number): void {
    this.#alarmTime = at
    void this.#dependencies.storage.setAlarm(at)
  }

  /** Sets the alarm for the next due work, or deletes it when there is none. */
  reschedule(now: number): void {
    const next = this.#dependencies.findNextTime(now)
    if (next !== undefined) return this.arm(next)
    this.#alarmTime = Number.POSITIVE_INFINITY
    void this.#dependencies.storage.deleteAlarm()
  }

  /** Moves the alarm to `due` if that is sooner. */
  bringForward(due: number | undefined): void {
    if (due !== undefined && due < this.#alarmTime) this.arm(due)
  }

  /**
   * Sets the alarm again if it should have fired long ago or is set much too late. Called for every
   * request to the desk. Most calls change nothing.
   */
  ensureArmed(now: number): void {
    const next = this.#dependencies.findNextTime(now)
    const isLost = this.#alarmTime < now - SAFETY_INTERVAL_MS
    const isLate = next !== undefined && this.#alarmTime > next + SAFETY_INTERVAL_MS
    if (isLost || isLate) this.reschedule(now)
  }
}
