/**
 * Documents that were rendered: their validators, and what of them was sent. Times are seconds, but
 * `sent_at` is milliseconds.
 */
import { findGroup, type Group, linkTarget } from '../../wire/targets.ts'
import type { OutboxRow } from '../drain.ts'
import type { Statements } from './sql.ts'

/** `until`: when the document becomes another by the clock alone, in seconds; null: never. */
export type DocumentRow = {
  target: string
  etag: string
  modified: number
  fingerprint: string
  until: number | null
  sent: string | null
  sentAt: number | null
}

/** What a document was rendered as, without what was sent of it. */
export type RenderedDocument = Pick<DocumentRow, 'target' | 'etag' | 'modified' | 'fingerprint'>

/** Links are no documents of an export: when they changed last is each desk's own. */
export const NOT_A_LINK = `target NOT LIKE '${linkTarget('')}%'`

export function createDocumentStatements({ all, first }: Statements) {
  function findDocument(target: string): DocumentRow | undefined {
    return first<DocumentRow>(
      'SELECT target, etag, modified, fingerprint, until, sent, sent_at AS sentAt FROM document WHERE target = ?',
      target,
    )
  }

  /**
   * Keeps what was rendered anew. What was sent before counts no longer, even if the truth comes
   * back to it: a write that seemed to fail, or that nobody waited for to its end, may have put
   * something else in its place.
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
   * Documents that have become others by the clock alone; each is told once, and must be rendered
   * then.
   */
  function takeExpiredDocuments(now: number, limit: number): string[] {
    return all<{ target: string }>(
      `UPDATE document SET until = NULL WHERE target IN (
         SELECT target FROM document WHERE until <= ? ORDER BY until LIMIT ?) RETURNING target`,
      now,
      limit,
    ).map(({ target }) => target)
  }

  /** When the next document becomes another by the clock alone, in seconds. */
  function findNextExpiry(): number | undefined {
    const query = 'SELECT min(until) AS next FROM document WHERE until IS NOT NULL'
    return first<{ next: number | null }>(query)?.next ?? undefined
  }

  /**
   * Notes what was sent for an outbox row, unless a later change or a rebuild has woken the row
   * meanwhile.
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

  /** Forgets that these were sent, so that the next drain writes them whatever it finds. */
  function markUnsent(target: string): void {
    all('UPDATE document SET sent = NULL WHERE target = ?', target)
  }

  /** Targets of the kept documents of groups; a channel's key names its group. */
  function listTargetsOfGroups(groups: Group[]): string[] {
    return all<{ target: string }>(
      `SELECT document.target FROM json_each(?) AS given
       CROSS JOIN document ON document.channel = given.value`,
      JSON.stringify(groups),
    ).map(({ target }) => target)
  }

  /** Targets of kept documents after one, in order. */
  function listTrackedTargets(after: string, limit: number): string[] {
    return all<{ target: string }>(
      'SELECT target FROM document WHERE target > ? AND channel IS NOT NULL ORDER BY target LIMIT ?',
      after,
      limit,
    ).map(({ target }) => target)
  }

  /**
   * Those last modified in that second or later. Looks at every document there is: for an export
   * only.
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
