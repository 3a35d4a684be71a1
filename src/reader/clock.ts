/**
 * Notices that the clock was set back, and has the desk go by the right one.
 *
 * The platform never lets the clock of an object go back: it stands still, and the object's timers
 * and alarm with it, until the real time has caught up, be that a day later. Requests have clocks
 * of their own and see it at once, so the first one after the step tells the desk, before it is
 * answered.
 */
import type { DeskRpc } from '../desk/protocol.ts'
import { isInFuture } from '../text/time.ts'

/** Opens a stub of the desk. */
type DeskGetter = () => Pick<DeskRpc, 'open'>

export class ClockWatch {
  #latest = Number.NEGATIVE_INFINITY

  /**
   * Whether `now`, in milliseconds, lies before what was seen already. Answers yes once for each
   * step.
   */
  wasSetBack(now: number): boolean {
    const wentBack = isInFuture(this.#latest, now)
    if (wentBack || now > this.#latest) this.#latest = now
    return wentBack
  }
}

/**
 * Wakes the desk and tells it the time (`now`, milliseconds). An object whose clock is ahead aborts
 * itself, so the first try fails and the second one opens a new object. Other failures of the desk
 * are left to the request itself.
 */
export async function correctDeskClock(getDesk: DeskGetter, now: () => number): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      await getDesk().open(now())
      return
    } catch (cause) {
      const error = String(cause).slice(0, 300)
      console.warn(JSON.stringify({ event: 'clock.back', error }))
    }
  }
}

/**
 * The same when what the desk says of its own time lies in the future: it saw a step that no
 * request of this isolate saw.
 */
export async function checkDeskClock(
  getDesk: DeskGetter,
  deskTime: number,
  now: () => number,
): Promise<void> {
  if (isInFuture(deskTime, now())) await correctDeskClock(getDesk, now)
}
