/**
 * Defines the interface to SQLite, and the three functions that run the statements of all tables.
 * Only migrations and the integrity check do not use these functions.
 */

export type SqlValue = string | number | null
/**
 * The part of SQLite that the ledger needs. Durable Objects provide it; tests wrap `node:sqlite` in
 * the same form.
 */
export type Sql = {
  exec: (query: string, ...bindings: SqlValue[]) => { toArray: () => Record<string, unknown>[] }
}
/** Runs `changes` and commits them together. If `changes` throws, nothing is stored. */
export type Transaction = <T>(changes: () => T) => T

export type Statements = {
  /** Returns all rows. */
  all: <T = Record<string, unknown>>(query: string, ...bindings: SqlValue[]) => T[]
  /** Returns the first row, if there is one. */
  first: <T>(query: string, ...bindings: SqlValue[]) => T | undefined
  /** Inserts a row, or replaces the one with the same key. */
  put: (table: string, row: Record<string, SqlValue>) => void
}

/**
 * Returns the three functions. The caller declares the type of the rows: it must match the query,
 * because SQLite reports no types.
 */
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
