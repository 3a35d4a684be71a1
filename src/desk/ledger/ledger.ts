/**
 * The ledger: all SQL of the desk. Each table has a file with its row types and one named function
 * a statement; here they are put together, beside the few statements that are about all of them.
 * Every query that runs on a publish goes by an index, so that its cost does not grow with the
 * archive.
 */
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
export { ALIAS, type AuditRow } from './audit.ts'
export { ARCHIVE_PAGE_LENGTH, type ChannelRow } from './channels.ts'
export type { CodeRow, HeldCode, KnownCode, NearRow } from './codes.ts'
export type { DocumentEntry, DocumentRow } from './documents.ts'
export type { PageLink } from './links.ts'
export { CORRECTED_LENGTH, type MembershipRow } from './memberships.ts'
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

/** The rows that an export of everything has, by kind. `code` holds links too. */
const COUNTS = {
  article: 'SELECT count(*) FROM article',
  code: 'SELECT count(article) FROM code',
  link: 'SELECT count(url) FROM code',
  channel: 'SELECT count(*) FROM channel',
  membership: 'SELECT count(*) FROM membership',
  audit: 'SELECT count(*) FROM audit',
  document: `SELECT count(*) FROM document WHERE modified > 0 AND ${NO_LINK}`,
}

export type Counts = Record<keyof typeof COUNTS, number>

/** All tables but `setting` and `migration`, which outlive what is published. */
const CLEARED = [
  ...['article', 'code', 'channel', 'membership', 'document', 'audit'],
  ...['omission', 'month', 'edition', 'miss', 'outbox'],
]

function wholeStatements({ all }: Statements) {
  function counts(): Counts {
    const columns = Object.entries(COUNTS).map(([kind, query]) => `(${query}) AS ${kind}`)
    const [row] = all<Counts>(`SELECT ${columns.join()}`)
    if (!row) throw new Error('Cannot count the rows of the ledger')
    return row
  }

  /** Empties everything but the settings. */
  function clear(): void {
    for (const table of CLEARED) all(`DELETE FROM ${table}`)
  }

  return { counts, clear }
}
