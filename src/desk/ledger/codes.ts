/**
 * Codes of articles and pages, in one table, and the forms by which a mistyped one is found.
 */
import type { ArticleState } from '../../model/article.ts'
import { foldCode } from '../../model/code.ts'
import { omissionsOf } from '../../model/misspelt.ts'
import { CODE_LINK_COLUMNS, LINK_COLUMNS, type LinkRow, type PageLink, toLink } from './links.ts'
import { missStatements } from './misses.ts'
import type { Statements } from './sql.ts'

/** A code of an article. */
export type CodeRow = { code: string; article: string }

/** Whose a code is, or the page that it leads to. */
export type HeldCode = CodeRow | PageLink

export type HeldCodeRow = LinkRow & { article: string | null }

export const toHeldCode = ({ article, ...row }: HeldCodeRow): HeldCode =>
  article === null ? toLink(row) : { code: row.code, article }

/** A code whose article the outside world has known; times in seconds. */
export type KnownCode = {
  code: string
  id: string
  state: ArticleState
  canonical: string | null
  withdrawnAt: number | null
  legal: string | null
}

export type KnownCodeRow = Omit<KnownCode, 'id'> & LinkRow & { id: string | null }

export const toKnownCode = (row: KnownCodeRow): KnownCode | PageLink => {
  const { code, id, state, canonical, withdrawnAt, legal } = row
  return id === null ? toLink(row) : { code, id, state, canonical, withdrawnAt, legal }
}

/** A public article near to a code that is none. `language` is a tag. */
export type NearRow = { code: string; id: string; title: string; language: string }

export function codeStatements(statements: Statements) {
  const { all, first } = statements
  const { forgetMiss } = missStatements(statements)

  /** All codes with this folded form, in order: whose each is, or the page that it leads to. */
  function codesAt(folded: string): HeldCode[] {
    const query = `SELECT article, ${LINK_COLUMNS} FROM code WHERE folded = ? ORDER BY code`
    return all<HeldCodeRow>(query, folded).map(toHeldCode)
  }

  /** The same of one code alone. */
  function holderOf(code: string): HeldCode | undefined {
    return codesAt(foldCode(code)).find((held) => held.code === code)
  }

  /** Whether an article or a page has a code with this folded form, or ever had. */
  function foldedCodeExists(folded: string): boolean {
    return first('SELECT 1 AS found FROM code WHERE folded = ?', folded) !== undefined
  }

  function saveCode(code: string, article: string): void {
    forgetMiss(code)
    all(
      'INSERT OR IGNORE INTO code (folded, code, article) VALUES (?, ?, ?)',
      foldCode(code),
      code,
      article,
    )
  }

  /**
   * A code of an article can be near to others, and is no longer missed, once the outside world has
   * known the article. An embargoed one has nothing here that could be found: an unknown code must
   * take as long.
   */
  function openCode(folded: string, article: string): void {
    forgetMiss(folded)
    all(
      `INSERT OR IGNORE INTO omission (form, folded) SELECT value, ?1 FROM json_each(?2)
       WHERE EXISTS (SELECT 1 FROM article WHERE id = ?3 AND ever_public = 1)`,
      folded,
      JSON.stringify(omissionsOf(folded)),
      article,
    )
  }

  /** The same of all codes of an article. */
  function openCodesOf(article: string): void {
    for (const folded of foldedCodesOf(article)) openCode(folded, article)
  }

  /**
   * Folded codes of articles, in no order: those of `forms` that there are, and all that are one of
   * `omitted` or are one with a character more. Looks only at those, however many codes there are.
   */
  function foldedCodesNear(forms: readonly string[], omitted: readonly string[]): string[] {
    return all<{ folded: string }>(
      `SELECT code.folded FROM json_each(?) AS given
       CROSS JOIN code ON code.folded = given.value AND code.article IS NOT NULL
       UNION SELECT near.folded FROM json_each(?) AS given CROSS JOIN omission AS near ON near.form = given.value`,
      JSON.stringify(forms),
      JSON.stringify(omitted),
    ).map(({ folded }) => folded)
  }

  function foldedCodesOf(article: string): string[] {
    return all<{ folded: string }>(
      'SELECT DISTINCT folded FROM code WHERE article = ? ORDER BY folded',
      article,
    ).map(({ folded }) => folded)
  }

  /**
   * The codes with this folded form that lead to a page, or whose article the outside world has
   * known, in order.
   */
  function knownCodes(folded: string): (KnownCode | PageLink)[] {
    return all<KnownCodeRow>(
      `SELECT ${CODE_LINK_COLUMNS}, article.id, article.state, article.canonical,
         article.withdrawn_at AS withdrawnAt, article.withdrawal_legal AS legal
       FROM code LEFT JOIN article ON article.id = code.article AND article.ever_public = 1
       WHERE code.folded = ? AND (code.url IS NOT NULL OR article.id IS NOT NULL) ORDER BY code.code`,
      folded,
    ).map(toKnownCode)
  }

  /**
   * Public articles that have one of these folded codes, in the order of the codes and then the
   * newest first, each once. Looks at the codes given, however many there are in the ledger.
   */
  function publicArticlesAt(folded: readonly string[], limit: number): NearRow[] {
    return all<NearRow & { rank: number }>(
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

  function codes(after: string, limit: number): CodeRow[] {
    const query = `SELECT code, article FROM code WHERE code > ? AND article IS NOT NULL
       ORDER BY code LIMIT ?`
    return all(query, after, limit)
  }

  function codesOf(article: string): CodeRow[] {
    return all('SELECT code, article FROM code WHERE article = ? ORDER BY code', article)
  }

  /** Codes after one, in order, of articles and pages. */
  function allCodes(after: string, limit: number): string[] {
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
    codesAt,
    holderOf,
    foldedCodeExists,
    saveCode,
    openCode,
    openCodesOf,
    foldedCodesNear,
    foldedCodesOf,
    knownCodes,
    publicArticlesAt,
    codes,
    codesOf,
    allCodes,
  }
}
