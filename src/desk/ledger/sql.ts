/** SQLite as the ledger needs it, and the three ways in which its statements run. */

export type SqlValue = string | number | null
/**
 * What the ledger needs of SQLite; Durable Objects have it, and Node's own SQLite can be given the
 * same form.
 */
export type Sql = {
  exec: (query: string, ...bindings: SqlValue[]) => { toArray: () => Record<string, unknown>[] }
}
/** Runs the changes in it together or not at all. */
export type Transaction = <T>(changes: () => T) => T

export type Statements = {
  /** Every row of the query. */
  all: <T = Record<string, unknown>>(query: string, ...bindings: SqlValue[]) => T[]
  /** Its first row, if there is one. */
  first: <T>(query: string, ...bindings: SqlValue[]) => T | undefined
  /** Inserts a row, in place of one with the same key. */
  put: (table: string, row: Record<string, SqlValue>) => void
}

/** The row types are what the statements select: SQLite gives no other word for it. */
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
