/**
 * What the desk tells of itself, and when it wants to be woken: both are read from what it owes.
 */
import { importIsUnderWay } from './copies/importing.ts'
import { type Ledger, PRIORITY } from './ledger/ledger.ts'
import type { Overview } from './protocol.ts'
import { isRebuilding, SWEEP_TARGET } from './sweep.ts'

/**
 * What is owed. An embargo that has ended and is not released is owed too, since its end. A row
 * that waits longer than any row should counts as failing. `now` in milliseconds.
 */
export function overviewOf(ledger: Ledger, now: number): Overview {
  const owed = ledger.owed(now)
  const embargo = (ledger.nextEmbargo() ?? Number.POSITIVE_INFINITY) * 1000
  const since = Math.min(owed.oldestSince ?? now, embargo)
  return {
    ...owed,
    oldestSince: since < now ? since : null,
    now,
    sweeping: ledger.isOwed(SWEEP_TARGET),
    deletesUnknown: isRebuilding(ledger),
    importing: importIsUnderWay(ledger),
  }
}

/**
 * The time, in milliseconds, of what comes next: a row that falls due, an embargo that ends, a
 * document that the clock makes another, or, while a run of the drain is under way, a look at slow
 * writes at `lookAt`. What is due already that run takes by itself: an alarm for it would fire over
 * and over until it is done. `backlogFrom`: when the backlog may be worked on.
 */
export function nextAlarm(
  ledger: Ledger,
  now: number,
  backlogFrom: number,
  lookAt: number | undefined,
): number | undefined {
  const after = lookAt === undefined ? Number.MIN_SAFE_INTEGER : now
  const due = ledger.nextDue(PRIORITY.news, after)
  // Held up, it falls due when it is let go, whenever it was owed.
  const held = backlogFrom > now
  const backlog = ledger.nextDue(PRIORITY.backlog, held ? Number.MIN_SAFE_INTEGER : after)
  const times = [
    ...(due === undefined ? [] : [due]),
    ...(backlog === undefined ? [] : [Math.max(backlog, backlogFrom)]),
    ...[ledger.nextEmbargo(), ledger.nextEnd()].flatMap((seconds) =>
      seconds === undefined ? [] : [seconds * 1000],
    ),
    ...(lookAt === undefined ? [] : [lookAt]),
  ]
  return times.length > 0 ? Math.max(Math.min(...times), now) : undefined
}
