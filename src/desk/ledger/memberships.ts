/**
 * The table `membership`: which article is or was in which channel, and at which position. A
 * position is assigned once and never changes, so archive pages never shift
 * (docs/decisions/014-archives.md). Times are in seconds.
 */
import {
  type Channel,
  CORRECTIONS_CHANNEL,
  formatArchiveKey,
  formatChannelKey,
  parseChannelKey,
} from '../../model/channel.ts'
import { omitNull } from '../../text/json.ts'
import type { Group } from '../../wire/targets.ts'
import { type ArticleRow, type StoredArticle, TEXTLESS_COLUMNS, toArticle } from './articles.ts'
import { ARCHIVE_PAGE_LENGTH } from './channels.ts'
import type { Statements } from './sql.ts'

/**
 * An article in a channel. `left` is when the article left the channel; its position is not used
 * again. In the channel of corrections, `published` is the time of the correction.
 */
export type Membership = {
  channel: string
  position: number
  article: string
  published: number
  left?: number
}

/** A row of the table. `left_at` is null while the article is in the channel. */
export type MembershipRow = Omit<Membership, 'left'> & { left_at: number | null }

export const MEMBERSHIP_COLUMNS = 'channel, position, article, published, left_at'

export const toMembership = ({ left_at, ...row }: MembershipRow): Membership => ({
  ...row,
  ...omitNull({ left: left_at }),
})

/**
 * Maximum number of articles that a subscription document includes because of a recent correction.
 */
export const MAX_CORRECTED_ARTICLES = 100

