/**
 * The table `document`: the validators of each tracked document, and which content was last sent to
 * KV. The desk renders these documents again when their group changes. Times are in seconds, except
 * `sent_at`, which is in milliseconds.
 */
import { findGroup, type Group, linkTarget } from '../../wire/targets.ts'
import type { OutboxRow } from '../drain.ts'
import type { Statements } from './sql.ts'

/**
 * `fingerprint` identifies the data of the document. `sent` is the fingerprint of the content last
 * sent to KV, or null if the document must be sent again. `until` is when the content expires even
 * if no article changes, or null if it never expires.
 */
export type DocumentRow = {
  target: string
  etag: string
  modified: number
  fingerprint: string
  until: number | null
  sent: string | null
  sentAt: number | null
}

/** The part of a row that rendering decides and exports contain. */
export type RenderedDocument = Pick<DocumentRow, 'target' | 'etag' | 'modified' | 'fingerprint'>

/**
 * SQL condition for the documents in an export. Links are left out, because each desk sets the
 * times of its own link records.
 */
export const NOT_A_LINK = `target NOT LIKE '${linkTarget('')}%'`

export function createDocumentStatements({ all, first }: Statements) {
  function findDocument(target: string): DocumentRow | undefined {
    return first<DocumentRow>(
      'SELECT target, etag, modified, fingerprint, until, sent, sent_at AS sentAt FROM document WHERE target = ?',
      target,
    )
  }

  /**
   * Stores the validators of a newly rendered document. Also clears `sent`: if later changes
   * restore the content that was sent before, it must be sent again, because a write that failed or
   * timed out may have put other content into KV meanwhile.
   */
  function saveDocument(row: RenderedDocument & { until?: number | null }): void {
    all(
      `INSERT INTO document (target, channel, etag, modified, fingerprint, until) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (target) DO UPDATE SET etag = excluded.etag, modified = excluded.modified,
         fingerprint = excluded.fingerprint, until = excluded.until, sent = NULL`,
      row.target,
      findGroup(row.target) ?? null,
      row.etag,
      row.modified,
      row.fingerprint,
      row.until ?? null,
    )
  }

  function setExpiry(target: string, until: number | null): void {
    all('UPDATE document SET until = ? WHERE target = ?', until, target)
  }

  /**
   * Returns the targets of documents that have expired at `now` (seconds), and clears their expiry.
   * Each is returned only once, so the caller must enqueue it in the same transaction.
   */
  function takeExpiredDocuments(now: number, limit: number): string[] {
    return all<{ target: string }>(
      `UPDATE document SET until = NULL WHERE target IN (
         SELECT target FROM document WHERE until <= ? ORDER BY until LIMIT ?) RETURNING target`,
      now,
      limit,
    ).map(({ target }) => target)
  }

  /** Returns when the next document expires, in seconds. */
  function findNextExpiry(): number | undefined {
    const query = 'SELECT min(until) AS next FROM document WHERE until IS NOT NULL'
    return first<{ next: number | null }>(query)?.next ?? undefined
  }

  /**
   * Records that the content with this fingerprint was sent for an outbox row. Does nothing if a
   * later change or a sweep has enqueued the row again meanwhile.
   */
  function markSent({ target, sequence }: OutboxRow, fingerprint: string, sentAt: number): void {
    all(
      `UPDATE document SET sent = ?, sent_at = ? WHERE target = ?3
         AND EXISTS (SELECT 1 FROM outbox WHERE target = ?3 AND sequence = ?4)`,
      fingerprint,
      sentAt,
      target,
      sequence,
    )
  }

  /** Clears `sent`, so that the next drain writes the document even if it is unchanged. */
  function markUnsent(target: string): void {
    all('UPDATE document SET sent = NULL WHERE target = ?', target)
  }

  /** Lists the targets of the tracked documents in these groups. */
  function listTargetsOfGroups(groups: Group[]): string[] {
    return all<{ target: string }>(
      `SELECT document.target FROM json_each(?) AS given
       CROSS JOIN document ON document.channel = given.value`,
      JSON.stringify(groups),
    ).map(({ target }) => target)
  }

  /**
   * Lists the targets of tracked documents that belong to a group, in order, starting after
   * `after`.
   */
  function listTrackedTargets(after: string, limit: number): string[] {
    return all<{ target: string }>(
      'SELECT target FROM document WHERE target > ? AND channel IS NOT NULL ORDER BY target LIMIT ?',
      after,
      limit,
    ).map(({ target }) => target)
  }

  /**
   * Lists documents last modified at `since` or later, in the order of their targets. Leaves out
   * links, and redirects, which have no modification time. Reads the whole table, so only exports
   * use it.
   */
  function listDocuments(after: string, since: number, limit: number): RenderedDocument[] {
    const query = `SELECT target, etag, modified, fingerprint FROM document
       WHERE target > ? AND modified >= ? AND ${NOT_A_LINK} ORDER BY target LIMIT ?`
    return all(query, after, Math.max(1, since), limit)
  }

  return {
    findDocument,
    saveDocument,
    setExpiry,
    takeExpiredDocuments,
    findNextExpiry,
    markSent,
    markUnsent,
    listTargetsOfGroups,
    listTrackedTargets,
    listDocuments,
  }
}
