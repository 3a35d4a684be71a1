/**
 * Builds the response bodies of the publish API for articles: receipts, the full article, and the
 * entries of the list. `src/model/responses.ts` has their schemas.
 */
import type { ArticleOutcome, StoredArticle } from '../desk/protocol.ts'
import { type FormatName, listFeedLinks } from '../feeds/formats.ts'
import type { TextReport } from '../manuscript/prepare.ts'
import {
  type Channel,
  CORRECTIONS_CHANNEL,
  formatChannelKey,
  listArticleChannels,
} from '../model/channel.ts'
import type { Publication } from '../model/publication.ts'
import {
  ArticleOutlineSchema,
  ArticleSchema,
  ChannelSchema,
  conformTo,
  LineReceiptSchema,
  ReceiptSchema,
} from '../model/responses.ts'
import { canonicalUrl, channelPath, pageUrl, shortLink } from '../model/urls.ts'
import { omitUndefined } from '../text/json.ts'
import { formatTime } from '../text/time.ts'

/** Builds one entry of the list. Receipts and the full article begin with the same keys. */
export function buildOutline(article: StoredArticle, publication: Publication) {
  return conformTo(ArticleOutlineSchema, {
    id: article.id,
    status: article.state,
    revision: article.revision,
    title: article.story.title,
    code: article.code,
    short_url: shortLink(publication, article.code),
    canonical: canonicalUrl(publication, article),
    published: formatTime(article.published),
    updated: formatTime(article.updated),
    ...(article.withdrawn && {
      withdrawn: formatTime(article.withdrawn.when),
      ...omitUndefined({ reason: article.withdrawn.reason, legal: article.withdrawn.legal }),
    }),
  })
}

/**
 * Builds the response to a change. `report` is about the text of the change, if it has one.
 * `feeds` lists the channels that the article is in, or will be in once it is public.
 */
export function buildReceipt(
  { article, changed, warnings }: ArticleOutcome,
  report: TextReport,
  publication: Publication,
) {
  const channels = [
    ...listArticleChannels(article.story).map(({ channel }) => channel),
    ...(article.corrections.length > 0 ? [CORRECTIONS_CHANNEL] : []),
  ]
  const { dateline } = article.story
  const feeds = (article.state === 'withdrawn' ? [] : channels).map((channel) =>
    conformTo(ChannelSchema, {
      channel: formatChannelKey(channel),
      page: pageUrl(publication, channelPath(channel)),
      ...getFeedUrls(channel, publication),
    }),
  )
  return conformTo(ReceiptSchema, {
    ...buildOutline(article, publication),
    feeds,
    ...omitUndefined({ dateline }),
    removed: report.removed,
    ...formatWarnings(report, warnings),
    changed,
  })
}

/** Lists the warnings about the text before those of the desk. */
function formatWarnings(report: TextReport, deskWarnings: string[] = []) {
  const warnings = [...report.warnings, ...deskWarnings]
  return warnings.length > 0 ? { warnings } : {}
}

/** Returns the feed URLs of a channel. The cast is safe: `listFeedLinks` lists every format. */
const getFeedUrls = (channel: Channel, publication: Publication) =>
  Object.fromEntries(
    listFeedLinks(channel, publication).map(({ format, url }) => [format.name, url]),
  ) as Record<FormatName, string>

/**
 * Builds the receipt of one line of a bulk request. It has no feeds, because they would make up
 * most of the response.
 */
export const buildLineReceipt = (
  { article, changed, warnings }: ArticleOutcome,
  report: TextReport,
  publication: Publication,
) =>
  conformTo(LineReceiptSchema, {
    ...buildOutline(article, publication),
    ...omitUndefined({ dateline: article.story.dateline }),
    removed: report.removed,
    ...formatWarnings(report, warnings),
    changed,
  })

/**
 * Builds a response with everything that an editor needs for the next change of the article. The
 * text is the one that the editor sent.
 */
export function buildFullArticle(article: StoredArticle, publication: Publication) {
  const { html, source, excerpt: _, ...story } = article.story
  return conformTo(ArticleSchema, {
    ...buildOutline(article, publication),
    ...story,
    corrections: article.corrections.map(({ at, text }) => ({ at: formatTime(at), text })),
    ...(source.form === 'markdown' ? { body: source.text } : { html: source.text }),
  })
}
