/**
 * What a feed document says, before any format: one channel's entries with absolute addresses and clean
 * texts. Every format renders this and nothing else, so that all formats show the same (RULES R-44).
 */
import type { Article, Author, Correction, Image } from '../article.ts'
import { type Channel, isStanding, slugOf } from '../channel.ts'
import { placeMarks } from '../html.ts'
import { directionOf, nameOfLanguage } from '../language.ts'
import type { Publication } from '../publication.ts'
import { byteLength, escapeMarkup } from '../text.ts'
import {
  articlePath,
  articleTag,
  canonicalUrl,
  channelPath,
  channelTag,
  pageUrl,
  shortLink,
} from '../urls.ts'
import { correctionsHtml, notesIn } from './notes.ts'

/** Entries and their full texts in one document, in bytes; texts beyond it are left out: summary and link stay. */
export const FULL_TEXT_BUDGET_BYTES = 1_250_000

export type Entry = {
  /** Feed id (RFC 4151). */
  tag: string
  id: string
  /** In place of a withdrawn article, of which it shows nothing but when it was published. */
  notice: boolean
  /** Absent in a notice, as is the short link. */
  code?: string
  url: string
  shortUrl?: string
  title: string
  /** Plain text: the writer's points, else the beginning of the text; in a notice one sentence. */
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
  /** The oldest first; the full text shows them at its end. Left out with the full text of a document too large. */
  corrections: Correction[]
}

/**
 * Where a document stands in its channel's past (RFC 5005 section 4), in numbers of archive pages. `page`: its own,
 * absent in the subscription document. `older`, `newer`: those beside it, as far as they are there.
 */
export type Past = { page?: number; older?: number; newer?: number }

/** A link of a document to another of the same feed, or to the newest of them. */
export type HistoryLink = { relation: 'prev-archive' | 'next-archive' | 'current'; url: string }
/** An article that is no longer there (RFC 6721): its feed id and when it was withdrawn, in seconds. */
export type Tombstone = { tag: string; id: string; when: number }

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
  /** Latest change of substance among entries and tombstones, in seconds; absent when there are none. */
  updated?: number
  entries: Entry[]
  /** The last first. */
  tombstones: Tombstone[]
  past?: Past
}

/** A feed document about to be written: `modified` is its Last-Modified, in seconds. */
export type DatedFeed = FeedDocument & { modified: number; history?: HistoryLink[] }

/** Marks a document as an archive of what does not change any more (RFC 5005 section 4). */
export const HISTORY_NAMESPACE = 'http://purl.org/syndication/history/1.0'
export const isArchive = (feed: FeedDocument): boolean => feed.past?.page !== undefined

/**
 * Builds what a channel's documents say. `articles` come in the order in which they are shown; a withdrawn one among
 * them becomes a notice. For each of `withdrawn` there is a tombstone.
 */
export function buildFeed(
  channel: Channel,
  channelTitle: string,
  articles: Article[],
  publication: Publication,
  withdrawn: Article[] = [],
): FeedDocument {
  const entries = articles.map((article) => entryOf(article, publication))
  // Every entry is shown, whatever becomes of the full texts: they share what the rest leaves.
  let spent = entries.reduce((sum, entry) => sum + sizeWithoutText(entry), 0)
  for (const [index, entry] of entries.entries()) {
    if (entry.notice) continue
    spent += largestSize(entry.html ?? '') + largestSize(JSON.stringify(entry.corrections))
    if (spent > FULL_TEXT_BUDGET_BYTES) entry.corrections = []
    // An article whose text was not even read from the ledger has an empty one.
    const unread = articles[index]?.story.html === ''
    if (spent > FULL_TEXT_BUDGET_BYTES || unread) delete entry.html
  }
  const tombstones = withdrawn.flatMap(({ id, withdrawn: taken }) =>
    taken ? [{ tag: articleTag(publication.tag, id), id, when: taken.when }] : [],
  )
  const times = [...entries.map(({ updated }) => updated), ...tombstones.map(({ when }) => when)]
  return {
    channel,
    tag: channelTag(publication.tag, channel),
    name: nameOf(channel, channelTitle, publication),
    title: titleOf(channel, channelTitle, publication),
    description: publication.description,
    language: languageOf(channel, entries, publication),
    pageUrl: pageUrl(publication, channelPath(channel)),
    ...(times.length > 0 && { updated: Math.max(...times) }),
    entries,
    tombstones,
  }
}

export function entryOf(article: Article, publication: Publication): Entry {
  if (article.withdrawn) return noticeOf(article, article.withdrawn.when, publication)
  const { story } = article
  const url = canonicalUrl(publication, article)
  return {
    tag: articleTag(publication.tag, article.id),
    id: article.id,
    notice: false,
    code: article.code,
    url,
    shortUrl: shortLink(publication, article.code),
    title: story.title,
    summary: story.summary.join(' • ') || story.excerpt || story.title,
    html: fullText(article, url, publication, correctionsHtml(article.corrections, story.language)),
    published: article.published,
    updated: article.updated,
    language: story.language,
    authors: story.authors,
    categories: categoriesOf(story),
    ...(story.image && {
      image: { ...story.image, url: new URL(story.image.url, publication.siteUrl).href },
    }),
    corrections: article.corrections,
  }
}

const WITHDRAWN = 'The newsroom took this article back.'

/** Readers ignore tombstones; what they show in place of the story tells that it was withdrawn (RULES T-12, T-13). */
const noticeOf = (article: Article, when: number, publication: Publication): Entry => ({
  tag: articleTag(publication.tag, article.id),
  id: article.id,
  notice: true,
  url: pageUrl(publication, articlePath(article.id)),
  title: 'Withdrawn article',
  summary: WITHDRAWN,
  html: `<p>${WITHDRAWN}</p>`,
  published: article.published,
  updated: when,
  language: 'en',
  authors: [],
  categories: [],
  corrections: [],
})

/** Title of a channel's documents: the publication's own for everything, else the channel's before it. */
export function titleOf(channel: Channel, channelTitle: string, publication: Publication): string {
  if (channel.kind === 'all') return publication.title
  return `${nameOf(channel, channelTitle, publication)} · ${publication.title}`
}

/** The channel's own name: a language's in that language, nothing for everything. */
export function nameOf(channel: Channel, channelTitle: string, publication: Publication): string {
  if (channel.kind === 'corrections') return notesIn(publication.language).corrections
  return channel.kind === 'language' ? nameOfLanguage(channelTitle) : channelTitle
}

/**
 * The full text as HTML: the dateline leads the first paragraph, right-to-left text says so (RULES R-45). `end` is HTML
 * in the article's language that follows it.
 */
export function fullText(
  article: Article,
  url: string,
  publication: Publication,
  end = '',
): string {
  const { story } = article
  // What follows the mark is a fragment of its own.
  const page = url.replace(/#.*$/, '')
  const html = placeMarks(story.html, publication.siteUrl, escapeMarkup(page))
  const direction = directionOf(story.language)
  const led =
    (story.dateline === undefined ? html : leadWith(escapeMarkup(story.dateline), html)) + end
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

/** A language channel speaks its language; any other but the standing ones speaks the one all its entries share. */
function languageOf(channel: Channel, entries: Entry[], publication: Publication): string {
  const stories = entries.filter(({ notice }) => !notice)
  const shared = stories[0]?.language
  if (isStanding(channel) || shared === undefined) return publication.language
  return stories.every((entry) => entry.language === shared) ? shared : publication.language
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
