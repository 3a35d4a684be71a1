/**
 * The table `audit`: one row for each change of an article, append-only. A row has the kind and
 * time of the change and the digest of the result. It never has who made the change.
 */
import { type Channel, formatChannelKey } from '../../model/channel.ts'
import type { StoredArticle } from './articles.ts'
import type { Statements } from './sql.ts'

/** The action of a change that adds a code to an article. */
export const ALIAS_ACTION = 'alias'

/** One change of an article. `change` is its number, `at` is in milliseconds. */
export type AuditRow = {
  change: number
  at: number
  article: string
  action: string
  revision: number
  digest: string
}

export function createAuditStatements({ all, first, put }: Statements) {
  /** Appends a row. `at` is in milliseconds. */
  function recordChange(change: number, at: number, article: StoredArticle, action: string): void {
    all(
      'INSERT INTO audit (change, at, article, action, revision, digest) VALUES (?, ?, ?, ?, ?, ?)',
      change,
      at,
      article.id,
      action,
      article.revision,
      article.digest,
    )
  }

  /**
   * Returns for each article the number of the last change that feeds show, or 0 if there is none.
   * Feeds do not show an additional code.
   */
  function getLastChanges(ids: string[]): Map<string, number> {
    const rows = all<{ id: string; change: number | null }>(
      `SELECT value AS id, (SELECT change FROM audit WHERE article = value AND action <> '${ALIAS_ACTION}'
         ORDER BY revision DESC LIMIT 1) AS change FROM json_each(?)`,
      JSON.stringify(ids),
    )
    return new Map(rows.map(({ id, change }) => [id, change ?? 0]))
  }

  /** Returns the article of each change, and whether that article is in the channel now. */
  function findMembershipByChange(
    changes: number[],
    channel: Channel,
  ): Map<number, { article: string; isMember: boolean }> {
    const rows = all<{ change: number; article: string; member: number }>(
      `SELECT audit.change, audit.article, EXISTS (SELECT 1 FROM membership
         WHERE membership.article = audit.article AND channel = ?2 AND left_at IS NULL) AS member
       FROM json_each(?1) AS given CROSS JOIN audit ON audit.change = given.value`,
      JSON.stringify(changes),
      formatChannelKey(channel),
    )
    return new Map(
      rows.map(({ change, article, member }) => [change, { article, isMember: member === 1 }]),
    )
  }

  function listChanges(after: number, limit: number): AuditRow[] {
    const query = `SELECT change, at, article, action, revision, digest FROM audit WHERE change > ?
       ORDER BY change LIMIT ?`
    return all(query, after, limit)
  }

  function importChange({ change, at, article, action, revision, digest }: AuditRow): void {
    put('audit', { change, at, article, action, revision, digest })
  }

  /** Returns the number of the last change of any article or link, or 0 if there is none. */
  function getLastChange(): number {
    const query = `SELECT max(coalesce((SELECT max(change) FROM audit), 0),
       coalesce((SELECT max(change) FROM code WHERE change IS NOT NULL), 0)) AS last`
    return first<{ last: number }>(query)?.last ?? 0
  }

  return {
    recordChange,
    getLastChanges,
    findMembershipByChange,
    listChanges,
    importChange,
    getLastChange,
  }
}
