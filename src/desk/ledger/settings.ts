/**
 * The table `setting`: named values that the desk stores for itself, such as settings that must
 * never change, the position of a sweep, and the number of the last change.
 */
import type { Statements } from './sql.ts'

export function createSettingStatements({ all, first }: Statements) {
  function findSetting(name: string): string | undefined {
    return first<{ value: string }>('SELECT value FROM setting WHERE name = ?', name)?.value
  }

  function setSetting(name: string, value: string): void {
    all(
      'INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      name,
      value,
    )
  }

  function removeSetting(name: string): void {
    all('DELETE FROM setting WHERE name = ?', name)
  }

  /**
   * Increments the number of the last change and returns it. Each outbox row has the number of the
   * change that enqueued it last.
   */
  function incrementSequence(): number {
    return Number(
      first<{ value: string }>(
        `INSERT INTO setting (name, value) VALUES ('sequence', '1')
         ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) RETURNING value`,
      )?.value,
    )
  }

  /**
   * Ensures that all later changes have higher numbers than `change`, the last change of an import.
   */
  function raiseSequenceTo(change: number): void {
    if (Number(findSetting('sequence') ?? 0) < change) setSetting('sequence', String(change))
  }

  return {
    findSetting,
    setSetting,
    removeSetting,
    incrementSequence,
    raiseSequenceTo,
  }
}