export function createMembershipStatements({ all, put }: Statements) {
  function listChannelsOfArticle(article: string): Channel[] {
    return all<{ channel: string }>(
      'SELECT channel FROM membership WHERE article = ? AND left_at IS NULL ORDER BY channel',
      article,
    ).flatMap(({ channel }) => parseChannelKey(channel) ?? [])
  }

  /** Lists channels that the article has left, even if it has joined them again. */
  function listFormerChannels(article: string): Channel[] {
    return all<{ channel: string }>(
      'SELECT DISTINCT channel FROM membership WHERE article = ? AND left_at IS NOT NULL ORDER BY channel',
      article,
    ).flatMap(({ channel }) => parseChannelKey(channel) ?? [])
  }

  /**
   * Adds the article to each channel at the next position. A channel keeps the title from its first
   * article.
   */
  function joinChannels(
    channels: { channel: Channel; title: string }[],
    article: string,
    published: number,
  ): void {
    const channelsJson = JSON.stringify(
      channels.map(({ channel, title }) => [formatChannelKey(channel), title]),
    )
    all(
      `INSERT INTO channel (key, title, last_position, members)
       SELECT value ->> 0, value ->> 1, 1, 1 FROM json_each(?) WHERE true
       ON CONFLICT (key) DO UPDATE SET last_position = last_position + 1, members = members + 1`,
      channelsJson,
    )
    all(
      `INSERT INTO membership (channel, position, article, published)
       SELECT channel.key, channel.last_position, ?, ? FROM json_each(?) AS given
       CROSS JOIN channel ON channel.key = given.value ->> 0`,
      article,
      published,
      channelsJson,
    )
  }

  /** Removes the article from the channel. Its position stays empty. */
  function leaveChannel(channel: Channel, article: string, now: number): void {
    const key = formatChannelKey(channel)
    all(
      'UPDATE membership SET left_at = ? WHERE article = ? AND channel = ? AND left_at IS NULL',
      now,
      article,
      key,
    )
    all('UPDATE channel SET members = members - 1 WHERE key = ?', key)
  }

  /**
   * Changes the publication time of an article in all its channels, except in that of corrections,
   * where `published` is the time of the correction.
   */
  function setMembershipPublished(article: string, published: number): void {
    all(
      `UPDATE membership SET published = ? WHERE article = ? AND left_at IS NULL
         AND channel <> '${formatChannelKey(CORRECTIONS_CHANNEL)}'`,
      published,
      article,
    )
  }

  /**
   * Lists the articles of a subscription document: the newest `length`, all that are in no complete
   * archive page, and at most `MAX_CORRECTED_ARTICLES` that were corrected later than
   * `correctedAfter`. The articles are in the order of publication, newest first. In the channel of
   * corrections, they are in the order of their last correction, newest first.
   *
   * The `html` of an article is empty if the texts up to and including this one exceed `textLimit`
   * characters in total, because no document has room for more. The cost depends on the number of
   * corrections since `correctedAfter` in all channels, not on the size of the archive.
   */
  function listSubscriptionArticles(
    channel: Channel,
    length: number,
    textLimit: number,
    correctedAfter = Number.MAX_SAFE_INTEGER,
  ): StoredArticle[] {
    const key = formatChannelKey(channel)
    const corrections = formatChannelKey(CORRECTIONS_CHANNEL)
    const order = `${key === corrections ? 'shown.published' : 'article.published'} DESC, id`
    return all<ArticleRow>(
      `SELECT ${TEXTLESS_COLUMNS.replace('published', 'article.published')}, CASE
         WHEN sum(length(html)) OVER (ORDER BY ${order}) <= ?3 THEN html ELSE '' END AS html
       FROM (
         SELECT article, published FROM (
           SELECT article, published FROM membership WHERE channel = ?1 AND left_at IS NULL
           ORDER BY published DESC, article LIMIT ?2)
         UNION
         SELECT article, published FROM membership WHERE channel = ?1 AND left_at IS NULL AND position > (
           SELECT last_position - last_position % ${ARCHIVE_PAGE_LENGTH} FROM channel WHERE key = ?1)
         UNION
         SELECT article, published FROM (
           SELECT own.article, own.published FROM membership AS corrected
           CROSS JOIN membership AS own ON own.article = corrected.article AND own.channel = ?1 AND own.left_at IS NULL
           WHERE corrected.channel = '${corrections}' AND corrected.left_at IS NULL AND corrected.published > ?4
           ORDER BY corrected.published DESC, corrected.article LIMIT ${MAX_CORRECTED_ARTICLES})
       ) AS shown CROSS JOIN article ON article.id = shown.article ORDER BY ${order}`,
      key,
      length,
      textLimit,
      correctedAfter,
    ).map(toArticle)
  }

  /**
   * Lists the articles on an archive page, newest first. `textLimit` limits texts as in
   * `listSubscriptionArticles`.
   */
  function listArchiveArticles(channel: Channel, page: number, textLimit: number): StoredArticle[] {
    return all<ArticleRow>(
      `SELECT ${TEXTLESS_COLUMNS}, CASE
         WHEN sum(length(html)) OVER (ORDER BY published DESC, id) <= ?4 THEN html ELSE '' END AS html
       FROM article WHERE id IN (
         SELECT article FROM membership
         WHERE channel = ?1 AND position > ?2 AND position <= ?3 AND left_at IS NULL
       ) ORDER BY published DESC, id`,
      formatChannelKey(channel),
      ARCHIVE_PAGE_LENGTH * (page - 1),
      ARCHIVE_PAGE_LENGTH * page,
      textLimit,
    ).map(toArticle)
  }

  /**
   * Lists the archive pages that change with an article: the page of each of its positions. If a
   * position is the last one of its page, the page before also changes, because it links to the
   * completed page.
   */
  function listAffectedArchives(article: string): Group[] {
    return all<{ channel: string; position: number }>(
      'SELECT channel, position FROM membership WHERE article = ? AND left_at IS NULL',
      article,
    ).flatMap((row) => {
      const channel = parseChannelKey(row.channel)
      if (!channel) return []
      const page = Math.ceil(row.position / ARCHIVE_PAGE_LENGTH)
      const isLastOfPage = row.position % ARCHIVE_PAGE_LENGTH === 0 && page > 1
      return [page, ...(isLastOfPage ? [page - 1] : [])].map((pageNumber) =>
        formatArchiveKey(channel, pageNumber),
      )
    })
  }

  function listMemberships(channel: string, position: number, limit: number): Membership[] {
    const query = `SELECT ${MEMBERSHIP_COLUMNS} FROM membership WHERE (channel, position) > (?, ?)
       ORDER BY channel, position LIMIT ?`
    return all<MembershipRow>(query, channel, position, limit).map(toMembership)
  }

  /** Lists all memberships of an article, former ones first. */
  function listMembershipsOfArticle(article: string): Membership[] {
    const query = `SELECT ${MEMBERSHIP_COLUMNS} FROM membership WHERE article = ?1 AND left_at IS NOT NULL
       UNION ALL SELECT ${MEMBERSHIP_COLUMNS} FROM membership WHERE article = ?1 AND left_at IS NULL`
    return all<MembershipRow>(query, article).map(toMembership)
  }

  function importMembership({ channel, position, article, published, left }: Membership): void {
    put('membership', { channel, position, article, published, left_at: left ?? null })
  }

  return {
    listChannelsOfArticle,
    listFormerChannels,
    joinChannels,
    leaveChannel,
    setMembershipPublished,
    listSubscriptionArticles,
    listArchiveArticles,
    listAffectedArchives,
    listMemberships,
    listMembershipsOfArticle,
    importMembership,
  }
}
