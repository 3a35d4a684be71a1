/**
 * The shapes of a feed document before it is rendered in a format: its entries, its tombstones, and
 * its position in the archive.
 */

import type { Correction } from '../model/article.ts'
import type { Channel } from '../model/channel.ts'
import type { Author, Image } from '../model/story.ts'

export type FormatName = 'rss' | 'atom' | 'json'

export type FeedEntry = {
  /** Feed id (RFC 4151). */
  tagUri: string
  id: string
  /** Replaces a withdrawn article, and shows only when that was published. */
  isNotice: boolean
  /** Absent in a notice, like the short link. */
  code?: string
  url: string
  shortUrl?: string
  title: string
  /** Plain text: the writer's summary, or the beginning of the text; in a notice a sentence. */
  summary: string
  /** Full text with absolute addresses; absent if the document has no room for it. */
  html?: string
  /** What else is omitted from a very long document (`fit.ts`). */
  shortenedTo?: 'brief' | 'title'
  published: number
  updated: number
  language: string
  authors: Author[]
  /** Section first, then tags, each slug once. */
  categories: string[]
  image?: Image
  /** Oldest first. The full text shows them at its end. */
  corrections: Correction[]
}

/**
 * The position of a document in its channel's archive (RFC 5005 section 4), in numbers of archive
 * pages. `page`: its own, absent in the subscription document. `older`, `newer`: its neighbours, if
 * they exist.
 */
export type ArchivePosition = { page?: number; older?: number; newer?: number }

/** A link to another document of the same feed, or to the subscription document. */
export type HistoryLink = { relation: 'prev-archive' | 'next-archive' | 'current'; url: string }
/** A withdrawn article (RFC 6721): its feed id and the time of the withdrawal in seconds. */
export type Tombstone = { tagUri: string; id: string; when: number }

export type FeedDocument = {
  channel: Channel
  tagUri: string
  /** The channel's own name, empty for everything; `title` also has the publication's. */
  name: string
  title: string
  description: string
  language: string
  /** The channel's page. */
  pageUrl: string
  /** Latest substantial change of an entry or tombstone, in seconds; absent if there is none. */
  updated?: number
  entries: FeedEntry[]
  /** Latest first. */
  tombstones: Tombstone[]
  archivePosition?: ArchivePosition
}

/** A feed document with its Last-Modified, in seconds, ready to be rendered. */
export type DatedFeed = FeedDocument & { modified: number; history?: HistoryLink[] }

/** Media RSS, which describes pictures in RSS and Atom. */
export const MEDIA_NAMESPACE = 'http://search.yahoo.com/mrss/'
/** Marks an archive document (RFC 5005 section 4). */
export const HISTORY_NAMESPACE = 'http://purl.org/syndication/history/1.0'
export const isArchivePage = (feed: FeedDocument): boolean =>
  feed.archivePosition?.page !== undefined
