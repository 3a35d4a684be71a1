/**
 * The table `outbox`: one row for each key of KV that must be written, and one for a sweep in
 * progress. `drain.ts` decides what happens to a row. Times are in milliseconds.
 */
import { getMaxWait, type OutboxRow } from '../drain.ts'
import type { Statements } from './sql.ts'

/**
 * The state of the outbox for monitoring. `backlog`: how many of the rows are backlog.
 * `oldestSince`: when the oldest row of news was enqueued. `failing`: how many rows failed at their
 * last attempt, or have a due time that is too far ahead.
 */
export type OutboxCounts = {
  rows: number
  backlog: number
  oldestSince: number | null
  failing: number
}

/** News is written before backlog, because bulk requests and sweeps enqueue thousands of rows. */
export const PRIORITY = { news: 0, backlog: 1 } as const

export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY]

/**
 * SQL condition for a row whose due time is further ahead of now (`?1`) than `getMaxWait` allows
 * for its number of attempts. Such a time was computed while the clock was wrong.
 */
const EXCESSIVE_WAIT = `due > ?1 + max(${getMaxWait(0)}, min(${getMaxWait(99)}, 1000 << min(attempts, 20)))`

export function createOutboxStatements({ all, first }: Statements) {
  /**
   * Enqueues targets at `due`. A target that is queued already gets the new sequence number, no
   * failed attempts, the earlier due time and the higher priority. If it was backlog and becomes
   * news, `since` is set to `due`.
   */
  function enqueueAll(
    targets: string[],
    sequence: number,
    due: number,
    priority: Priority = PRIORITY.news,
  ): void {
    all(
      `INSERT INTO outbox (target, sequence, attempts, due, since, priority)
       SELECT value, ?1, 0, ?2, ?2, ?3 FROM json_each(?4) WHERE true
       ON CONFLICT (target) DO UPDATE SET sequence = excluded.sequence, attempts = 0,
         since = CASE WHEN excluded.priority < priority THEN excluded.since ELSE since END,
         due = min(due, excluded.due), priority = min(priority, excluded.priority)`,
      sequence,
      due,
      priority,
      JSON.stringify(targets),
    )
  }

  function enqueue(target: string, sequence: number, due: number, priority?: Priority): void {
    enqueueAll([target], sequence, due, priority)
  }

  /** Lists due rows, news first, without the targets in `excluded`. */
  function listDueRows(
    now: number,
    limit: number,
    excluded: ReadonlySet<string>,
    includeBacklog: boolean,
  ): OutboxRow[] {
    const rows: OutboxRow[] = []
    for (const priority of includeBacklog ? [PRIORITY.news, PRIORITY.backlog] : [PRIORITY.news]) {
      if (rows.length >= limit) break
      // The limit leaves room for excluded rows, which are due as well.
      const dueRows = all<OutboxRow>(
        `SELECT target, sequence, attempts, due FROM outbox WHERE priority = ? AND due <= ?
         ORDER BY due, sequence, target LIMIT ?`,
        priority,
        now,
        limit - rows.length + excluded.size,
      )
      rows.push(...dueRows.filter(({ target }) => !excluded.has(target)))
    }
    return rows.slice(0, limit)
  }

  /** Returns the earliest due time later than `after` among the rows of a priority. */
  function findNextDue(priority: Priority, after: number): number | undefined {
    return (
      first<{ next: number | null }>(
        'SELECT min(due) AS next FROM outbox WHERE priority = ? AND due > ?',
        priority,
        after,
      )?.next ?? undefined
    )
  }

  /**
   * Deletes a row whose key was written to KV. If a later change has enqueued the key again, the
   * row stays, its due time becomes `due` or later, and this time is returned.
   */
  function completeRow(row: OutboxRow, due: number): number | undefined {
    all('DELETE FROM outbox WHERE target = ? AND sequence = ?', row.target, row.sequence)
    return first<{ due: number }>(
      `UPDATE outbox SET due = max(due, ?1), since = max(since, ?1), attempts = 0, error = NULL
       WHERE target = ?2 RETURNING due`,
      due,
      row.target,
    )?.due
  }

  /** Makes a row wait until `due`. With an `error`, this counts as a failed attempt. */
  function postponeRow(row: OutboxRow, due: number, error: string | undefined): void {
    // If a later change has enqueued the row again, it must not wait for the earlier back-off.
    const update = 'UPDATE outbox SET due = CASE WHEN sequence = ?1 THEN ?2 ELSE due END'
    const failure = error === undefined ? '' : ', attempts = attempts + 1, error = ?4'
    const bindings = [row.sequence, due, row.target, ...(error === undefined ? [] : [error])]
    all(`${update}${failure} WHERE target = ?3`, ...bindings)
  }

  /**
   * Makes rows due now if their due time is further ahead than `getMaxWait` allows. Runs often, so
   * it looks for such rows before it writes.
   */
  function resetExcessiveWaits(now: number): void {
    const condition = `priority IN (${Object.values(PRIORITY)}) AND due > ?1 + ${getMaxWait(0)} AND ${EXCESSIVE_WAIT}`
    if (first(`SELECT 1 AS found FROM outbox WHERE ${condition} LIMIT 1`, now))
      all(`UPDATE outbox SET due = ?1, since = min(since, ?1) WHERE ${condition}`, now)
  }

  function countOutbox(now: number): OutboxCounts {
    const row = first<OutboxCounts>(
      `SELECT count(*) AS rows, count(*) FILTER (WHERE priority > 0) AS backlog,
         min(since) FILTER (WHERE priority = 0) AS oldestSince,
         count(*) FILTER (WHERE error IS NOT NULL OR ${EXCESSIVE_WAIT}) AS failing FROM outbox`,
      now,
    )
    return row ?? { rows: 0, backlog: 0, oldestSince: null, failing: 0 }
  }

  /** Returns whether the outbox is empty. Reads one row at most. */
  function isOutboxEmpty(): boolean {
    return first('SELECT 1 AS found FROM outbox LIMIT 1') === undefined
  }

  function isQueued(target: string): boolean {
    return first('SELECT 1 AS found FROM outbox WHERE target = ?', target) !== undefined
  }

  return {
    enqueueAll,
    enqueue,
    listDueRows,
    findNextDue,
    completeRow,
    postponeRow,
    resetExcessiveWaits,
    countOutbox,
    isOutboxEmpty,
    isQueued,
  }
}
