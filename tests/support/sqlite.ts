/** Node's own SQLite in the form that the ledger wants, so that the desk's rules run without workerd. */
import { DatabaseSync } from 'node:sqlite'
import { Ledger, type Sql } from '../../src/desk/ledger.ts'

/** An empty ledger in memory, migrated. */
export function memoryLedger(): Ledger {
  const database = new DatabaseSync(':memory:')
  const ledger = new Ledger(asSql(database), transactionOf(database))
  ledger.migrate()
  return ledger
}

export function asSql(database: DatabaseSync): Sql {
  return {
    exec: (query, ...bindings) => {
      if (bindings.length === 0 && query.includes(';')) {
        database.exec(query)
        return { toArray: () => [] }
      }
      const rows = database.prepare(query).all(...bindings) as Record<string, unknown>[]
      return { toArray: () => rows }
    },
  }
}

/** Nested transactions are savepoints, as in a Durable Object. */
export function transactionOf(database: DatabaseSync): <T>(changes: () => T) => T {
  let depth = 0
  return (changes) => {
    const name = `level_${depth}`
    depth += 1
    database.exec(`SAVEPOINT ${name}`)
    try {
      const result = changes()
      database.exec(`RELEASE ${name}`)
      return result
    } catch (cause) {
      database.exec(`ROLLBACK TO ${name}; RELEASE ${name}`)
      throw cause
    } finally {
      depth -= 1
    }
  }
}
