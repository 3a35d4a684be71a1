/**
 * What the desk tells of itself, and when it wants to be woken: both are read from what it owes.
 */
import { isImporting } from './backup/importing.ts'
import { type Ledger, PRIORITY } from './ledger/ledger.ts'
import type { Overview } from './protocol.ts'
import { isRebuilding, SWEEP_TARGET } from './sweep.ts'

/**
 * What is owed. An embargo that has ended and is not released is owed too, since its end. A row
 * that waits longer than any row should counts as failing. `now` in milliseconds.
 */
export function getOverview(ledger: Ledger, now: number): Overview {
  const counts = ledger.countOutbox(now)
  const embargoEndsAt = (ledger.findNextEmbargo() ?? Number.POSITIVE_INFINITY) * 1000
  const since = Math.min(counts.oldestSince ?? now, embargoEndsAt)
  return {
    ...counts,
    oldestSince: since < now ? since : null,
    now,
    sweeping: ledger.isQueued(SWEEP_TARGET),
    deletesUnknown: isRebuilding(ledger),
    importing: isImporting(ledger),
  }
}

/**
 * The time, in milliseconds, of what comes next: a row that falls due, an embargo that ends, a
 * document that the clock makes another, or, while a run of the drain is under way, a look at slow
 * writes at `lookAt`. What is due already that run takes by itself: an alarm for it would fire over
 * and over until it is done. `backlogFrom`: when the backlog may be worked on.
 */
export function findNextAlarmTime(
  ledger: Ledger,
  now: number,
  backlogStart: number,
  pollAt: number | undefined,
): number | undefined {
  const dueAfter = pollAt === undefined ? Number.MIN_SAFE_INTEGER : now
  const newsDue = ledger.findNextDue(PRIORITY.news, dueAfter)
  // Held up, it falls due when it is let go, whenever it was owed.
  const isBacklogBlocked = backlogStart > now
  const backlogDue = ledger.findNextDue(
    PRIORITY.backlog,
    isBacklogBlocked ? Number.MIN_SAFE_INTEGER : dueAfter,
  )
  const times = [
    ...(newsDue === undefined ? [] : [newsDue]),
    ...(backlogDue === undefined ? [] : [Math.max(backlogDue, backlogStart)]),
    ...[ledger.findNextEmbargo(), ledger.findNextExpiry()].flatMap((seconds) =>
      seconds === undefined ? [] : [seconds * 1000],
    ),
    ...(pollAt === undefined ? [] : [pollAt]),
  ]
  return times.length > 0 ? Math.max(Math.min(...times), now) : undefined
}
