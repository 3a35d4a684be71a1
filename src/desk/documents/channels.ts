/**
 * Plans the documents of a channel: subscription documents, the channel's page, and archive pages
 * as feeds and as HTML. A subscription document has the newest articles, and also older ones that
 * were corrected or withdrawn recently, because feed readers do not poll archive pages.
 */
import { type ArchivePosition, buildFeed, buildListing } from '../../feeds/entry.ts'
import { FULL_TEXT_BUDGET_BYTES } from '../../feeds/fit.ts'
import { renderFeed } from '../../feeds/formats.ts'
import { type Channel, isPermanent } from '../../model/channel.ts'
import type { Publication } from '../../model/publication.ts'
import { digest, digestValue } from '../../text/digest.ts'
import { omitUndefined } from '../../text/json.ts'
import { renderChannelPage } from '../../views/channel-page.tsx'
import { HTML_TYPE } from '../../views/layout.tsx'
import { feedTarget, type ParsedTarget } from '../../wire/targets.ts'
import type { Ledger, StoredArticle } from '../ledger/ledger.ts'
import { recordEdition } from './editions.ts'
import type { PlannedContent, Planners } from './plan.ts'

const DAY_SECONDS = 86_400
/**
 * For how many days a subscription document shows an old article after its correction (RFC 5005
 * §4.1), and a tombstone after the withdrawal (RFC 6721).
 */
export const RECENT_DAYS = 30
/** Maximum number of tombstones in one document. The latest withdrawals are shown. */
export const MAX_TOMBSTONES = 500
/** Maximum number of notices in one document. The latest withdrawals are shown. */
export const MAX_NOTICES = 100

type SelectedArticles = {
  /** The articles in the order of the document. A withdrawn article is shown as a notice. */
  articles: StoredArticle[]
  /** Articles that get a tombstone. */
  withdrawn: StoredArticle[]
  /** When the selection changes even if no article does, in seconds. */
  expiresAt?: number
}

const hasContent = (ledger: Ledger, { channel }: { channel: Channel }): boolean =>
  isPermanent(channel) || ledger.findChannelTitle(channel) !== undefined
const isCompletePage = (ledger: Ledger, { channel, page }: { channel: Channel; page: number }) =>
  page <= ledger.getNewestArchivePage(channel)

export const CHANNEL_PLANNERS: Planners<'feed' | 'channel-page' | 'archive-feed' | 'archive-page'> =
  {
    feed: { plan: planChannel, hasContent },
    'channel-page': { plan: planChannel, hasContent },
    'archive-feed': { plan: planArchive, hasContent: isCompletePage },
    'archive-page': { plan: planArchive, hasContent: isCompletePage },
  }

/**
 * Plans a subscription document or the page of a channel. It is absent until the channel has its
 * first public article, unless the channel is permanent. `now` is in seconds.
 */
function planChannel(
  ledger: Ledger,
  publication: Publication,
  parsed: ParsedTarget<'feed' | 'channel-page'>,
  now: number,
): PlannedContent {
  const { channel } = parsed
  const storedTitle = ledger.findChannelTitle(channel)
  if (storedTitle === undefined && !isPermanent(channel)) return { kind: 'absent' }
  const title = storedTitle ?? ''
  const { articles, withdrawn, expiresAt }: SelectedArticles =
    parsed.kind === 'feed'
      ? selectSubscriptionArticles(ledger, publication, channel, now)
      : selectPageArticles(ledger, publication, channel)
  const newestPage = ledger.getNewestArchivePage(channel)
  const archivePosition: ArchivePosition = newestPage > 0 ? { older: newestPage } : {}
  const build = parsed.kind === 'feed' ? buildFeed : buildListing
  const feed = { ...build(channel, title, articles, publication, withdrawn), archivePosition }
  return {
    kind: 'plan',
    plan: {
      fingerprint: digest(
        JSON.stringify([
          storedTitle,
          ...(newestPage > 0 ? [newestPage] : []),
          ...articles.map(({ id, revision, state }) => [id, revision, state]),
          ...withdrawn.map(({ id, revision }) => [id, revision]),
        ]),
      ),
      status: 200,
      type: parsed.kind === 'feed' ? parsed.format.contentType : HTML_TYPE,
      language: feed.language,
      archivePosition,
      ...omitUndefined({ expiresAt }),
      render: (modified) =>
        parsed.kind === 'feed'
          ? renderFeed(parsed.format, { ...feed, modified }, publication)
          : renderChannelPage(feed, publication),
      ...(parsed.kind === 'feed' && {
        buildNotes: (body, { etag, modified }) =>
          recordEdition(
            ledger,
            { target: feedTarget(channel, parsed.format), etag, modified },
            { channel, format: parsed.format.name },
            feed,
            body,
          ),
      }),
    },
  }
}

