/**
 * The table `code`: the codes of articles and of links to pages. A folded code is a code in lower
 * case.
 *
 * The table `omission` is an index for finding codes similar to a mistyped one. It has several
 * forms of each folded code of a published article: the whole code, and for each of its characters
 * the code without that character (`model/similar-codes.ts`).
 */
import type { ArticleState } from '../../model/article.ts'
import { foldCode } from '../../model/code.ts'
import { listOmissionForms } from '../../model/similar-codes.ts'
import {
  LINK_COLUMNS,
  type LinkRow,
  type PageLink,
  QUALIFIED_LINK_COLUMNS,
  toLink,
} from './links.ts'
import type { Statements } from './sql.ts'
import { createUnknownCodeStatements } from './unknown-codes.ts'

/** A code, and the id of its article. */
export type ArticleCodeRow = { code: string; article: string }

/** A code of an article, or a link to a page. */
export type StoredCode = ArticleCodeRow | PageLink

export type StoredCodeRow = LinkRow & { article: string | null }

export const toStoredCode = ({ article, ...row }: StoredCodeRow): StoredCode =>
  article === null ? toLink(row) : { code: row.code, article }

/** A code of an article that is or was public. Times are in seconds. */
export type PublishedCode = {
  code: string
  id: string
  state: ArticleState
  canonical: string | null
  withdrawnAt: number | null
  legal: string | null
}

export type PublishedCodeRow = Omit<PublishedCode, 'id'> & LinkRow & { id: string | null }

export const toPublishedCode = (row: PublishedCodeRow): PublishedCode | PageLink => {
  const { code, id, state, canonical, withdrawnAt, legal } = row
  return id === null ? toLink(row) : { code, id, state, canonical, withdrawnAt, legal }
}

/** A public article that has a code similar to an unknown one. `language` is a tag (BCP 47). */
/** `language` is absent for a link to a page, whose language is unknown. */
export type SimilarCode = { code: string; title: string; language?: string }
type PublicArticleRow = Required<SimilarCode> & { id: string }

