/**
 * The table of the outbox: what is owed to the wire. Times are milliseconds.
 */
import { getMaxWait, type OutboxRow } from '../drain.ts'
import type { Statements } from './sql.ts'

/**
 * `backlog`: how many of the rows give way to news. `oldestSince`: since when the oldest news is
 * owed.
 */
export type OutboxCounts = {
  rows: number
  backlog: number
  oldestSince: number | null
  failing: number
}

/**
 * Which of what is owed goes first. Bulk and sweeps owe by the thousand: news does not wait for
 * them.
 */
export const PRIORITY = { news: 0, backlog: 1 } as const

export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY]

/** A row that is due later than `longestWait` of its attempts after the present time, `?1`. */
const EXCESSIVE_WAIT = `due > ?1 + max(${getMaxWait(0)}, min(${getMaxWait(99)}, 1000 << min(attempts, 20)))`

export function createOutboxStatements({ all, first }: Statements) {
  /**
   * Owes the targets to the world, due at `due`; a row that is there is woken, and tries again as
   * early as either says.
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

  /** Rows that are due, news first; the backlog only when it has its turn. */
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

  /** When the next row of a priority falls due that is not due at this time, in milliseconds. */
  function findNextDue(priority: Priority, after: number): number | undefined {
    return (
      first<{ next: number | null }>(
        'SELECT min(due) AS next FROM outbox WHERE priority = ? AND due > ?',
        priority,
        after,
      )?.next ?? undefined
    )
  }

  /** Deletes the row unless a later change has woken it; tells when it is due again if it stays. */
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
    // A change that woke the row meanwhile does not wait for the old one's back-off.
    const update = 'UPDATE outbox SET due = CASE WHEN sequence = ?1 THEN ?2 ELSE due END'
    const failure = error === undefined ? '' : ', attempts = attempts + 1, error = ?4'
    const bindings = [row.sequence, due, row.target, ...(error === undefined ? [] : [error])]
    all(`${update}${failure} WHERE target = ?3`, ...bindings)
  }

  /**
   * Makes rows due at `now` whose wait is longer than `longestWait`. Writes only where there are
   * any.
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

  /** Whether nothing is owed at all: one look, however long the backlog is. */
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