/**
 * Plans an archive page. It covers fifty fixed positions of the channel and shows the latest
 * revisions of the articles that still have these positions. There may be no such article. The page
 * is absent until all its positions are assigned (docs/decisions/014-archives.md).
 */
function planArchive(
  ledger: Ledger,
  publication: Publication,
  parsed: ParsedTarget<'archive-feed' | 'archive-page'>,
): PlannedContent {
  const { channel, page } = parsed
  const newestPage = ledger.getNewestArchivePage(channel)
  if (page > newestPage) return { kind: 'absent' }
  const archivePosition: ArchivePosition = {
    page,
    ...(page > 1 && { older: page - 1 }),
    ...(page < newestPage && { newer: page + 1 }),
  }
  const title = ledger.findChannelTitle(channel) ?? ''
  const isFeed = parsed.kind === 'archive-feed'
  const articles = ledger.listArchiveArticles(channel, page, isFeed ? FULL_TEXT_BUDGET_BYTES : 0)
  const build = isFeed ? buildFeed : buildListing
  const feed = { ...build(channel, title, articles, publication), archivePosition }
  return {
    kind: 'plan',
    plan: {
      fingerprint: digestValue([
        title,
        archivePosition,
        ...articles.map(({ id, revision, state }) => [id, revision, state]),
      ]),
      status: 200,
      type: isFeed ? parsed.format.contentType : HTML_TYPE,
      language: feed.language,
      archivePosition,
      render: (modified) =>
        isFeed
          ? renderFeed(parsed.format, { ...feed, modified }, publication)
          : renderChannelPage(feed, publication),
    },
  }
}

/**
 * Selects the newest articles. There are no texts, notices or tombstones, because a page only lists
 * headlines.
 */
const selectPageArticles = (
  ledger: Ledger,
  publication: Publication,
  channel: Channel,
): SelectedArticles => ({
  articles: ledger.listSubscriptionArticles(channel, publication.feedLength, 0),
  withdrawn: [],
})

/**
 * Selects the newest articles, articles corrected recently, and notices and tombstones of articles
 * withdrawn recently. The selection expires when the first of these corrections and withdrawals is
 * no longer recent.
 */
function selectSubscriptionArticles(
  ledger: Ledger,
  publication: Publication,
  channel: Channel,
  now: number,
): SelectedArticles {
  const recentSeconds = RECENT_DAYS * DAY_SECONDS
  const noticeSeconds = publication.withdrawalNoticeDays * DAY_SECONDS
  const limit = Math.max(MAX_TOMBSTONES, MAX_NOTICES)
  const withdrawnArticles = ledger.listWithdrawnArticles(
    channel,
    now - Math.max(recentSeconds, noticeSeconds),
    limit,
  )
  const wasWithdrawnWithin = (seconds: number) => (article: StoredArticle) =>
    getWithdrawalTime(article) > now - seconds
  const notices = withdrawnArticles.filter(wasWithdrawnWithin(noticeSeconds)).slice(0, MAX_NOTICES)
  const withdrawn = withdrawnArticles
    .filter(wasWithdrawnWithin(recentSeconds))
    .slice(0, MAX_TOMBSTONES)
  const feedLength = publication.feedLength
  const articles = ledger.listSubscriptionArticles(
    channel,
    feedLength,
    FULL_TEXT_BUDGET_BYTES,
    now - recentSeconds,
  )
  const expiries = [
    ...articles.flatMap(({ corrections }) =>
      corrections.slice(-1).map(({ at }) => at + recentSeconds),
    ),
    ...notices.map((article) => getWithdrawalTime(article) + noticeSeconds),
    ...withdrawn.map((article) => getWithdrawalTime(article) + recentSeconds),
  ].filter((expiry) => expiry > now)
  return {
    articles: notices.length === 0 ? articles : sortNewestFirst(channel, [...articles, ...notices]),
    withdrawn,
    ...(expiries.length > 0 && { expiresAt: Math.min(...expiries) }),
  }
}

const getWithdrawalTime = ({ withdrawn }: StoredArticle): number =>
  withdrawn?.when ?? Number.NEGATIVE_INFINITY

/**
 * Sorts by time of publication, newest first. The channel of corrections is sorted by the time of
 * the withdrawal or of the last correction.
 */
function sortNewestFirst(channel: Channel, articles: StoredArticle[]): StoredArticle[] {
  const getSortTime = (article: StoredArticle): number =>
    channel.kind === 'corrections'
      ? (article.withdrawn?.when ?? article.corrections.at(-1)?.at ?? article.published)
      : article.published
  return articles.sort((a, b) => getSortTime(b) - getSortTime(a) || (a.id < b.id ? -1 : 1))
}
