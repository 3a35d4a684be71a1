/**
 * The ledger: all SQL of the desk. Each table has a file with its row types and one named function
 * a statement; here they are put together, beside the few statements that are about all of them.
 * Every query that runs on a publish goes by an index, so that its cost does not grow with the
 * archive.
 */
import type { Counts } from '../copies/records.ts'
import { articleStatements } from './articles.ts'
import { auditStatements } from './audit.ts'
import { channelStatements } from './channels.ts'
import { codeStatements } from './codes.ts'
import { documentStatements, NO_LINK } from './documents.ts'
import { editionStatements } from './editions.ts'
import { linkStatements } from './links.ts'
import { membershipStatements } from './memberships.ts'
import { checkPages, migrate } from './migrations.ts'
import { missStatements } from './misses.ts'
import { monthStatements } from './months.ts'
import { outboxStatements } from './outbox.ts'
import { settingStatements } from './settings.ts'
import { type Sql, type Statements, statementsOf, type Transaction } from './sql.ts'

export { type KeptArticle, withoutTexts } from './articles.ts'
export { ALIAS } from './audit.ts'
export { ARCHIVE_PAGE_LENGTH } from './channels.ts'
export type { HeldCode, KnownCode, NearRow } from './codes.ts'
export type { DocumentRow } from './documents.ts'
export { CORRECTED_LENGTH } from './memberships.ts'
export type { MissRow } from './misses.ts'
export { type Owed, PRIORITY } from './outbox.ts'
export type { Sql, Transaction } from './sql.ts'

export type Ledger = ReturnType<typeof createLedger>

/** The ledger in a database. It is empty until `migrate` was called. */
export function createLedger(sql: Sql, transaction: Transaction) {
  const statements = statementsOf(sql)
  return {
    transaction,
    /**
     * Brings the schema up to date. Throws when the ledger's history is not the beginning of ours.
     */
    migrate: (): void => migrate(sql, transaction),
    /** Throws when the database is damaged. */
    check: (): void => checkPages(sql),
    ...settingStatements(statements),
    ...articleStatements(statements),
    ...monthStatements(statements),
    ...codeStatements(statements),
    ...linkStatements(statements),
    ...missStatements(statements),
    ...channelStatements(statements),
    ...membershipStatements(statements),
    ...documentStatements(statements),
    ...editionStatements(statements),
    ...auditStatements(statements),
    ...outboxStatements(statements),
    ...wholeStatements(statements),
  }
}

/**
 * Counts of an empty ledger: its keys are the tables that an export tells of, but that `code` holds
 * links too.
 */
const NOTHING: Counts = {
  article: 0,
  code: 0,
  link: 0,
  channel: 0,
  membership: 0,
  document: 0,
  audit: 0,
}

function wholeStatements({ all, first }: Statements) {
  /** How many rows an export of everything has. */
  function counts(): Counts {
    const query = `SELECT (SELECT count(*) FROM article) AS article,
       (SELECT count(article) FROM code) AS code, (SELECT count(url) FROM code) AS link,
       (SELECT count(*) FROM channel) AS channel, (SELECT count(*) FROM membership) AS membership,
       (SELECT count(*) FROM audit) AS audit, count(*) AS document
       FROM document WHERE modified > 0 AND ${NO_LINK}`
    return first<Counts>(query) ?? NOTHING
  }

  /** Empties everything but the settings. */
  function clear(): void {
    const counted = Object.keys(NOTHING).filter((kind) => kind !== 'link')
    for (const table of [...counted, 'omission', 'month', 'edition', 'miss', 'outbox'])
      all(`DELETE FROM ${table}`)
  }

  return { counts, clear }
}
