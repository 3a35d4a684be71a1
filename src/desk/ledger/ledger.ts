/**
 * The ledger: all SQL of the desk. Each table has a file with its row types and one named function
 * for each statement. This file combines them and adds the few statements about all tables. Every
 * query that publishing runs uses an index, so its cost does not grow with the archive.
 */
import { createArticleStatements } from './articles.ts'
import { createAuditStatements } from './audit.ts'
import { createChannelStatements } from './channels.ts'
import { createCodeStatements } from './codes.ts'
import { createDocumentStatements, NOT_A_LINK } from './documents.ts'
import { createEditionStatements } from './editions.ts'
import { createLinkStatements } from './links.ts'
import { createMembershipStatements } from './memberships.ts'
import { checkIntegrity, migrate } from './migrations.ts'
import { createMonthStatements } from './months.ts'
import { createOutboxStatements } from './outbox.ts'
import { createSettingStatements } from './settings.ts'
import { createStatements, type Sql, type Statements, type Transaction } from './sql.ts'
import { createUnknownCodeStatements } from './unknown-codes.ts'

export { omitArticleTexts, type StoredArticle } from './articles.ts'
export { ALIAS_ACTION, type AuditRow } from './audit.ts'
export { ARCHIVE_PAGE_LENGTH, type ChannelRow } from './channels.ts'
export type { ArticleCodeRow, PublishedCode, SimilarCode, StoredCode } from './codes.ts'
export type { DocumentRow, RenderedDocument } from './documents.ts'
export type { PageLink } from './links.ts'
export { MAX_CORRECTED_ARTICLES, type Membership } from './memberships.ts'
export { type OutboxCounts, PRIORITY } from './outbox.ts'
export type { Sql, Transaction } from './sql.ts'
export type { UnknownCodeRow } from './unknown-codes.ts'

export type Ledger = ReturnType<typeof createLedger>

/** Returns all statements on a database. Call `migrate` before any other. */
export function createLedger(sql: Sql, transaction: Transaction) {
  const statements = createStatements(sql)
  return {
    transaction,
    /** Brings the schema up to date. Throws if the ledger has migrations that differ from ours. */
    migrate: (): void => migrate(sql, transaction),
    /** Throws if the database is damaged. */
    checkIntegrity: (): void => checkIntegrity(sql),
    ...createSettingStatements(statements),
    ...createArticleStatements(statements),
    ...createMonthStatements(statements),
    ...createCodeStatements(statements),
    ...createLinkStatements(statements),
    ...createUnknownCodeStatements(statements),
    ...createChannelStatements(statements),
    ...createMembershipStatements(statements),
    ...createDocumentStatements(statements),
    ...createEditionStatements(statements),
    ...createAuditStatements(statements),
    ...createOutboxStatements(statements),
    ...createLedgerStatements(statements),
  }
}

/**
 * Queries that count the rows of each kind in a complete export. The table `code` has codes and
 * links.
 */
const COUNT_QUERIES = {
  article: 'SELECT count(*) FROM article',
  code: 'SELECT count(article) FROM code',
  link: 'SELECT count(url) FROM code',
  channel: 'SELECT count(*) FROM channel',
  membership: 'SELECT count(*) FROM membership',
  audit: 'SELECT count(*) FROM audit',
  document: `SELECT count(*) FROM document WHERE modified > 0 AND ${NOT_A_LINK}`,
}

export type RecordCounts = Record<keyof typeof COUNT_QUERIES, number>

/** All tables except `setting` and `migration`, which an abandoned import leaves unchanged. */
const CLEARED_TABLES = [
  ...['article', 'code', 'channel', 'membership', 'document', 'audit'],
  ...['omission', 'month', 'edition', 'miss', 'outbox'],
]

function createLedgerStatements({ all }: Statements) {
  function countRecords(): RecordCounts {
    const columns = Object.entries(COUNT_QUERIES).map(([kind, query]) => `(${query}) AS ${kind}`)
    const [row] = all<RecordCounts>(`SELECT ${columns.join()}`)
    if (!row) throw new Error('Cannot count the rows of the ledger')
    return row
  }

  /** Deletes everything except settings and the record of migrations. */
  function clear(): void {
    for (const table of CLEARED_TABLES) all(`DELETE FROM ${table}`)
  }

  return { countRecords, clear }
}
