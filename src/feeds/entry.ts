/**
 * Builds a feed document before it is rendered in a format: the entries of one channel with
 * absolute addresses and clean texts. Every format renders this data, so all formats have the same
 * content.
 */
import type { Article } from '../model/article.ts'
import { type Channel, isPermanent, slugify } from '../model/channel.ts'
import type { Publication } from '../model/publication.ts'
import {
  articlePath,
  articleTagUri,
  canonicalUrl,
  channelPath,
  channelTagUri,
  pageUrl,
  shortLink,
} from '../model/urls.ts'
import { escapeMarkup, replaceMarks } from '../text/characters.ts'
import { getDirection, getLanguageName } from '../text/language.ts'
import { getCorrectionLabels, renderCorrections } from './correction-labels.ts'
import type { FeedDocument, FeedEntry } from './document.ts'
import { fitEntries } from './fit.ts'
import { findTextStart } from './text-start.ts'

export {
  type ArchivePosition,
  type DatedFeed,
  type FeedDocument,
  type FeedEntry,
  HISTORY_NAMESPACE,
  type HistoryLink,
  isArchivePage,
  MEDIA_NAMESPACE,
  type Tombstone,
} from './document.ts'

/**
 * Builds the document of a channel, which has at most `MAX_DOCUMENT_BYTES` in every format.
 * `articles` are in display order, and a withdrawn one becomes a notice. Each article in
 * `withdrawn` gets a tombstone.
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

/** Builds the same document without a size limit. Pages use it, because they show no full texts. */
export function buildListing(
  channel: Channel,
  channelTitle: string,
  articles: Article[],
  publication: Publication,
  withdrawn: Article[] = [],
): FeedDocument {
  const entries = articles.map((article) => buildEntry(article, publication))
  const tombstones = withdrawn.flatMap(({ id, withdrawn: withdrawal }) =>
    withdrawal ? [{ tagUri: articleTagUri(publication.tag, id), id, when: withdrawal.when }] : [],
  )
  const times = [...entries.map(({ updated }) => updated), ...tombstones.map(({ when }) => when)]
  return {
    channel,
    tagUri: channelTagUri(publication.tag, channel),
    name: getChannelName(channel, channelTitle, publication),
    title: formatChannelTitle(channel, channelTitle, publication),
    description: publication.description,
    language: getFeedLanguage(channel, entries, publication),
    pageUrl: pageUrl(publication, channelPath(channel)),
    ...(times.length > 0 && { updated: Math.max(...times) }),
    entries,
    tombstones,
  }
}

export function buildEntry(article: Article, publication: Publication): FeedEntry {
  if (article.withdrawn) return buildNotice(article, article.withdrawn.when, publication)
  const { story } = article
  const url = canonicalUrl(publication, article)
  return {
    tagUri: articleTagUri(publication.tag, article.id),
    id: article.id,
    isNotice: false,
    code: article.code,
    url,
    shortUrl: shortLink(publication, article.code),
    title: story.title,
    summary: story.summary.join(' • ') || story.excerpt || story.title,
    // The ledger returns an empty text instead of a text that fits into no document. A stored text
    // is never empty.
    ...(story.html !== '' && {
      html: renderFullText(
        article,
        url,
        publication,
        renderCorrections(article.corrections, story.language),
      ),
    }),
    published: article.published,
    updated: article.updated,
    language: story.language,
    authors: story.authors,
    categories: listCategories(story),
    ...(story.image && {
      image: { ...story.image, url: new URL(story.image.url, publication.siteUrl).href },
    }),
    corrections: article.corrections,
  }
}

const WITHDRAWN_NOTICE = 'The newsroom took this article back.'

/** Builds the notice that replaces a withdrawn story, because most readers ignore tombstones. */
const buildNotice = (article: Article, when: number, publication: Publication): FeedEntry => ({
  tagUri: articleTagUri(publication.tag, article.id),
  id: article.id,
  isNotice: true,
  url: pageUrl(publication, articlePath(article.id)),
  title: 'Withdrawn article',
  summary: WITHDRAWN_NOTICE,
  html: `<p>${WITHDRAWN_NOTICE}</p>`,
  published: article.published,
  updated: when,
  language: 'en',
  authors: [],
  categories: [],
  corrections: [],
})

/**
 * Returns the title of a channel's documents: the name of the channel and the title of the
 * publication. The channel of everything has the title of the publication alone.
 */
export function formatChannelTitle(
  channel: Channel,
  channelTitle: string,
  publication: Publication,
): string {
  if (channel.kind === 'all') return publication.title
  return `${getChannelName(channel, channelTitle, publication)} · ${publication.title}`
}

/**
 * Returns the channel's own name. A language channel has the name of the language in that language.
 * The name of the channel of everything is empty.
 */
export function getChannelName(
  channel: Channel,
  channelTitle: string,
  publication: Publication,
): string {
  if (channel.kind === 'corrections') return getCorrectionLabels(publication.language).corrections
  return channel.kind === 'language' ? getLanguageName(channelTitle) : channelTitle
}

/**
 * Renders the full text as HTML. The dateline is put before the first text, and right-to-left
 * text declares its direction. `suffixHtml` is HTML in the article's language that is appended.
 */
export function renderFullText(
  article: Article,
  url: string,
  publication: Publication,
  suffixHtml = '',
): string {
  const { story } = article
  // A fragment follows the mark in the text, so the fragment of the address is removed.
  const pageAddress = url.replace(/#.*$/, '')
  const html = replaceMarks(story.html, publication.siteUrl, escapeMarkup(pageAddress))
  const direction = getDirection(story.language)
  const fullHtml =
    (story.dateline === undefined ? html : insertDateline(escapeMarkup(story.dateline), html)) +
    suffixHtml
  if (direction === 'ltr') return fullHtml
  return `<div dir="rtl" lang="${escapeMarkup(story.language)}">${fullHtml}</div>`
}

/** A story that begins with something else gets a paragraph that has only the dateline. */
function insertDateline(dateline: string, html: string): string {
  const lead = `<strong>${dateline}:</strong>`
  const start = findTextStart(html)
  return start === undefined
    ? `<p>${lead}</p>\n${html}`
    : `${html.slice(0, start)}${lead} ${html.slice(start)}`
}

function listCategories(story: Article['story']): string[] {
  const seen = new Set<string>()
  return [story.section, ...story.tags].filter((name): name is string => {
    if (name === undefined || seen.has(slugify(name))) return false
    seen.add(slugify(name))
    return true
  })
}

/**
 * Returns the language of a document. If all stories of a channel have one language, it is that
 * language. Otherwise, and for permanent channels, it is the publication's language.
 */
function getFeedLanguage(channel: Channel, entries: FeedEntry[], publication: Publication): string {
  const stories = entries.filter(({ isNotice }) => !isNotice)
  const sharedLanguage = stories[0]?.language
  if (isPermanent(channel) || sharedLanguage === undefined) return publication.language
  return stories.every((entry) => entry.language === sharedLanguage)
    ? sharedLanguage
    : publication.language
}
