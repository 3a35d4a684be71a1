/**
 * What the documents of a channel should hold: subscription documents and pages, which show the
 * newest and what was corrected or withdrawn of late, and the archive pages behind them.
 */
import { buildFeed, buildListing, type Past } from '../../feeds/entry.ts'
import { FULL_TEXT_BUDGET_BYTES } from '../../feeds/fit.ts'
import { renderFeed } from '../../feeds/formats.ts'
import { type Channel, isStanding } from '../../model/channel.ts'
import type { Publication } from '../../model/publication.ts'
import { digest, digestOf } from '../../text/digest.ts'
import { defined } from '../../text/json.ts'
import { renderChannelPage } from '../../views/channel-page.tsx'
import { HTML_TYPE } from '../../views/layout.tsx'
import { feedTarget, type ParsedTarget } from '../../wire/targets.ts'
import type { KeptArticle, Ledger } from '../ledger/ledger.ts'
import { keepEdition } from './editions.ts'
import type { Planned, Planners } from './plan.ts'

/**
 * How long a correction brings an old article back (RFC 5005 section 4.1), and how long a tombstone
 * stands.
 */
const DAY_SECONDS = 86_400
export const RECENT_DAYS = 30
/** In one document; the newest are shown. */
export const MAX_TOMBSTONES = 500
export const MAX_NOTICES = 100

type Shown = {
  /** In the order in which they are shown; withdrawn ones are shown as notices. */
  articles: KeptArticle[]
  /** Those that have a tombstone. */
  withdrawn: KeptArticle[]
  until?: number
}

const hasBegun = (ledger: Ledger, { channel }: { channel: Channel }): boolean =>
  isStanding(channel) || ledger.channelTitle(channel) !== undefined
const isComplete = (ledger: Ledger, { channel, page }: { channel: Channel; page: number }) =>
  page <= ledger.newestArchive(channel)

export const CHANNEL_PLANNERS: Planners<'feed' | 'channel-page' | 'archive-feed' | 'archive-page'> =
  {
    feed: { plan: planChannel, hasBegun },
    'channel-page': { plan: planChannel, hasBegun },
    'archive-feed': { plan: planArchive, hasBegun: isComplete },
    'archive-page': { plan: planArchive, hasBegun: isComplete },
  }

