/**
 * The table `edition`: which pieces former editions of feed documents had, as the base of deltas
 * (`documents/editions.ts`). Times are in seconds.
 */
import type { Statements } from './sql.ts'

export function createEditionStatements({ all, put }: Statements) {
  /** Lists the editions of a document that were rendered later than `after`, newest first. */
  function listEditions(
    target: string,
    after: number,
    limit: number,
  ): { modified: number; etag: string; shown: string }[] {
    const query = `SELECT modified, etag, shown FROM edition WHERE target = ? AND modified > ?
       ORDER BY modified DESC LIMIT ?`
    return all(query, target, after, limit)
  }

  function saveEdition(edition: {
    target: string
    modified: number
    etag: string
    shown: string
  }): void {
    put('edition', edition)
  }

  /** Deletes editions rendered at `before` or earlier, and all but the newest `max`. */
  function deleteOldEditions(target: string, before: number, max: number): void {
    all(
      `DELETE FROM edition WHERE target = ?1 AND modified <= max(?2, coalesce(
         (SELECT modified FROM edition WHERE target = ?1 ORDER BY modified DESC LIMIT 1 OFFSET ?3), ?2))`,
      target,
      before,
      max,
    )
  }

  /**
   * Deletes all editions. Needed after a change of settings or renderers, because the same pieces
   * then have other bytes.
   */
  function deleteAllEditions(): void {
    all('DELETE FROM edition')
  }

  return {
    listEditions,
    saveEdition,
    deleteOldEditions,
    deleteAllEditions,
  }
}
