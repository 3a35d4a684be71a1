/**
 * Which article is or was a member of which channel, and at which position. Positions never change,
 * so neither does what archive page they are on. Times are seconds.
 */
import {
  archiveKey,
  type Channel,
  CORRECTIONS,
  channelKey,
  parseChannelKey,
} from '../../model/channel.ts'
import { notNull } from '../../text/json.ts'
import type { Group } from '../../wire/targets.ts'
import { type ArticleRow, type KeptArticle, TEXTLESS_COLUMNS, toArticle } from './articles.ts'
import { ARCHIVE_PAGE_LENGTH } from './channels.ts'
import type { Statements } from './sql.ts'

/** `left`: when the article left its position, which stays a hole. */
export type MembershipRow = {
  channel: string
  position: number
  article: string
  published: number
  left?: number
}

/** A membership's row; `left_at` is null for a member. */
export type MembershipColumns = Omit<MembershipRow, 'left'> & { left_at: number | null }

export const MEMBERSHIP_COLUMNS = 'channel, position, article, published, left_at'

export const toMembership = ({ left_at, ...row }: MembershipColumns): MembershipRow => ({
  ...row,
  ...notNull({ left: left_at }),
})

/** Corrected articles that a subscription document shows although they are old. */
export const CORRECTED_LENGTH = 100

export function membershipStatements({ all, put }: Statements) {
  function channelsOfArticle(article: string): Channel[] {
    return all<{ channel: string }>(
      'SELECT channel FROM membership WHERE article = ? AND left_at IS NULL ORDER BY channel',
      article,
    ).flatMap(({ channel }) => parseChannelKey(channel) ?? [])
  }

  /** Channels that the article was a member of and is no longer. */
  function channelsLeftBy(article: string): Channel[] {
    return all<{ channel: string }>(
      'SELECT DISTINCT channel FROM membership WHERE article = ? AND left_at IS NOT NULL ORDER BY channel',
      article,
    ).flatMap(({ channel }) => parseChannelKey(channel) ?? [])
  }

  /**
   * Appends the article to the channels, in each at its next position; the first title given stays.
   */
  function join(
    channels: { channel: Channel; title: string }[],
    article: string,
    published: number,
  ): void {
    const given = JSON.stringify(channels.map(({ channel, title }) => [channelKey(channel), title]))
    all(
      `INSERT INTO channel (key, title, last_position, members)
       SELECT value ->> 0, value ->> 1, 1, 1 FROM json_each(?) WHERE true
       ON CONFLICT (key) DO UPDATE SET last_position = last_position + 1, members = members + 1`,
      given,
    )
    all(
      `INSERT INTO membership (channel, position, article, published)
       SELECT channel.key, channel.last_position, ?, ? FROM json_each(?) AS given
       CROSS JOIN channel ON channel.key = given.value ->> 0`,
      article,
      published,
      given,
    )
  }

  /** Takes a member out of the channel and leaves a hole at its position. */
  function leave(channel: Channel, article: string, now: number): void {
    const key = channelKey(channel)
    all(
      'UPDATE membership SET left_at = ? WHERE article = ? AND channel = ? AND left_at IS NULL',
      now,
      article,
      key,
    )
    all('UPDATE channel SET members = members - 1 WHERE key = ?', key)
  }

  /** Not in the channel of corrections, whose members have the times of their corrections. */
  function setMembershipPublished(article: string, published: number): void {
    all(
      `UPDATE membership SET published = ? WHERE article = ? AND left_at IS NULL
         AND channel <> '${channelKey(CORRECTIONS)}'`,
      published,
      article,
    )
  }

  /**
   * What a subscription document shows: the newest `length`, all that are in no complete archive
   * page, and the newest `CORRECTED_LENGTH` of those that were corrected after `correctedAfter`.
   * Newest first; in the channel of corrections by the last correction. Texts are left out (empty)
   * once those before add up to `textLimit` characters: no document shows more of them. Looks at
   * the corrections since then, whatever the channel, and not at the archive.
   */
  function subscription(
    channel: Channel,
    length: number,
    textLimit: number,
    correctedAfter = Number.MAX_SAFE_INTEGER,
  ): KeptArticle[] {
    const key = channelKey(channel)
    const corrections = channelKey(CORRECTIONS)
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
           ORDER BY corrected.published DESC, corrected.article LIMIT ${CORRECTED_LENGTH})
       ) AS shown CROSS JOIN article ON article.id = shown.article ORDER BY ${order}`,
      key,
      length,
      textLimit,
      correctedAfter,
    ).map(toArticle)
  }

  /**
   * The members at the positions of an archive page, as a subscription shows them; `textLimit`
   * likewise.
   */
  function archive(channel: Channel, page: number, textLimit: number): KeptArticle[] {
    return all<ArticleRow>(
      `SELECT ${TEXTLESS_COLUMNS}, CASE
         WHEN sum(length(html)) OVER (ORDER BY published DESC, id) <= ?4 THEN html ELSE '' END AS html
       FROM article WHERE id IN (
         SELECT article FROM membership
         WHERE channel = ?1 AND position > ?2 AND position <= ?3 AND left_at IS NULL
       ) ORDER BY published DESC, id`,
      channelKey(channel),
      ARCHIVE_PAGE_LENGTH * (page - 1),
      ARCHIVE_PAGE_LENGTH * page,
      textLimit,
    ).map(toArticle)
  }

  /**
   * The archive pages that a member's positions decide on: those that hold it, and where it is the
   * last of a page, the page before, which links to that one once it is complete.
   */
  function archivesAround(article: string): Group[] {
    return all<{ channel: string; position: number }>(
      'SELECT channel, position FROM membership WHERE article = ? AND left_at IS NULL',
      article,
    ).flatMap((row) => {
      const channel = parseChannelKey(row.channel)
      if (!channel) return []
      const page = Math.ceil(row.position / ARCHIVE_PAGE_LENGTH)
      const completes = row.position % ARCHIVE_PAGE_LENGTH === 0 && page > 1
      return [page, ...(completes ? [page - 1] : [])].map((each) => archiveKey(channel, each))
    })
  }

  function memberships(channel: string, position: number, limit: number): MembershipRow[] {
    const query = `SELECT ${MEMBERSHIP_COLUMNS} FROM membership WHERE (channel, position) > (?, ?)
       ORDER BY channel, position LIMIT ?`
    return all<MembershipColumns>(query, channel, position, limit).map(toMembership)
  }

  /** All of an article's, holes first. */
  function membershipsOf(article: string): MembershipRow[] {
    const query = `SELECT ${MEMBERSHIP_COLUMNS} FROM membership WHERE article = ?1 AND left_at IS NOT NULL
       UNION ALL SELECT ${MEMBERSHIP_COLUMNS} FROM membership WHERE article = ?1 AND left_at IS NULL`
    return all<MembershipColumns>(query, article).map(toMembership)
  }

  function importMembership({ channel, position, article, published, left }: MembershipRow): void {
    put('membership', { channel, position, article, published, left_at: left ?? null })
  }

  return {
    channelsOfArticle,
    channelsLeftBy,
    join,
    leave,
    setMembershipPublished,
    subscription,
    archive,
    archivesAround,
    memberships,
    membershipsOf,
    importMembership,
  }
}