/** `now` in seconds. Absent as long as the channel has not begun. */
function planChannel(
  ledger: Ledger,
  publication: Publication,
  parsed: ParsedTarget<'feed' | 'channel-page'>,
  now: number,
): Planned {
  const { channel } = parsed
  const known = ledger.channelTitle(channel)
  if (known === undefined && !isStanding(channel)) return { kind: 'absent' }
  const title = known ?? ''
  const { articles, withdrawn, until }: Shown =
    parsed.kind === 'feed'
      ? subscriptionOf(ledger, publication, channel, now)
      : pageOf(ledger, publication, channel)
  const newest = ledger.newestArchive(channel)
  const past: Past = newest > 0 ? { older: newest } : {}
  const build = parsed.kind === 'feed' ? buildFeed : buildListing
  const feed = { ...build(channel, title, articles, publication, withdrawn), past }
  return {
    kind: 'plan',
    plan: {
      fingerprint: digest(
        JSON.stringify([
          known,
          ...(newest > 0 ? [newest] : []),
          ...articles.map(({ id, revision, state }) => [id, revision, state]),
          ...withdrawn.map(({ id, revision }) => [id, revision]),
        ]),
      ),
      status: 200,
      type: parsed.kind === 'feed' ? parsed.format.contentType : HTML_TYPE,
      language: feed.language,
      past,
      ...defined({ until }),
      render: (modified) =>
        parsed.kind === 'feed'
          ? renderFeed(parsed.format, { ...feed, modified }, publication)
          : renderChannelPage(feed, publication),
      ...(parsed.kind === 'feed' && {
        note: (body, { etag, modified }) =>
          keepEdition(
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
 * A page of the past holds fifty positions and never shifts; it shows who is still a member, in the
 * newest version, be that nobody. It is there once all positions were given
 * (docs/decisions/014-archives.md).
 */
function planArchive(
  ledger: Ledger,
  publication: Publication,
  parsed: ParsedTarget<'archive-feed' | 'archive-page'>,
): Planned {
  const { channel, page } = parsed
  const newest = ledger.newestArchive(channel)
  if (page > newest) return { kind: 'absent' }
  const past: Past = {
    page,
    ...(page > 1 && { older: page - 1 }),
    ...(page < newest && { newer: page + 1 }),
  }
  const title = ledger.channelTitle(channel) ?? ''
  const isFeed = parsed.kind === 'archive-feed'
  const articles = ledger.archive(channel, page, isFeed ? FULL_TEXT_BUDGET_BYTES : 0)
  const build = isFeed ? buildFeed : buildListing
  const feed = { ...build(channel, title, articles, publication), past }
  return {
    kind: 'plan',
    plan: {
      fingerprint: digestOf([
        title,
        past,
        ...articles.map(({ id, revision, state }) => [id, revision, state]),
      ]),
      status: 200,
      type: isFeed ? parsed.format.contentType : HTML_TYPE,
      language: feed.language,
      past,
      render: (modified) =>
        isFeed
          ? renderFeed(parsed.format, { ...feed, modified }, publication)
          : renderChannelPage(feed, publication),
    },
  }
}

/** A page lists headlines only, and of what is out only. */
const pageOf = (ledger: Ledger, publication: Publication, channel: Channel): Shown => ({
  articles: ledger.subscription(channel, publication.feedLength, 0),
  withdrawn: [],
})

/**
 * What a subscription document shows besides the newest: what was corrected and what was withdrawn
 * of late. It holds until the first of these has been shown for its time.
 */
function subscriptionOf(
  ledger: Ledger,
  publication: Publication,
  channel: Channel,
  now: number,
): Shown {
  const recent = RECENT_DAYS * DAY_SECONDS
  const noticed = publication.withdrawalNoticeDays * DAY_SECONDS
  const limit = Math.max(MAX_TOMBSTONES, MAX_NOTICES)
  const gone = ledger.withdrawnFrom(channel, now - Math.max(recent, noticed), limit)
  const isShown = (seconds: number) => (article: KeptArticle) => whenOf(article) > now - seconds
  const notices = gone.filter(isShown(noticed)).slice(0, MAX_NOTICES)
  const withdrawn = gone.filter(isShown(recent)).slice(0, MAX_TOMBSTONES)
  const length = publication.feedLength
  const articles = ledger.subscription(channel, length, FULL_TEXT_BUDGET_BYTES, now - recent)
  const ends = [
    ...articles.flatMap(({ corrections }) => corrections.slice(-1).map(({ at }) => at + recent)),
    ...notices.map((article) => whenOf(article) + noticed),
    ...withdrawn.map((article) => whenOf(article) + recent),
  ].filter((end) => end > now)
  return {
    articles: notices.length === 0 ? articles : inOrder(channel, [...articles, ...notices]),
    withdrawn,
    ...(ends.length > 0 && { until: Math.min(...ends) }),
  }
}

const whenOf = ({ withdrawn }: KeptArticle): number => withdrawn?.when ?? Number.NEGATIVE_INFINITY

/** Newest first: by publication, in the channel of corrections by what came last. */
function inOrder(channel: Channel, articles: KeptArticle[]): KeptArticle[] {
  const timeOf = (article: KeptArticle): number =>
    channel.kind === 'corrections'
      ? (article.withdrawn?.when ?? article.corrections.at(-1)?.at ?? article.published)
      : article.published
  return articles.sort((a, b) => timeOf(b) - timeOf(a) || (a.id < b.id ? -1 : 1))
}
