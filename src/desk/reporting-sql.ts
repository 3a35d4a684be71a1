/**
 * Wraps the ledger's SQL to report its errors. Readiness uses the reports to notice damage and full
 * disks, whichever statement fails.
 */
import type { Sql } from './ledger/sql.ts'

/**
 * Returns the same SQL. It calls `report` with the error of each failed statement, and with
 * `undefined` after each successful statement that may have written.
 */
export function reportErrors(storage: Sql, report: (cause: unknown) => void): Sql {
  return {
    exec: (query, ...bindings) => {
      try {
        const rows = storage.exec(query, ...bindings).toArray()
        if (!/^\s*(?:SELECT|WITH|PRAGMA)\b/.test(query)) report(undefined)
        return { toArray: () => rows }
      } catch (cause) {
        report(cause)
        throw cause
      }
    },
  }
}
