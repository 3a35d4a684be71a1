/**
 * What a feed document says, before any format: one channel's entries with absolute addresses and clean
 * texts. Every format renders this and nothing else, so that all formats show the same (RULES R-44).
 */
import type { Article, Author, Image } from '../article.ts'
import { type Channel, slugOf } from '../channel.ts'
import { placeMarks } from '../html.ts'
import { directionOf, nameOfLanguage } from '../language.ts'
import type { Publication } from '../publication.ts'
import { byteLength, escapeMarkup } from '../text.ts'
import { articleTag, canonicalUrl, channelPath, channelTag, pageUrl, shortLink } from '../urls.ts'

/** Entries and their full texts in one document, in bytes; texts beyond it are left out: summary and link stay. */
export const FULL_TEXT_BUDGET_BYTES = 1_250_000

export type Entry = {
  /** Feed id (RFC 4151). */
  tag: string
  id: string
  code: string
  url: string
  shortUrl: string
  title: string
  /** Plain text: the writer's points, else the beginning of the text. */
  summary: string
  /** Full text with absolute addresses; absent when the document would become too large. */
  html?: string
  published: number
  updated: number
  language: string
  authors: Author[]
  /** Section first, then tags, each slug once. */
  categories: string[]
  image?: Image
}

/**
 * Where a document stands in its channel's past (RFC 5005 section 4), in numbers of archive pages. `page`: its own,
 * absent in the subscription document. `older`, `newer`: those beside it, as far as they are there.
 */
export type Past = { page?: number; older?: number; newer?: number }

/** A link of a document to another of the same feed, or to the newest of them. */
export type HistoryLink = { relation: 'prev-archive' | 'next-archive' | 'current'; url: string }

export type FeedDocument = {
  channel: Channel
  tag: string
  /** The channel's own name, empty for everything; `title` has the publication's beside it. */
  name: string
  title: string
  description: string
  language: string
  /** The channel's page. */
  pageUrl: string
  /** Latest change of substance among the entries, in seconds; absent when there are none. */
  updated?: number
  entries: Entry[]
  tombstones: { tag: string; id: string; when: number }[]
  past?: Past
}

/** A feed document about to be written: `modified` is its Last-Modified, in seconds. */
export type DatedFeed = FeedDocument & { modified: number; history?: HistoryLink[] }

/** Marks a document as an archive of what does not change any more (RFC 5005 section 4). */
export const HISTORY_NAMESPACE = 'http://purl.org/syndication/history/1.0'
export const isArchive = (feed: FeedDocument): boolean => feed.past?.page !== undefined

/** Builds what a channel's documents say. `articles` come in the order in which they are shown. */
export function buildFeed(
  channel: Channel,
  channelTitle: string,
  articles: Article[],
  publication: Publication,
): FeedDocument {
  const entries = articles.map((article) => entryOf(article, publication))
  // Every entry is shown, whatever becomes of the full texts: they share what the rest leaves.
  let spent = entries.reduce((sum, entry) => sum + sizeWithoutText(entry), 0)
  for (const [index, entry] of entries.entries()) {
    spent += largestSize(entry.html ?? '')
    // An article whose text was not even read from the ledger has an empty one.
    const unread = articles[index]?.story.html === ''
    if (spent > FULL_TEXT_BUDGET_BYTES || unread) delete entry.html
  }
  return {
    channel,
    tag: channelTag(publication.tag, channel),
    name: nameOf(channel, channelTitle),
    title: titleOf(channel, channelTitle, publication),
    description: publication.description,
    language: languageOf(channel, entries, publication),
    pageUrl: pageUrl(publication, channelPath(channel)),
    ...(entries.length > 0 && { updated: Math.max(...entries.map((entry) => entry.updated)) }),
    entries,
    tombstones: [],
  }
}

export function entryOf(article: Article, publication: Publication): Entry {
  const { story } = article
  const url = canonicalUrl(publication, article)
  return {
    tag: articleTag(publication.tag, article.id),
    id: article.id,
    code: article.code,
    url,
    shortUrl: shortLink(publication, article.code),
    title: story.title,
    summary: story.summary.join(' • ') || story.excerpt || story.title,
    html: fullText(article, url, publication),
    published: article.published,
    updated: article.updated,
    language: story.language,
    authors: story.authors,
    categories: categoriesOf(story),
    ...(story.image && {
      image: { ...story.image, url: new URL(story.image.url, publication.siteUrl).href },
    }),
  }
}

/** Title of a channel's documents: the publication's own for everything, else the channel's before it. */
export function titleOf(channel: Channel, channelTitle: string, publication: Publication): string {
  if (channel.kind === 'all') return publication.title
  return `${nameOf(channel, channelTitle)} · ${publication.title}`
}

/** The channel's own name: a language's in that language, nothing for everything. */
export const nameOf = (channel: Channel, channelTitle: string): string =>
  channel.kind === 'language' ? nameOfLanguage(channelTitle) : channelTitle

/** The full text as HTML: the dateline leads the first paragraph, right-to-left text says so (RULES R-45). */
export function fullText(article: Article, url: string, publication: Publication): string {
  const { story } = article
  // What follows the mark is a fragment of its own.
  const page = url.replace(/#.*$/, '')
  const html = placeMarks(story.html, publication.siteUrl, escapeMarkup(page))
  const direction = directionOf(story.language)
  const led = story.dateline === undefined ? html : leadWith(escapeMarkup(story.dateline), html)
  if (direction === 'ltr') return led
  return `<div dir="rtl" lang="${escapeMarkup(story.language)}">${led}</div>`
}

function leadWith(dateline: string, html: string): string {
  const lead = `<strong>${dateline}:</strong> `
  return html.startsWith('<p>') ? `<p>${lead}${html.slice(3)}` : `<p>${lead.trim()}</p>\n${html}`
}

function categoriesOf(story: Article['story']): string[] {
  const seen = new Set<string>()
  return [story.section, ...story.tags].filter((name): name is string => {
    if (name === undefined || seen.has(slugOf(name))) return false
    seen.add(slugOf(name))
    return true
  })
}

/** A language channel speaks its language; any other but the whole speaks the one all its entries share. */
function languageOf(channel: Channel, entries: Entry[], publication: Publication): string {
  const shared = entries[0]?.language
  if (channel.kind === 'all' || shared === undefined) return publication.language
  return entries.every((entry) => entry.language === shared) ? shared : publication.language
}

/** Bytes of an entry but its full text; addresses and elements roughly, a picture's stands there three times. */
function sizeWithoutText(entry: Entry): number {
  const authors = entry.authors.map(({ name, url = '', email = '' }) => name + url + email)
  const texts = [entry.title, entry.summary, ...entry.categories, ...authors, entry.image?.alt]
  return largestSize(texts.join('')) + 3 * largestSize(entry.image?.url ?? '') + FRAME_BYTES
}
const FRAME_BYTES = 1_500

/** Bytes in the format that needs most: Atom writes markup and quotes as references, JSON escapes line ends. */
function largestSize(text: string): number {
  const inXml = 5 * (text.match(/[<>&"']/g)?.length ?? 0)
  const inJson = text.match(/["\\\n\t]/g)?.length ?? 0
  return byteLength(text) + Math.max(inXml, inJson)
}
