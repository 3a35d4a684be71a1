/**
 * Notices that the clock was set back, and has the desk go by the right one.
 *
 * The platform never lets the clock of an object go back: it stands still, and the object's timers
 * and alarm with it, until the real time has caught up, be that a day later. Requests have clocks
 * of their own and see it at once, so the first one after the step tells the desk, before it is
 * answered.
 */
import type { DeskRpc } from '../desk/protocol.ts'
import { isAhead } from '../text/time.ts'

/** Opens a stub of the desk. */
type OpenDesk = () => Pick<DeskRpc, 'wake'>

export class ClockWatch {
  #latest = Number.NEGATIVE_INFINITY

  /**
   * Whether `now`, in milliseconds, lies before what was seen already. Answers yes once for each
   * step.
   */
  wasSetBack(now: number): boolean {
    const isBack = isAhead(this.#latest, now)
    if (isBack || now > this.#latest) this.#latest = now
    return isBack
  }
}

/**
 * Wakes the desk and tells it the time (`now`, milliseconds). An object whose clock is ahead aborts
 * itself, so the first try fails and the second one opens a new object. Other failures of the desk
 * are left to the request itself.
 */
export async function tellTime(desk: OpenDesk, now: () => number): Promise<void> {
  for (let tries = 0; tries < 2; tries += 1) {
    try {
      await desk().wake(now())
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
export async function compareClocks(
  desk: OpenDesk,
  deskTime: number,
  now: () => number,
): Promise<void> {
  if (isAhead(deskTime, now())) await tellTime(desk, now)
}
