/**
 * What an error of the ledger's storage means: that the ledger is damaged, that its disk is full, or that it cannot be written.
 * SQLite says which only in words.
 */
import type { Failure } from '../failure.ts'
import type { Sql } from './ledger/sql.ts'

export type StorageFailure = Extract<
  Failure,
  { reason: 'ledger-damaged' | 'disk-full' | 'disk-read-only' }
>

/** The failure that an error stands for; `undefined` for one that has nothing to do with storage. */
export function storageFailure(action: string, cause: unknown): StorageFailure | undefined {
  const text = String(cause instanceof Error ? cause.message : cause)
  if (/SQLITE_(?:CORRUPT|NOTADB)/.test(text))
    return { reason: 'ledger-damaged', action, why: text.replace(/: SQLITE_\w+$/, '') }
  if (/SQLITE_FULL|ENOSPC|No space left/.test(text)) return { reason: 'disk-full', action }
  if (/SQLITE_READONLY|EROFS|Read-only file system/.test(text))
    return { reason: 'disk-read-only', action }
  return undefined
}

/** The same statements. `told` hears the error of each that fails, and `undefined` after each other that may have written. */
export function watched(storage: Sql, told: (cause: unknown) => void): Sql {
  return {
    exec: (query, ...bindings) => {
      try {
        const rows = storage.exec(query, ...bindings).toArray()
        if (!/^\s*(?:SELECT|WITH|PRAGMA)\b/.test(query)) told(undefined)
        return { toArray: () => rows }
      } catch (cause) {
        told(cause)
        throw cause
      }
    },
  }
}
