/**
 * Short links to pages that are not articles. They are rows of the table `code` with a `url`
 * instead of an article; `codes.ts` has the statements about both. Times are in seconds.
 */
import { foldCode } from '../../model/code.ts'
import { omitNull } from '../../text/json.ts'
import type { SqlValue, Statements } from './sql.ts'
import { createUnknownCodeStatements } from './unknown-codes.ts'

/** A short link to a page. `change` is the number of its last change. */
export type PageLink = {
  code: string
  url: string
  title?: string
  created: number
  updated: number
  expires?: number
  /** Present if the link was removed. `legal` is the legal demand that required the removal. */
  removed?: { when: number; legal?: string }
  revision: number
  change: number
}

/** The columns of a row for a link. */
export type LinkRow = {
  code: string
  url: string
  title: string | null
  created: number
  updated: number
  expires: number | null
  removed_at: number | null
  removal_legal: string | null
  revision: number
  change: number
}

/** The columns of a link, in the order of `toLinkBindings`. */
export const LINK_COLUMNS =
  'code, url, title, created, updated, expires, removed_at, removal_legal, revision, change'

/** The same columns for joins with `article`, which has columns of the same names. */
export const QUALIFIED_LINK_COLUMNS = LINK_COLUMNS.replace(/\w+/g, 'code.$&')

/** The assignments of an upsert: each column gets the value of the inserted row. */
export const LINK_UPDATES = LINK_COLUMNS.split(', ')
  .map((column) => `${column} = excluded.${column}`)
  .join(', ')

export const toLink = (row: LinkRow): PageLink => ({
  code: row.code,
  url: row.url,
  ...omitNull({ title: row.title }),
  created: row.created,
  updated: row.updated,
  ...omitNull({ expires: row.expires }),
  ...(row.removed_at !== null && {
    removed: omitNull({ when: row.removed_at, legal: row.removal_legal }),
  }),
  revision: row.revision,
  change: row.change,
})

export const toLinkBindings = (link: PageLink): SqlValue[] => [
  link.code,
  link.url,
  link.title ?? null,
  link.created,
  link.updated,
  link.expires ?? null,
  link.removed?.when ?? null,
  link.removed?.legal ?? null,
  link.revision,
  link.change,
]

export function createLinkStatements(statements: Statements) {
  const { all } = statements
  const { deleteUnknownCode } = createUnknownCodeStatements(statements)

  /** Inserts or updates a link. Does nothing if the code belongs to an article. */
  function saveLink(link: PageLink): void {
    deleteUnknownCode(link.code)
    all(
      `INSERT INTO code (folded, ${LINK_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (folded, code) DO UPDATE SET ${LINK_UPDATES} WHERE article IS NULL`,
      foldCode(link.code),
      ...toLinkBindings(link),
    )
  }

  /**
   * Deletes a link, so that its code can be added to an article. Does nothing if the code belongs
   * to an article.
   */
  function deleteLink(code: string): void {
    const query = 'DELETE FROM code WHERE folded = ? AND code = ? AND article IS NULL'
    all(query, foldCode(code), code)
  }

  /** Lists links, in the order of their codes, starting after `after`. */
  function listLinks(after: string, limit: number): PageLink[] {
    const query = `SELECT ${LINK_COLUMNS} FROM code WHERE code > ? AND url IS NOT NULL
       ORDER BY code LIMIT ?`
    return all<LinkRow>(query, after, limit).map(toLink)
  }

  /** Lists links whose last change is later than `change`, in the order of their changes. */
  function listLinksChangedAfter(change: number, limit: number): PageLink[] {
    const query = `SELECT ${LINK_COLUMNS} FROM code WHERE change > ? ORDER BY change LIMIT ?`
    return all<LinkRow>(query, change, limit).map(toLink)
  }

  return {
    saveLink,
    deleteLink,
    listLinks,
    listLinksChangedAfter,
  }
}
