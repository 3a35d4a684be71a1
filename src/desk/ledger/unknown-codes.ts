/**
 * The table `miss`: unknown codes that readers tried, so that editors can find misprints. It has
 * nothing about the readers.
 */
import { foldCode } from '../../model/code.ts'
import type { Statements } from './sql.ts'

/**
 * An unknown code in folded form. `asked` is how many requests for it the desk received. Each
 * isolate sends at most one a minute. `day` is the date of the last request, such as 2026-11-25.
 */
export type UnknownCodeRow = { code: string; asked: number; day: string }

export function createUnknownCodeStatements({ all }: Statements) {
  /**
   * Counts a request for an unknown code on `day`. Deletes codes last requested before the date
   * `since`. At most `max` codes are stored: a new code replaces the one with the fewest requests.
   * If several have equally few, it replaces the one requested longest ago.
   */
  function countUnknownCode(folded: string, day: string, since: string, max: number): void {
    all('DELETE FROM miss WHERE day < ?', since)
    const updatedRows = all(
      'UPDATE miss SET asked = asked + 1, day = ? WHERE code = ? RETURNING code',
      day,
      folded,
    )
    if (updatedRows.length > 0) return
    all(
      `DELETE FROM miss WHERE code IN (SELECT code FROM miss ORDER BY asked, day, code
         LIMIT max(0, (SELECT count(*) FROM miss) - ? + 1))`,
      max,
    )
    all('INSERT INTO miss (code, asked, day) VALUES (?, 1, ?)', folded, day)
  }

  /**
   * Lists unknown codes, the most requested first. Of those with equally many requests, the most
   * recently requested comes first.
   */
  function listUnknownCodes(limit: number): UnknownCodeRow[] {
    const query = 'SELECT code, asked, day FROM miss ORDER BY asked DESC, day DESC, code LIMIT ?'
    return all(query, limit)
  }

  /** Deletes the record of a code, because the code exists now. */
  function deleteUnknownCode(code: string): void {
    all('DELETE FROM miss WHERE code = ?', foldCode(code))
  }

  return {
    countUnknownCode,
    listUnknownCodes,
    deleteUnknownCode,
  }
}
