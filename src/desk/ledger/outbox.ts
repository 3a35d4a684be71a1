/** The table of the outbox: keys that must be written to KV. Times are in milliseconds. */
import { getMaxWait, type OutboxRow } from '../drain.ts'
import type { Statements } from './sql.ts'

/**
 * `backlog`: how many rows have low priority. `oldestSince`: since when the oldest row with normal
 * priority waits.
 */
export type OutboxCounts = {
  rows: number
  backlog: number
  oldestSince: number | null
  failing: number
}

/**
 * News is written before the backlog, because bulk requests and sweeps enqueue thousands of rows.
 */
export const PRIORITY = { news: 0, backlog: 1 } as const

export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY]

/** Matches a row that is due later than `getMaxWait` of its attempts allows at the time `?1`. */
const EXCESSIVE_WAIT = `due > ?1 + max(${getMaxWait(0)}, min(${getMaxWait(99)}, 1000 << min(attempts, 20)))`

export function createOutboxStatements({ all, first }: Statements) {
  /**
   * Enqueues targets, due at `due`. A row that exists gets the new sequence number and the earlier
   * of both times.
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

  /** Lists due rows, news first, and the backlog only if `includeBacklog` is set. */
  function listDueRows(
    now: number,
    limit: number,
    except: ReadonlySet<string>,
    includeBacklog: boolean,
  ): OutboxRow[] {
    const rows: OutboxRow[] = []
    for (const priority of includeBacklog ? [PRIORITY.news, PRIORITY.backlog] : [PRIORITY.news]) {
      if (rows.length >= limit) break
      const due = all<OutboxRow>(
        `SELECT target, sequence, attempts, due FROM outbox WHERE priority = ? AND due <= ?
         ORDER BY due, sequence, target LIMIT ?`,
        priority,
        now,
        limit - rows.length + except.size,
      )
      rows.push(...due.filter(({ target }) => !except.has(target)))
    }
    return rows.slice(0, limit)
  }

  /** Returns when the next row of a priority is due after this time, in milliseconds. */
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
   * Deletes a row unless a later change has enqueued it again. Returns when it is due if it stays.
   */
  function settleRow(row: OutboxRow, due: number): number | undefined {
    all('DELETE FROM outbox WHERE target = ? AND sequence = ?', row.target, row.sequence)
    return first<{ due: number }>(
      `UPDATE outbox SET due = max(due, ?1), since = max(since, ?1), attempts = 0, error = NULL
       WHERE target = ?2 RETURNING due`,
      due,
      row.target,
    )?.due
  }

  function postponeRow(row: OutboxRow, due: number, error: string | undefined): void {
    // A row that was enqueued again does not wait for the previous back-off.
    const update = 'UPDATE outbox SET due = CASE WHEN sequence = ?1 THEN ?2 ELSE due END'
    const failure = error === undefined ? '' : ', attempts = attempts + 1, error = ?4'
    const bindings = [row.sequence, due, row.target, ...(error === undefined ? [] : [error])]
    all(`${update}${failure} WHERE target = ?3`, ...bindings)
  }

  /**
   * Makes rows due at `now` that would wait longer than `getMaxWait`. Writes only if there are any.
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

  /** Returns whether the outbox is empty, in one look-up, however long the backlog is. */
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
    settleRow,
    postponeRow,
    resetExcessiveWaits,
    countOutbox,
    isOutboxEmpty,
    isQueued,
  }
}
