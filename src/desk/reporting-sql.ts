/** Statements of the ledger whose errors somebody else hears too. */
import type { Sql } from './ledger/sql.ts'

/**
 * The same statements. `told` hears the error of each that fails, and `undefined` after each other
 * that may have written.
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