export function createCodeStatements(statements: Statements) {
  const { all, first } = statements
  const { deleteUnknownCode } = createUnknownCodeStatements(statements)

  /** Lists all codes with this folded form, in order. */
  function listCodesByFolded(folded: string): StoredCode[] {
    const query = `SELECT article, ${LINK_COLUMNS} FROM code WHERE folded = ? ORDER BY code`
    return all<StoredCodeRow>(query, folded).map(toStoredCode)
  }

  /** Finds the code with exactly this spelling. */
  function findCode(code: string): StoredCode | undefined {
    return listCodesByFolded(foldCode(code)).find((stored) => stored.code === code)
  }

  /** Returns whether a code with this folded form exists. Codes are never deleted. */
  function hasFoldedCode(folded: string): boolean {
    return first('SELECT 1 AS found FROM code WHERE folded = ?', folded) !== undefined
  }

  function saveCode(code: string, article: string): void {
    deleteUnknownCode(code)
    all(
      'INSERT OR IGNORE INTO code (folded, code, article) VALUES (?, ?, ?)',
      foldCode(code),
      code,
      article,
    )
  }

  /**
   * Adds a code of an article to the index of similar codes, and removes it from the unknown codes.
   * Does not index the code of an embargoed article: a look-up of this code must take as long as
   * one of an unknown code, or the response time reveals that it exists.
   */
  function indexCode(folded: string, article: string): void {
    deleteUnknownCode(folded)
    all(
      `INSERT OR IGNORE INTO omission (form, folded) SELECT value, ?1 FROM json_each(?2)
       WHERE EXISTS (SELECT 1 FROM article WHERE id = ?3 AND ever_public = 1)`,
      folded,
      JSON.stringify(listOmissionForms(folded)),
      article,
    )
  }

  /** Calls `indexCode` for all codes of an article. */
  function indexCodesOfArticle(article: string): void {
    for (const folded of listFoldedCodesOfArticle(article)) indexCode(folded, article)
  }

  /**
   * Lists, unordered, the folded codes of articles that are in `forms`, and those of which an
   * indexed form (see the table `omission`) is in `omitted`. The cost depends on the two lists, not
   * on the number of codes.
   */
  function listSimilarFoldedCodes(forms: readonly string[], omitted: readonly string[]): string[] {
    return all<{ folded: string }>(
      `SELECT code.folded FROM json_each(?) AS given
       CROSS JOIN code ON code.folded = given.value AND code.article IS NOT NULL
       UNION SELECT near.folded FROM json_each(?) AS given CROSS JOIN omission AS near ON near.form = given.value`,
      JSON.stringify(forms),
      JSON.stringify(omitted),
    ).map(({ folded }) => folded)
  }

  function listFoldedCodesOfArticle(article: string): string[] {
    return all<{ folded: string }>(
      'SELECT DISTINCT folded FROM code WHERE article = ? ORDER BY folded',
      article,
    ).map(({ folded }) => folded)
  }

  /**
   * Lists the codes with this folded form that readers may see, in order: links to pages, and codes
   * of articles that are or were public.
   */
  function listPublishedCodes(folded: string): (PublishedCode | PageLink)[] {
    return all<PublishedCodeRow>(
      `SELECT ${QUALIFIED_LINK_COLUMNS}, article.id, article.state, article.canonical,
         article.withdrawn_at AS withdrawnAt, article.withdrawal_legal AS legal
       FROM code LEFT JOIN article ON article.id = code.article AND article.ever_public = 1
       WHERE code.folded = ? AND (code.url IS NOT NULL OR article.id IS NOT NULL) ORDER BY code.code`,
      folded,
    ).map(toPublishedCode)
  }

  /**
   * Lists public articles that have one of these folded codes. An article with several of them is
   * listed once. The articles are in the order of `folded`, then newest first. The cost depends on
   * `folded`, not on the number of codes.
   */
  function listPublicArticlesByFolded(
    folded: readonly string[],
    limit: number,
  ): PublicArticleRow[] {
    return all<PublicArticleRow & { rank: number }>(
      `SELECT min(given.key) AS rank, code.code, article.id, article.story ->> '$.title' AS title,
         article.story ->> '$.language' AS language
       FROM json_each(?) AS given
       CROSS JOIN code ON code.folded = given.value
       CROSS JOIN article ON article.id = code.article AND article.state = 'public'
       GROUP BY article.id ORDER BY rank, article.published DESC, article.id LIMIT ?`,
      JSON.stringify(folded),
      limit,
    ).map(({ rank: _, ...row }) => row)
  }

  function listArticleCodes(after: string, limit: number): ArticleCodeRow[] {
    const query = `SELECT code, article FROM code WHERE code > ? AND article IS NOT NULL
       ORDER BY code LIMIT ?`
    return all(query, after, limit)
  }

  function listCodesOfArticle(article: string): ArticleCodeRow[] {
    return all('SELECT code, article FROM code WHERE article = ? ORDER BY code', article)
  }

  /** Lists the codes of articles and pages, in order, starting after `after`. */
  function listCodes(after: string, limit: number): string[] {
    return all<{ code: string }>(
      `SELECT code FROM (
         SELECT code FROM code WHERE code > ?1 AND article IS NOT NULL ORDER BY code LIMIT ?2)
       UNION ALL SELECT code FROM (
         SELECT code FROM code WHERE code > ?1 AND url IS NOT NULL ORDER BY code LIMIT ?2)
       ORDER BY code LIMIT ?2`,
      after,
      limit,
    ).map(({ code }) => code)
  }

  return {
    listCodesByFolded,
    findCode,
    hasFoldedCode,
    saveCode,
    indexCode,
    indexCodesOfArticle,
    listSimilarFoldedCodes,
    listFoldedCodesOfArticle,
    listPublishedCodes,
    listPublicArticlesByFolded,
    listArticleCodes,
    listCodesOfArticle,
    listCodes,
  }
}
