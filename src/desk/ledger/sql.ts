/** The interface to SQLite, and the three ways in which statements run. */

export type SqlValue = string | number | null
/**
 * The part of SQLite that the ledger needs. Durable Objects provide it, and tests give Node's
 * SQLite the same form.
 */
export type Sql = {
  exec: (query: string, ...bindings: SqlValue[]) => { toArray: () => Record<string, unknown>[] }
}
/** Commits all changes together, or none. */
export type Transaction = <T>(changes: () => T) => T

export type Statements = {
  /** Returns all rows. */
  all: <T = Record<string, unknown>>(query: string, ...bindings: SqlValue[]) => T[]
  /** Returns the first row, if there is one. */
  first: <T>(query: string, ...bindings: SqlValue[]) => T | undefined
  /** Inserts a row, or replaces the one with the same key. */
  put: (table: string, row: Record<string, SqlValue>) => void
}

/** Row types are declared by the caller, because SQLite reports none. */
export function createStatements(sql: Sql): Statements {
  const all = <T = Record<string, unknown>>(query: string, ...bindings: SqlValue[]): T[] =>
    sql.exec(query, ...bindings).toArray() as T[]
  return {
    all,
    first: <T>(query: string, ...bindings: SqlValue[]) => all<T>(query, ...bindings)[0],
    put: (table, row) => {
      const values = Object.values(row)
      all(
        `INSERT OR REPLACE INTO ${table} (${Object.keys(row).join()}) VALUES (${values.map(() => '?').join()})`,
        ...values,
      )
    },
  }
}
