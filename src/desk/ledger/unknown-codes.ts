/**
 * Unknown codes that readers tried.
 */
import { foldCode } from '../../model/code.ts'
import type { Statements } from './sql.ts'

/** A code that was asked for and is none: in how many minutes, and on which day last. */
export type UnknownCodeRow = { code: string; asked: number; day: string }

export function createUnknownCodeStatements({ all }: Statements) {
  /**
   * Counts an unknown code, and keeps `keep` of them: the one that was asked for least, and longest
   * ago, gives way. `day` such as 2026-11-25; those last asked for before `since` are forgotten.
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

  /** The unknown codes that were asked for most, those asked for last first among equals. */
  function listUnknownCodes(limit: number): UnknownCodeRow[] {
    const query = 'SELECT code, asked, day FROM miss ORDER BY asked DESC, day DESC, code LIMIT ?'
    return all(query, limit)
  }

  /** It is a code now. */
  function deleteUnknownCode(code: string): void {
    all('DELETE FROM miss WHERE code = ?', foldCode(code))
  }

  return {
    countUnknownCode,
    listUnknownCodes,
    deleteUnknownCode,
  }
}
