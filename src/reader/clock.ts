/**
 * Detects that the clock was set back, and makes the desk use the new time.
 *
 * On the platform, the clock of a Durable Object never goes back: its clock, timers and alarm stop
 * until the real time has caught up, which can take a day. Requests have their own clocks and
 * notice the change at once. The first request after the change sends the new time to the desk
 * before it is handled.
 */
import type { DeskRpc } from '../desk/protocol.ts'
import { isInFuture } from '../text/time.ts'

/** Returns a stub of the desk. */
type DeskGetter = () => Pick<DeskRpc, 'open'>

export class ClockWatch {
  #latest = Number.NEGATIVE_INFINITY

  /**
   * Returns whether `now`, in milliseconds, is earlier than the latest time that was passed before.
   * Returns true only once for each change of the clock.
   */
  wasSetBack(now: number): boolean {
    const wentBack = isInFuture(this.#latest, now)
    if (wentBack || now > this.#latest) this.#latest = now
    return wentBack
  }
}

/**
 * Opens the desk and sends it the current time in milliseconds. An object whose clock is ahead
 * aborts itself, so the first call fails and the second one reaches a new object. Any other failure
 * is only logged, because the request reports it if it needs the desk.
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
 * Corrects the clock of the desk if its time (`deskTime`, milliseconds) is in the future. This
 * happens if the clock was set back, but no request of this isolate detected it.
 */
export async function checkDeskClock(
  getDesk: DeskGetter,
  deskTime: number,
  now: () => number,
): Promise<void> {
  if (isInFuture(deskTime, now())) await correctDeskClock(getDesk, now)
}
