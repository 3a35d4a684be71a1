/**
 * Statements for sitemaps: how many articles each month has, and the articles of a period. Times
 * are in seconds.
 */
import type { Statements } from './sql.ts'

/**
 * The origin of an article's address: '' for our page, else that of its canonical address. Null if
 * a sitemap cannot list it: the address has a fragment, or 2,048 characters or more in XML
 * (sitemaps.org).
 */
const ORIGIN = `CASE WHEN canonical IS NULL THEN ''
  WHEN instr(canonical, '#') = 0
    AND 5 * length(canonical) - 4 * length(replace(replace(canonical, '&', ''), '''', '')) < 2048
  THEN substr(canonical, 1, 7 + instr(substr(canonical, 9), '/')) END`

export const MONTH_AND_ORIGIN = `strftime('%Y-%m', published, 'unixepoch') AS month, ${ORIGIN} AS origin`

/** Public, and on our page or at the origin that is the statement's first parameter. */
export const LISTED_CONDITION = `state = 'public' AND (${ORIGIN}) IN ('', ?1)`

/** What a sitemap needs of an article. Times in seconds. */
export type SitemapRow = { id: string; canonical: string | null; updated: number }

/** `language` is a tag. */
export type NewsSitemapRow = {
  id: string
  canonical: string | null
  published: number
  title: string
  language: string
}

export function createMonthStatements({ all, first }: Statements) {
  /** Adds to the count of the article's month, if a sitemap can list it. */
  function adjustMonthCount(id: string, amount: 1 | -1): void {
    all(
      `INSERT INTO month (month, origin, articles)
       SELECT month, origin, ?2 FROM (
         SELECT ${MONTH_AND_ORIGIN} FROM article WHERE id = ?1 AND state = 'public')
       WHERE origin IS NOT NULL
       ON CONFLICT (month, origin) DO UPDATE SET articles = articles + excluded.articles`,
      id,
      amount,
    )
  }

  /** Counts the articles of each month anew, after an import. Reads all articles. */
  function recountMonths(): void {
    all('DELETE FROM month')
    all(
      `INSERT INTO month (month, origin, articles)
       SELECT month, origin, count(*) FROM (
         SELECT ${MONTH_AND_ORIGIN} FROM article WHERE state = 'public')
       WHERE origin IS NOT NULL GROUP BY month, origin`,
    )
  }

  /**
   * Lists the months with articles on our page or at this origin, newest first, with their counts.
   */
  function listSitemapMonths(origin: string): { month: string; articles: number }[] {
    return all(
      `SELECT month, sum(articles) AS articles FROM month WHERE origin IN ('', ?)
       GROUP BY month HAVING sum(articles) > 0 ORDER BY month DESC`,
      origin,
    )
  }

  /** Counts the articles of one month. */
  function countArticlesInMonth(origin: string, month: string): number {
    const query =
      "SELECT sum(articles) AS articles FROM month WHERE month = ? AND origin IN ('', ?)"
    return first<{ articles: number | null }>(query, month, origin)?.articles ?? 0
  }

  /** Lists public articles of a period, oldest first, from `offset`. `to` is excluded. */
  function listSitemapArticles(
    origin: string,
    { from, to }: { from: number; to: number },
    offset: number,
    limit: number,
  ): SitemapRow[] {
    return all(
      `SELECT id, canonical, updated FROM article
       WHERE published >= ?2 AND published < ?3 AND ${LISTED_CONDITION}
       ORDER BY published, id DESC LIMIT ?4 OFFSET ?5`,
      origin,
      from,
      to,
      limit,
      offset,
    )
  }

  /** Lists public articles published after a second and no later than `now`, newest first. */
  function listNewsSitemapArticles(
    origin: string,
    after: number,
    now: number,
    limit: number,
  ): NewsSitemapRow[] {
    return all(
      `SELECT id, canonical, published, story ->> '$.title' AS title, story ->> '$.language' AS language
       FROM article WHERE published > ?2 AND published <= ?3 AND ${LISTED_CONDITION}
       ORDER BY published DESC, id LIMIT ?4`,
      origin,
      after,
      now,
      limit,
    )
  }

  return {
    adjustMonthCount,
    recountMonths,
    listSitemapMonths,
    countArticlesInMonth,
    listSitemapArticles,
    listNewsSitemapArticles,
  }
}
