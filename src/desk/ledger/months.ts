/**
 * What crawlers find: how many articles each month has, and those of a span. Times are seconds.
 */
import type { Statements } from './sql.ts'

/**
 * Where an article lives, as the sitemaps count it: '' on the page that Dateline serves, else the
 * origin of its canonical address. Null when no sitemap can name it: the address is part of a page,
 * or written in XML not below 2,048 characters (sitemaps.org).
 */
const ORIGIN = `CASE WHEN canonical IS NULL THEN ''
  WHEN instr(canonical, '#') = 0
    AND 5 * length(canonical) - 4 * length(replace(replace(canonical, '&', ''), '''', '')) < 2048
  THEN substr(canonical, 1, 7 + instr(substr(canonical, 9), '/')) END`

export const MONTH_AND_ORIGIN = `strftime('%Y-%m', published, 'unixepoch') AS month, ${ORIGIN} AS origin`

/** Public, and at home here or at one origin, which is the statement's first parameter. */
export const LISTED_CONDITION = `state = 'public' AND (${ORIGIN}) IN ('', ?1)`

/** What a sitemap says of an article. Times in seconds. */
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
  /** Adds to the articles of its month when the article is one that a sitemap can name. */
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

  /**
   * How many articles of each month sitemaps can name follows from what came. Looks at every
   * article there is.
   */
  function recountMonths(): void {
    all('DELETE FROM month')
    all(
      `INSERT INTO month (month, origin, articles)
       SELECT month, origin, count(*) FROM (
         SELECT ${MONTH_AND_ORIGIN} FROM article WHERE state = 'public')
       WHERE origin IS NOT NULL GROUP BY month, origin`,
    )
  }

  /** Months that have articles at home here or at this origin, the newest first, with how many. */
  function listSitemapMonths(origin: string): { month: string; articles: number }[] {
    return all(
      `SELECT month, sum(articles) AS articles FROM month WHERE origin IN ('', ?)
       GROUP BY month HAVING sum(articles) > 0 ORDER BY month DESC`,
      origin,
    )
  }

  /** The same of one month. */
  function countArticlesInMonth(origin: string, month: string): number {
    const query =
      "SELECT sum(articles) AS articles FROM month WHERE month = ? AND origin IN ('', ?)"
    return first<{ articles: number | null }>(query, month, origin)?.articles ?? 0
  }

  /**
   * Public articles published in a span (`to` is not in it), the oldest first, from the one after
   * `offset`.
   */
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

  /** Public articles published after a second, and not after `now`, the newest first. */
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
