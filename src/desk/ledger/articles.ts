/**
 * The table `article`: the latest revision of every article, including its texts. Times are in
 * seconds.
 */
import type { Article, ArticleState, Correction } from '../../model/article.ts'
import { type Channel, formatChannelKey } from '../../model/channel.ts'
import type { Story } from '../../model/story.ts'
import { omitNull } from '../../text/json.ts'
import { createMonthStatements } from './months.ts'
import type { SqlValue, Statements } from './sql.ts'

export type StoredArticle = Article & { digest: string }

export type ArticleRow = {
  id: string
  state: ArticleState
  revision: number
  digest: string
  code: string
  canonical: string | null
  published: number
  updated: number
  ever_public: number
  withdrawn_at: number | null
  withdrawal_reason: string | null
  withdrawal_legal: string | null
  story: string
  html: string
  source: string
  corrections: string
}

export function toArticle(row: ArticleRow): StoredArticle {
  const story = JSON.parse(row.story) as Omit<Story, 'html' | 'source'> & {
    form: Story['source']['form']
  }
  const { form, ...rest } = story
  return {
    id: row.id,
    state: row.state,
    revision: row.revision,
    digest: row.digest,
    code: row.code,
    ...omitNull({ canonical: row.canonical }),
    published: row.published,
    updated: row.updated,
    everPublic: row.ever_public === 1,
    corrections: JSON.parse(row.corrections) as Correction[],
    ...(row.withdrawn_at !== null && {
      withdrawn: {
        when: row.withdrawn_at,
        ...omitNull({ reason: row.withdrawal_reason, legal: row.withdrawal_legal }),
      },
    }),
    story: { ...rest, html: row.html, source: { form, text: row.source } },
  }
}

/** The columns of an article's row, in the order of `toArticleBindings`. */
export const ARTICLE_COLUMNS =
  'id, state, revision, digest, code, canonical, published, updated, ever_public, withdrawn_at, withdrawal_reason, withdrawal_legal, story, html, source, corrections'

/**
 * The columns of a row without its large texts: `source` is selected as empty, and each query adds
 * its own `html`.
 */
export const TEXTLESS_COLUMNS = `${ARTICLE_COLUMNS.replace(', html, source', '')}, '' AS source`

export function toArticleBindings(article: StoredArticle): SqlValue[] {
  const { html, source, ...rest } = article.story
  return [
    article.id,
    article.state,
    article.revision,
    article.digest,
    article.code,
    article.canonical ?? null,
    article.published,
    article.updated,
    article.everPublic ? 1 : 0,
    article.withdrawn?.when ?? null,
    article.withdrawn?.reason ?? null,
    article.withdrawn?.legal ?? null,
    JSON.stringify({ ...rest, form: source.form }),
    html,
    source.text,
    JSON.stringify(article.corrections),
  ]
}

/** Returns the article with empty texts, for receipts and lists. */
export const omitArticleTexts = (article: StoredArticle): StoredArticle => ({
  ...article,
  story: { ...article.story, html: '', source: { ...article.story.source, text: '' } },
})

