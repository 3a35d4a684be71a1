/**
 * The table `month`, which has the number of public articles by month and origin, and the other
 * statements for sitemaps. With these counts, the sitemap index is rendered without reading the
 * archive. Times are in seconds. Months are in UTC.
 */
import type { Statements } from './sql.ts'

/**
 * SQL for the origin of an article's address. It is '' if the article has its page here, otherwise
 * the origin of its canonical address. It is null if no sitemap can list that address, because it
 * has a fragment, or has 2,048 characters or more after escaping `&` and `'` (sitemaps.org).
 */
const ORIGIN = `CASE WHEN canonical IS NULL THEN ''
  WHEN instr(canonical, '#') = 0
    AND 5 * length(canonical) - 4 * length(replace(replace(canonical, '&', ''), '''', '')) < 2048
  THEN substr(canonical, 1, 7 + instr(substr(canonical, 9), '/')) END`

export const MONTH_AND_ORIGIN = `strftime('%Y-%m', published, 'unixepoch') AS month, ${ORIGIN} AS origin`

/** SQL condition for the articles in sitemaps: public, with their page here or at origin `?1`. */
export const LISTED_CONDITION = `state = 'public' AND (${ORIGIN}) IN ('', ?1)`

/** An article in a sitemap. */
export type SitemapRow = { id: string; canonical: string | null; updated: number }

/** An article in the news sitemap. `language` is a tag (BCP 47). */
export type NewsSitemapRow = {
  id: string
  canonical: string | null
  published: number
  title: string
  language: string
}

export function createMonthStatements({ all, first }: Statements) {
  /** Adds `amount` to the count of the article's month, if a sitemap can list the article. */
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

  /** Counts the articles of all months again. Needed after an import. Reads all articles. */
  function recountMonths(): void {
    all('DELETE FROM month')
    all(
      `INSERT INTO month (month, origin, articles)
       SELECT month, origin, count(*) FROM (
         SELECT ${MONTH_AND_ORIGIN} FROM article WHERE state = 'public')
       WHERE origin IS NOT NULL GROUP BY month, origin`,
    )
  }

  /** Lists the months that have articles here or at `origin`, newest first, with their counts. */
  function listSitemapMonths(origin: string): { month: string; articles: number }[] {
    return all(
      `SELECT month, sum(articles) AS articles FROM month WHERE origin IN ('', ?)
       GROUP BY month HAVING sum(articles) > 0 ORDER BY month DESC`,
      origin,
    )
  }

  /** Returns how many articles a month (`2026-11`) has here or at `origin`. */
  function countArticlesInMonth(origin: string, month: string): number {
    const query =
      "SELECT sum(articles) AS articles FROM month WHERE month = ? AND origin IN ('', ?)"
    return first<{ articles: number | null }>(query, month, origin)?.articles ?? 0
  }

  /** Lists public articles published in `[from, to)`, oldest first, without the first `offset`. */
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

  /** Lists public articles published later than `after`, but not after `now`, newest first. */
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
