/**
 * What a feed document says, before any format: one channel's entries with absolute addresses and
 * clean texts. Every format renders this and nothing else, so that all formats show the same (rule
 *
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
    // The ledger leaves texts out that no document has room for; no story has an empty one.
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

/**
 * Readers ignore tombstones; what they show in place of the story tells that it was withdrawn
 * (rules T-12, T-13).
 */
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
 * Title of a channel's documents: the publication's own for everything, else the channel's before
 * it.
 */
export function formatChannelTitle(
  channel: Channel,
  channelTitle: string,
  publication: Publication,
): string {
  if (channel.kind === 'all') return publication.title
  return `${getChannelName(channel, channelTitle, publication)} · ${publication.title}`
}

/** The channel's own name: a language's in that language, nothing for everything. */
export function getChannelName(
  channel: Channel,
  channelTitle: string,
  publication: Publication,
): string {
  if (channel.kind === 'corrections') return getCorrectionLabels(publication.language).corrections
  return channel.kind === 'language' ? getLanguageName(channelTitle) : channelTitle
}

/**
 * The full text as HTML: the dateline leads the first paragraph, right-to-left text says so (rule
 * `end` is HTML in the article's language that follows it.
 */
export function renderFullText(
  article: Article,
  url: string,
  publication: Publication,
  suffixHtml = '',
): string {
  const { story } = article
  // What follows the mark is a fragment of its own.
  const pageAddress = url.replace(/#.*$/, '')
  const html = replaceMarks(story.html, publication.siteUrl, escapeMarkup(pageAddress))
  const direction = getDirection(story.language)
  const fullHtml =
    (story.dateline === undefined ? html : prependDateline(escapeMarkup(story.dateline), html)) +
    suffixHtml
  if (direction === 'ltr') return fullHtml
  return `<div dir="rtl" lang="${escapeMarkup(story.language)}">${fullHtml}</div>`
}

function prependDateline(dateline: string, html: string): string {
  const lead = `<strong>${dateline}:</strong> `
  return html.startsWith('<p>') ? `<p>${lead}${html.slice(3)}` : `<p>${lead.trim()}</p>\n${html}`
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
 * A language channel speaks its language; any other but the standing ones speaks the one all its
 * entries share.
 */
function getFeedLanguage(channel: Channel, entries: FeedEntry[], publication: Publication): string {
  const stories = entries.filter(({ isNotice }) => !isNotice)
  const sharedLanguage = stories[0]?.language
  if (isPermanent(channel) || sharedLanguage === undefined) return publication.language
  return stories.every((entry) => entry.language === sharedLanguage)
    ? sharedLanguage
    : publication.language
}
