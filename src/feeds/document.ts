/**
 * The data of a feed document before it is rendered in a format: its entries, its tombstones, and
 * its position in the archive.
 */

import type { Correction } from '../model/article.ts'
import type { Channel } from '../model/channel.ts'
import type { Author, Image } from '../model/story.ts'

export type FormatName = 'rss' | 'atom' | 'json'

export type FeedEntry = {
  /** The id of the article in feeds (RFC 4151). */
  tagUri: string
  id: string
  /**
   * If true, this entry replaces a withdrawn article. It shows when the article was published, and
   * nothing else of it.
   */
  isNotice: boolean
  /** A notice has neither a code nor a short link. */
  code?: string
  url: string
  shortUrl?: string
  title: string
  /** Plain text: the writer's summary, or the beginning of the text. A notice has one sentence. */
  summary: string
  /** The full text with absolute addresses. Absent if it does not fit into the document. */
  html?: string
  /**
   * Present in a very long document, where `fit.ts` reduces entries to brief summaries or to
   * titles.
   */
  shortenedTo?: 'brief' | 'title'
  published: number
  updated: number
  language: string
  authors: Author[]
  /**
   * The section comes first, then the tags. Of names with the same slug, only the first is listed.
   */
  categories: string[]
  image?: Image
  /** Oldest first. The full text ends with them. */
  corrections: Correction[]
}

/**
 * The position of a document in its channel's archive (RFC 5005 section 4). All three are numbers
 * of archive pages. `page` is the number of the document, absent in the subscription document.
 * `older` and `newer` are its neighbours, if they exist.
 */
export type ArchivePosition = { page?: number; older?: number; newer?: number }

/** A link to another document of the same feed, or to the subscription document. */
export type HistoryLink = { relation: 'prev-archive' | 'next-archive' | 'current'; url: string }
/** A withdrawn article (RFC 6721): its id in feeds, and the time of the withdrawal in seconds. */
export type Tombstone = { tagUri: string; id: string; when: number }

export type FeedDocument = {
  channel: Channel
  tagUri: string
  /**
   * The channel's own name, which is empty for the channel of everything. `title` also has the
   * publication's title.
   */
  name: string
  title: string
  description: string
  language: string
  /** The address of the channel's page. */
  pageUrl: string
  /**
   * The time of the latest substantial change of an entry or tombstone, in seconds. Absent if the
   * document has neither.
   */
  updated?: number
  entries: FeedEntry[]
  /** Latest first. */
  tombstones: Tombstone[]
  archivePosition?: ArchivePosition
}

/** A feed document that is ready to be rendered. `modified` is its Last-Modified in seconds. */
export type DatedFeed = FeedDocument & { modified: number; history?: HistoryLink[] }

/** The namespace of Media RSS, which describes pictures in RSS and Atom. */
export const MEDIA_NAMESPACE = 'http://search.yahoo.com/mrss/'
/** The namespace of the element that marks an archive document (RFC 5005 section 4). */
export const HISTORY_NAMESPACE = 'http://purl.org/syndication/history/1.0'
export const isArchivePage = (feed: FeedDocument): boolean =>
  feed.archivePosition?.page !== undefined
