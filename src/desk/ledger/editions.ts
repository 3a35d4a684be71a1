/**
 * Editions: what feed documents showed before. Times are seconds.
 */
import type { Statements } from './sql.ts'

export function editionStatements({ all, put }: Statements) {
  /** Those rendered after a second, the newest first. */
  function editions(
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

  /** Forgets those of that second and before, and all but the newest. */
  function forgetEditions(target: string, before: number, keep: number): void {
    all(
      `DELETE FROM edition WHERE target = ?1 AND modified <= max(?2, coalesce(
         (SELECT modified FROM edition WHERE target = ?1 ORDER BY modified DESC LIMIT 1 OFFSET ?3), ?2))`,
      target,
      before,
      keep,
    )
  }

  /** Forgets all: other settings or renderers give the same pieces other bytes. */
  function forgetAllEditions(): void {
    all('DELETE FROM edition')
  }

  return {
    editions,
    saveEdition,
    forgetEditions,
    forgetAllEditions,
  }
}
