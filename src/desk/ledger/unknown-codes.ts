/** The table of unknown codes that readers tried. */
import { foldCode } from '../../model/code.ts'
import type { Statements } from './sql.ts'

/** An unknown code: `asked` counts the minutes in which it was requested, `day` is the last day. */
export type UnknownCodeRow = { code: string; asked: number; day: string }

export function createUnknownCodeStatements({ all }: Statements) {
  /**
   * Counts a request for an unknown code. Keeps at most `max` codes and evicts the least and
   * longest ago requested one. `day` is a date such as 2026-11-25; codes last requested before
   * `since` are deleted.
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

  /** Lists the most requested unknown codes; among equals the most recent first. */
  function listUnknownCodes(limit: number): UnknownCodeRow[] {
    const query = 'SELECT code, asked, day FROM miss ORDER BY asked DESC, day DESC, code LIMIT ?'
    return all(query, limit)
  }

  /** Deletes a code that exists now. */
  function deleteUnknownCode(code: string): void {
    all('DELETE FROM miss WHERE code = ?', foldCode(code))
  }

  return {
    countUnknownCode,
    listUnknownCodes,
    deleteUnknownCode,
  }
}
