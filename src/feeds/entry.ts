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

/** Entries with full texts in one document, in bytes as XML; those beyond carry summary and link only. */
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

export type FeedDocument = {
  channel: Channel
  tag: string
  title: string
  description: string
  language: string
  /** The channel's page. */
  pageUrl: string
  /** Latest change of substance among the entries, in seconds; absent when there are none. */
  updated?: number
  entries: Entry[]
}

/** A feed document about to be written: `modified` is its Last-Modified, in seconds. */
export type DatedFeed = FeedDocument & { modified: number }

/** Builds what a channel's documents say. `articles` come in the order in which they are shown. */
export function buildFeed(
  channel: Channel,
  channelTitle: string,
  articles: Article[],
  publication: Publication,
): FeedDocument {
  let spent = 0
  const entries = articles.map((article) => {
    const entry = entryOf(article, publication)
    spent += sizeOf(entry)
    // An article whose text was not even read from the ledger has an empty one.
    if (spent > FULL_TEXT_BUDGET_BYTES || article.story.html === '') delete entry.html
    return entry
  })
  return {
    channel,
    tag: channelTag(publication.tag, channel),
    title: titleOf(channel, channelTitle, publication),
    description: publication.description,
    language: languageOf(channel, entries, publication),
    pageUrl: pageUrl(publication, channelPath(channel)),
    ...(entries.length > 0 && { updated: Math.max(...entries.map((entry) => entry.updated)) }),
    entries,
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
  const name = channel.kind === 'language' ? nameOfLanguage(channelTitle) : channelTitle
  return `${name} · ${publication.title}`
}

/** The full text as HTML: the dateline leads the first paragraph, right-to-left text says so (RULES R-45). */
export function fullText(article: Article, url: string, publication: Publication): string {
  const { story } = article
  const html = placeMarks(story.html, publication.siteUrl, escapeMarkup(url))
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

/** Bytes of an entry once its markup is escaped, which is what Atom does with it; addresses and elements roughly. */
function sizeOf(entry: Entry): number {
  const authors = entry.authors.map(({ name, url = '', email = '' }) => name + url + email)
  return (
    sizeInXml([entry.html, entry.title, entry.summary, ...entry.categories, ...authors].join('')) +
    FRAME_BYTES
  )
}
const FRAME_BYTES = 2_000

function sizeInXml(text: string): number {
  return byteLength(text) + 4 * (text.match(/[<>&"]/g)?.length ?? 0)
}
