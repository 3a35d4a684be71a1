/** Adapts Node's SQLite to the ledger's interface, so that the desk's rules run without workerd. */
import { DatabaseSync } from 'node:sqlite'
import { createLedger, type Ledger, type Sql } from '../../src/desk/ledger/ledger.ts'

/** Opens an empty, migrated ledger in memory. */
export function openMemoryLedger(): Ledger {
  const database = new DatabaseSync(':memory:')
  const ledger = createLedger(asSql(database), createTransaction(database))
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
export function createTransaction(database: DatabaseSync): <T>(changes: () => T) => T {
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

/** The statements that undo the latest migrations. */
const UNDO_STATEMENTS: readonly (readonly [id: number, sql: string])[] = [
  [
    6,
    `CREATE TABLE earlier (code TEXT PRIMARY KEY, folded TEXT NOT NULL, article TEXT NOT NULL) WITHOUT ROWID;
     INSERT INTO earlier SELECT code, folded, article FROM code WHERE article IS NOT NULL;
     DROP TABLE code; DROP TABLE omission; DROP TABLE miss; DROP INDEX article_known;
     ALTER TABLE article DROP COLUMN withdrawal_legal;
     ALTER TABLE earlier RENAME TO code;
     CREATE INDEX code_folded ON code (folded);
     CREATE INDEX code_article ON code (article);`,
  ],
  [5, 'DROP TABLE month; DROP INDEX channel_members;'],
]

/** Undoes the migrations from `first` on. */
export function undoMigrations(database: DatabaseSync, first: number): void {
  for (const [id, sql] of UNDO_STATEMENTS) if (id >= first) database.exec(sql)
  database.prepare('DELETE FROM migration WHERE id >= ?').run(first)
}
