/**
 * Two views of the pending work of the desk: the overview that health checks and editors read, and
 * the time of the next alarm.
 */
import { isImporting } from './backup/importing.ts'
import { type Ledger, PRIORITY } from './ledger/ledger.ts'
import type { Overview } from './protocol.ts'
import { isRebuilding, SWEEP_TARGET } from './sweep.ts'

/**
 * Returns the counts and ages of pending work at `now` (milliseconds). An article whose embargo has
 * ended but that is not released yet counts towards `oldestSince`. A row counts as failing if it is
 * due later than any regular delay explains.
 */
export function getOverview(ledger: Ledger, now: number): Overview {
  const counts = ledger.countOutbox(now)
  const embargoEndsAt = (ledger.findNextEmbargo() ?? Number.POSITIVE_INFINITY) * 1000
  const oldestSince = Math.min(counts.oldestSince ?? now, embargoEndsAt)
  return {
    ...counts,
    oldestSince: oldestSince < now ? oldestSince : null,
    now,
    sweeping: ledger.isQueued(SWEEP_TARGET),
    deletesUnknown: isRebuilding(ledger),
    importing: isImporting(ledger),
  }
}

/**
 * Returns when the next work is due: an outbox row, the end of an embargo, or the expiry of a
 * document. Returns `undefined` if nothing is pending. All times are in milliseconds.
 *
 * `backlogStart` is when the backlog may be processed. `pollAt` is defined only while the drain
 * runs: it is when slow writes should be checked. Rows that are due already are then ignored,
 * because the active run claims them. An alarm for them would fire again and again until they are
 * written.
 */
export function findNextAlarmTime(
  ledger: Ledger,
  now: number,
  backlogStart: number,
  pollAt: number | undefined,
): number | undefined {
  const dueAfter = pollAt === undefined ? Number.MIN_SAFE_INTEGER : now
  const newsDue = ledger.findNextDue(PRIORITY.news, dueAfter)
  // The drain does not claim blocked rows, so an alarm is needed even for blocked rows that are
  // due.
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
