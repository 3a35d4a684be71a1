/**
 * What the publish API answers: the receipt of a change, an article in full, a line of the list.
 */
import type { KeptArticle, Outcome } from '../desk/protocol.ts'
import { type FormatName, feedLinks } from '../feeds/formats.ts'
import {
  ArticleSchema,
  ChannelSchema,
  describedBy,
  LineReceiptSchema,
  OutlineSchema,
  ReceiptSchema,
} from '../model/answers.ts'
import { type Channel, CORRECTIONS, channelKey, channelsOf } from '../model/channel.ts'
import type { Publication } from '../model/publication.ts'
import { canonicalUrl, channelPath, pageUrl, shortLink } from '../model/urls.ts'
import { defined } from '../text/json.ts'
import { formatTime } from '../text/time.ts'

/** One line of the list; the receipt and the full article begin with the same keys. */
export function outline(article: KeptArticle, publication: Publication) {
  return describedBy(OutlineSchema, {
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
      ...defined({ reason: article.withdrawn.reason, legal: article.withdrawn.legal }),
    }),
  })
}

/**
 * `removed`: what cleaning took out of the text. `feeds`: where the article is, or will be when
 * public.
 */
export function receipt(
  { article, changed, warnings }: Outcome,
  removed: string[],
  publication: Publication,
) {
  const channels = [
    ...channelsOf(article.story).map(({ channel }) => channel),
    ...(article.corrections.length > 0 ? [CORRECTIONS] : []),
  ]
  const feeds = (article.state === 'withdrawn' ? [] : channels).map((channel) =>
    describedBy(ChannelSchema, {
      channel: channelKey(channel),
      page: pageUrl(publication, channelPath(channel)),
      ...addressesOf(channel, publication),
    }),
  )
  return describedBy(ReceiptSchema, {
    ...outline(article, publication),
    feeds,
    removed,
    ...defined({ warnings }),
    changed,
  })
}

/** The feed documents of a channel; each format has its row, so each name is there. */
const addressesOf = (channel: Channel, publication: Publication) =>
  Object.fromEntries(
    feedLinks(channel, publication).map(({ format, url }) => [format.name, url]),
  ) as Record<FormatName, string>

/** What a line of many hears: the same without the feeds, which would be most of the answer. */
export const lineReceipt = (
  { article, changed, warnings }: Outcome,
  removed: string[],
  publication: Publication,
) =>
  describedBy(LineReceiptSchema, {
    ...outline(article, publication),
    removed,
    ...defined({ warnings }),
    changed,
  })

/** Everything an editor needs to change the article again, the manuscript's own text included. */
export function inFull(article: KeptArticle, publication: Publication) {
  const { html, source, excerpt: _, ...story } = article.story
  return describedBy(ArticleSchema, {
    ...outline(article, publication),
    ...story,
    corrections: article.corrections.map(({ at, text }) => ({ at: formatTime(at), text })),
    ...(source.form === 'markdown' ? { body: source.text } : { html: source.text }),
  })
}
