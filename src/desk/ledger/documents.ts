/**
 * The table of tracked documents: their validators, and what was sent to KV. Times are in seconds,
 * but `sent_at` in milliseconds.
 */
import { findGroup, type Group, linkTarget } from '../../wire/targets.ts'
import type { OutboxRow } from '../drain.ts'
import type { Statements } from './sql.ts'

/** `until`: when the content expires without any change, in seconds; null: never. */
export type DocumentRow = {
  target: string
  etag: string
  modified: number
  fingerprint: string
  until: number | null
  sent: string | null
  sentAt: number | null
}

/** The validators of a rendered document, without what was sent. */
export type RenderedDocument = Pick<DocumentRow, 'target' | 'etag' | 'modified' | 'fingerprint'>

/** Links are not exported as documents, because their change times belong to each desk. */
export const NOT_A_LINK = `target NOT LIKE '${linkTarget('')}%'`

export function createDocumentStatements({ all, first }: Statements) {
  function findDocument(target: string): DocumentRow | undefined {
    return first<DocumentRow>(
      'SELECT target, etag, modified, fingerprint, until, sent, sent_at AS sentAt FROM document WHERE target = ?',
      target,
    )
  }

  /**
   * Stores the validators of a rendered document, and clears what was sent, even if the new content
   * equals it: a write that seemed to fail may have put something else into KV.
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
   * Returns documents whose content has expired, and clears their expiry: each is returned once and
   * must be rendered then.
   */
  function takeExpiredDocuments(now: number, limit: number): string[] {
    return all<{ target: string }>(
      `UPDATE document SET until = NULL WHERE target IN (
         SELECT target FROM document WHERE until <= ? ORDER BY until LIMIT ?) RETURNING target`,
      now,
      limit,
    ).map(({ target }) => target)
  }

  /** Returns when the next content expires, in seconds. */
  function findNextExpiry(): number | undefined {
    const query = 'SELECT min(until) AS next FROM document WHERE until IS NOT NULL'
    return first<{ next: number | null }>(query)?.next ?? undefined
  }

  /**
   * Records what was sent for an outbox row, unless a later change or a rebuild has enqueued the
   * row again.
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

  /** Clears what was sent, so that the next drain writes the key in any case. */
  function markUnsent(target: string): void {
    all('UPDATE document SET sent = NULL WHERE target = ?', target)
  }

  /** Lists targets of tracked documents in these groups. The key of a channel names its group. */
  function listTargetsOfGroups(groups: Group[]): string[] {
    return all<{ target: string }>(
      `SELECT document.target FROM json_each(?) AS given
       CROSS JOIN document ON document.channel = given.value`,
      JSON.stringify(groups),
    ).map(({ target }) => target)
  }

  /** Lists targets of tracked documents after `after`, in order. */
  function listTrackedTargets(after: string, limit: number): string[] {
    return all<{ target: string }>(
      'SELECT target FROM document WHERE target > ? AND channel IS NOT NULL ORDER BY target LIMIT ?',
      after,
      limit,
    ).map(({ target }) => target)
  }

  /**
   * Lists documents modified in that second or later. Reads the whole table: only for an export.
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
