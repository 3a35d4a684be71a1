/**
 * What a feed document says, before any format: one channel's entries with absolute addresses and
 * clean texts. Every format renders this and nothing else, so that all formats show the same (rule
 *
 */
import type { Article } from '../model/article.ts'
import { type Channel, isStanding, slugOf } from '../model/channel.ts'
import type { Publication } from '../model/publication.ts'
import {
  articlePath,
  articleTag,
  canonicalUrl,
  channelPath,
  channelTag,
  pageUrl,
  shortLink,
} from '../model/urls.ts'
import { escapeMarkup, placeMarks } from '../text/characters.ts'
import { directionOf, nameOfLanguage } from '../text/language.ts'
import type { Entry, FeedDocument } from './document.ts'
import { fitEntries } from './fit.ts'
import { correctionsHtml, notesIn } from './notes.ts'

export {
  type DatedFeed,
  type Entry,
  type FeedDocument,
  HISTORY_NAMESPACE,
  type HistoryLink,
  isArchive,
  MEDIA_NAMESPACE,
  type Past,
  type Tombstone,
} from './document.ts'

/**
 * Builds what a channel's documents say, at most `MAX_DOCUMENT_BYTES` in every format. `articles`
 * come in the order in which they are shown; a withdrawn one among them becomes a notice. For each
 * of `withdrawn` there is a tombstone.
 */
export function buildFeed(
  channel: Channel,
  channelTitle: string,
  articles: Article[],
  publication: Publication,
  withdrawn: Article[] = [],
): FeedDocument {
  const feed = buildListing(channel, channelTitle, articles, publication, withdrawn)
  return { ...feed, entries: fitEntries(feed, publication) }
}

/** The same without a limit, for pages, which show no full texts. */
export function buildListing(
  channel: Channel,
  channelTitle: string,
  articles: Article[],
  publication: Publication,
  withdrawn: Article[] = [],
): FeedDocument {
  const entries = articles.map((article) => entryOf(article, publication))
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
    // The ledger leaves texts out that no document has room for; no story has an empty one.
    ...(story.html !== '' && {
      html: fullText(
        article,
        url,
        publication,
        correctionsHtml(article.corrections, story.language),
      ),
    }),
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

/**
 * Readers ignore tombstones; what they show in place of the story tells that it was withdrawn
 * (rules T-12, T-13).
 */
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

/**
 * Title of a channel's documents: the publication's own for everything, else the channel's before
 * it.
 */
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
 * The full text as HTML: the dateline leads the first paragraph, right-to-left text says so (rule
 * `end` is HTML in the article's language that follows it.
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

/**
 * A language channel speaks its language; any other but the standing ones speaks the one all its
 * entries share.
 */
function languageOf(channel: Channel, entries: Entry[], publication: Publication): string {
  const stories = entries.filter(({ notice }) => !notice)
  const shared = stories[0]?.language
  if (isStanding(channel) || shared === undefined) return publication.language
  return stories.every((entry) => entry.language === shared) ? shared : publication.language
}
