/**
 * The shapes of a feed document before any format: its entries, its tombstones, and where it stands
 * in its past.
 */

import type { Correction } from '../model/article.ts'
import type { Channel } from '../model/channel.ts'
import type { Author, Image } from '../model/story.ts'

export type FormatName = 'rss' | 'atom' | 'json'

export type FeedEntry = {
  /** Feed id (RFC 4151). */
  tagUri: string
  id: string
  /** In place of a withdrawn article, of which it shows nothing but when it was published. */
  isNotice: boolean
  /** Absent in a notice, as is the short link. */
  code?: string
  url: string
  shortUrl?: string
  title: string
  /** Plain text: the writer's points, else the beginning of the text; in a notice one sentence. */
  summary: string
  /** Full text with absolute addresses; absent where the document has no room for it. */
  html?: string
  /** What else is left out of a very long document (`fit.ts`); absent where nothing is. */
  shortenedTo?: 'brief' | 'title'
  published: number
  updated: number
  language: string
  authors: Author[]
  /** Section first, then tags, each slug once. */
  categories: string[]
  image?: Image
  /** The oldest first; the full text shows them at its end. */
  corrections: Correction[]
}

/**
 * Where a document stands in its channel's past (RFC 5005 section 4), in numbers of archive pages.
 * `page`: its own, absent in the subscription document. `older`, `newer`: those beside it, as far
 * as they are there.
 */
export type ArchivePosition = { page?: number; older?: number; newer?: number }

/** A link of a document to another of the same feed, or to the newest of them. */
export type HistoryLink = { relation: 'prev-archive' | 'next-archive' | 'current'; url: string }
/**
 * An article that is no longer there (RFC 6721): its feed id and when it was withdrawn, in seconds.
 */
export type Tombstone = { tagUri: string; id: string; when: number }

export type FeedDocument = {
  channel: Channel
  tagUri: string
  /** The channel's own name, empty for everything; `title` has the publication's beside it. */
  name: string
  title: string
  description: string
  language: string
  /** The channel's page. */
  pageUrl: string
  /**
   * Latest change of substance among entries and tombstones, in seconds; absent when there are
   * none.
   */
  updated?: number
  entries: FeedEntry[]
  /** The last first. */
  tombstones: Tombstone[]
  archivePosition?: ArchivePosition
}

/** A feed document about to be written: `modified` is its Last-Modified, in seconds. */
export type DatedFeed = FeedDocument & { modified: number; history?: HistoryLink[] }

/** Media RSS, in which RSS and Atom describe an article's picture. */
export const MEDIA_NAMESPACE = 'http://search.yahoo.com/mrss/'
/** Marks a document as an archive of what does not change any more (RFC 5005 section 4). */
export const HISTORY_NAMESPACE = 'http://purl.org/syndication/history/1.0'
export const isArchivePage = (feed: FeedDocument): boolean =>
  feed.archivePosition?.page !== undefined
