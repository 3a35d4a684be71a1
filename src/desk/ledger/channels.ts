/**
 * The table `channel`: the title of each channel, how many members it has, and how many positions
 * were assigned in it. The row is inserted with the first public article of the channel.
 */
import { type Channel, formatChannelKey } from '../../model/channel.ts'
import type { Statements } from './sql.ts'

/** `positions` is how many positions were assigned, including those of former members. */
export type ChannelRow = { key: string; title: string; positions: number }

export const CHANNEL_COLUMNS = 'key, title, last_position AS positions'

/**
 * A channel for the directory of feeds. `language` is the language of its first article, which gave
 * the channel its title. It is null for the channel of all articles.
 */
export type ListedChannelRow = {
  key: string
  title: string
  members: number
  language: string | null
}

/** Number of positions in one archive page (RFC 5005 §4): page n has positions 50(n-1)+1 to 50n. */
export const ARCHIVE_PAGE_LENGTH = 50

export function createChannelStatements({ all, first, put }: Statements) {
  function findChannelTitle(channel: Channel): string | undefined {
    return first<{ title: string }>(
      'SELECT title FROM channel WHERE key = ?',
      formatChannelKey(channel),
    )?.title
  }

  /** Lists the channels with the most members, largest first. Empty channels are left out. */
  function listLargestChannels(limit: number): ListedChannelRow[] {
    return all(
      `SELECT key, title, members, (
         SELECT story ->> '$.language' FROM membership JOIN article ON article.id = membership.article
         WHERE membership.channel = channel.key AND position = 1 AND key <> 'all') AS language
       FROM channel WHERE members > 0 ORDER BY members DESC, key LIMIT ?`,
      limit,
    )
  }

  /** Returns the number of the newest complete archive page of a channel, or 0 if there is none. */
  function getNewestArchivePage(channel: Channel): number {
    return (
      first<{ page: number }>(
        `SELECT last_position / ${ARCHIVE_PAGE_LENGTH} AS page FROM channel WHERE key = ?`,
        formatChannelKey(channel),
      )?.page ?? 0
    )
  }

  function listChannels(after: string, limit: number): ChannelRow[] {
    const query = `SELECT ${CHANNEL_COLUMNS} FROM channel WHERE key > ? ORDER BY key LIMIT ?`
    return all(query, after, limit)
  }

  function findChannel(key: string): ChannelRow | undefined {
    return first(`SELECT ${CHANNEL_COLUMNS} FROM channel WHERE key = ?`, key)
  }

  function importChannel({ key, title, positions }: ChannelRow): void {
    put('channel', { key, title, last_position: positions })
  }

  /** Counts the members of all channels again. Needed after an import. */
  function recountMembers(): void {
    all(
      `UPDATE channel SET members =
         (SELECT count(*) FROM membership WHERE membership.channel = channel.key AND left_at IS NULL)`,
    )
  }

  return {
    findChannelTitle,
    listLargestChannels,
    getNewestArchivePage,
    listChannels,
    findChannel,
    importChannel,
    recountMembers,
  }
}