export function createArticleStatements(statements: Statements) {
  const { all, first, put } = statements
  const { adjustMonthCount } = createMonthStatements(statements)

  /** Finds an article. With `publishedOnly`, finds only an article that is or was public. */
  function findArticle(id: string, publishedOnly = false): StoredArticle | undefined {
    const condition = publishedOnly ? ' AND ever_public = 1' : ''
    const row = first<ArticleRow>(
      `SELECT ${ARTICLE_COLUMNS} FROM article WHERE id = ?${condition}`,
      id,
    )
    return row && toArticle(row)
  }

  /** Finds an article, with empty texts. */
  function findArticleWithoutTexts(id: string): StoredArticle | undefined {
    const query = `SELECT ${TEXTLESS_COLUMNS}, '' AS html FROM article WHERE id = ?`
    const row = first<ArticleRow>(query, id)
    return row && toArticle(row)
  }

  /** Inserts or replaces an article, and updates the counts of its months. */
  function saveArticle(article: StoredArticle): void {
    adjustMonthCount(article.id, -1)
    all(
      `INSERT INTO article (${ARTICLE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET state = excluded.state, revision = excluded.revision, digest = excluded.digest,
         code = excluded.code, canonical = excluded.canonical, published = excluded.published, updated = excluded.updated,
         ever_public = excluded.ever_public, withdrawn_at = excluded.withdrawn_at,
         withdrawal_reason = excluded.withdrawal_reason, withdrawal_legal = excluded.withdrawal_legal, story = excluded.story, html = excluded.html, source = excluded.source,
         corrections = excluded.corrections`,
      ...toArticleBindings(article),
    )
    adjustMonthCount(article.id, 1)
  }

  /** Finds the article, except `exceptId`, that has this canonical address and is not withdrawn. */
  function findIdByCanonical(canonical: string, exceptId: string): string | undefined {
    return first<{ id: string }>(
      "SELECT id FROM article WHERE canonical = ? AND state <> 'withdrawn' AND id <> ?",
      canonical,
      exceptId,
    )?.id
  }

  /** Lists embargoed articles whose release is due, earliest first. */
  function listDueEmbargoes(now: number, limit: number): StoredArticle[] {
    return all<ArticleRow>(
      `SELECT ${ARTICLE_COLUMNS} FROM article WHERE state = 'embargoed' AND published <= ? ORDER BY published, id LIMIT ?`,
      now,
      limit,
    ).map(toArticle)
  }

  /** Returns when the next embargo ends. */
  function findNextEmbargo(): number | undefined {
    return (
      first<{ next: number | null }>(
        "SELECT min(published) AS next FROM article WHERE state = 'embargoed'",
      )?.next ?? undefined
    )
  }

  /**
   * Lists articles with empty texts, newest first. `after` is the last article of the previous
   * call.
   */
  function listArticles(
    after: { published: number; id: string } | undefined,
    limit: number,
  ): StoredArticle[] {
    const from = after ?? { published: Number.MAX_SAFE_INTEGER, id: '' }
    return all<ArticleRow>(
      `SELECT ${TEXTLESS_COLUMNS}, '' AS html FROM article
       WHERE published <= ?1 AND (published < ?1 OR id > ?2) ORDER BY published DESC, id LIMIT ?3`,
      from.published,
      from.id,
      limit,
    ).map(toArticle)
  }

  /** Lists the ids of articles that are or were public, in order, starting after `after`. */
  function listPublishedArticleIds(after: string, limit: number): string[] {
    return all<{ id: string }>(
      'SELECT id FROM article WHERE id > ? AND ever_public = 1 ORDER BY id LIMIT ?',
      after,
      limit,
    ).map(({ id }) => id)
  }

  /**
   * Lists former members of the channel that were withdrawn later than `after`, the latest
   * withdrawal first, with empty texts. The cost depends on the number of withdrawals since `after`
   * in all channels, not on the size of the archive.
   */
  function listWithdrawnArticles(channel: Channel, after: number, limit: number): StoredArticle[] {
    return all<ArticleRow>(
      `SELECT ${TEXTLESS_COLUMNS}, '' AS html FROM article
       WHERE state = 'withdrawn' AND ever_public = 1 AND withdrawn_at > ? AND EXISTS (
         SELECT 1 FROM membership WHERE article = article.id AND left_at IS NOT NULL AND channel = ?)
       ORDER BY withdrawn_at DESC, id LIMIT ?`,
      after,
      formatChannelKey(channel),
      limit,
    ).map(toArticle)
  }

  function listArticleIds(after: string, limit: number): string[] {
    const query = 'SELECT id FROM article WHERE id > ? ORDER BY id LIMIT ?'
    return all<{ id: string }>(query, after, limit).map(({ id }) => id)
  }

  /**
   * Inserts an article from an export. The month counts are updated at the end of the import, by
   * `recountMonths`.
   */
  function importArticle(article: StoredArticle): void {
    const values = toArticleBindings(article)
    const entries = ARTICLE_COLUMNS.split(', ').map((name, index) => [name, values[index] ?? null])
    put('article', Object.fromEntries(entries))
  }

  return {
    findArticle,
    findArticleWithoutTexts,
    saveArticle,
    findIdByCanonical,
    listDueEmbargoes,
    findNextEmbargo,
    listArticles,
    listPublishedArticleIds,
    listWithdrawnArticles,
    listArticleIds,
    importArticle,
  }
}
