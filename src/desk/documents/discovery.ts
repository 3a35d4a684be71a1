/**
 * Plans the documents for crawlers and aggregators: sitemaps, the news sitemap, and the directory
 * of feeds as a page and as OPML (docs/decisions/016-what-crawlers-find.md). The cost of each
 * depends on what it shows, not on the size of the archive.
 */
import {
  buildDirectory,
  type Directory,
  MAX_DIRECTORY_CHANNELS,
  type StoredChannel,
} from '../../feeds/directory.ts'
import { OPML_TYPE, renderOpml } from '../../feeds/opml.ts'
import {
  MAX_NEWS_AGE_SECONDS,
  MAX_NEWS_ARTICLES,
  MAX_SITEMAP_ARTICLES,
  renderNewsSitemap,
  renderSitemap,
  renderSitemapIndex,
  SITEMAP_TYPE,
} from '../../feeds/sitemap.ts'
import { parseChannelKey } from '../../model/channel.ts'
import type { Publication } from '../../model/publication.ts'
import { canonicalUrl, pageUrl, sitemapPath } from '../../model/urls.ts'
import { digest } from '../../text/digest.ts'
import { getMonthSpan } from '../../text/time.ts'
import { renderDirectoryPage } from '../../views/directory-page.tsx'
import { HTML_TYPE } from '../../views/layout.tsx'
import { getWords } from '../../views/words.ts'
import type { ParsedTarget } from '../../wire/targets.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { DocumentPlan, PlannedContent, Planners } from './plan.ts'

export const DISCOVERY_PLANNERS: Planners<
  'sitemap-index' | 'sitemap' | 'news-sitemap' | 'subscription-list' | 'feed-directory'
> = {
  'sitemap-index': { plan: planSitemapIndex },
  sitemap: { plan: planSitemap },
  'news-sitemap': { plan: planNewsSitemap },
  'subscription-list': { plan: planSubscriptionList },
  'feed-directory': { plan: planFeedDirectory },
}

/**
 * Returns a plan. Its fingerprint is a digest of `data`, which must have everything that the
 * document shows.
 */
const createPlan = (
  data: unknown,
  rest: Omit<DocumentPlan, 'fingerprint' | 'status'>,
): PlannedContent => ({
  kind: 'plan',
  plan: { fingerprint: digest(JSON.stringify(data)), status: 200, ...rest },
})

function planSitemapIndex(ledger: Ledger, publication: Publication): PlannedContent {
  const addresses = ledger
    .listSitemapMonths(publication.siteUrl)
    .flatMap(({ month, articles }) =>
      Array.from({ length: Math.ceil(articles / MAX_SITEMAP_ARTICLES) }, (_, index) =>
        pageUrl(publication, sitemapPath(month, index + 1)),
      ),
    )
  return createPlan(addresses, { type: SITEMAP_TYPE, render: () => renderSitemapIndex(addresses) })
}

/**
 * Plans one sitemap of a month. It is absent if the month has too few articles to need this `file`.
 */
function planSitemap(
  ledger: Ledger,
  publication: Publication,
  { month, file }: ParsedTarget<'sitemap'>,
): PlannedContent {
  const offset = (file - 1) * MAX_SITEMAP_ARTICLES
  if (ledger.countArticlesInMonth(publication.siteUrl, month) <= offset) return { kind: 'absent' }
  const rows = ledger.listSitemapArticles(
    publication.siteUrl,
    getMonthSpan(month),
    offset,
    MAX_SITEMAP_ARTICLES,
  )
  const pages = rows.map((row) => ({ url: getArticleUrl(row, publication), updated: row.updated }))
  return createPlan(rows, { type: SITEMAP_TYPE, render: () => renderSitemap(pages) })
}

/** Plans the news sitemap. It expires when its oldest article is too old. `now` is in seconds. */
function planNewsSitemap(
  ledger: Ledger,
  publication: Publication,
  _: ParsedTarget<'news-sitemap'>,
  now: number,
): PlannedContent {
  const rows = ledger.listNewsSitemapArticles(
    publication.siteUrl,
    now - MAX_NEWS_AGE_SECONDS,
    now,
    MAX_NEWS_ARTICLES,
  )
  const pages = rows.map((row) => ({ ...row, url: getArticleUrl(row, publication) }))
  const oldest = rows.at(-1)
  return createPlan(rows, {
    type: SITEMAP_TYPE,
    ...(oldest && { expiresAt: oldest.published + MAX_NEWS_AGE_SECONDS }),
    render: () => renderNewsSitemap(pages, publication),
  })
}

const getArticleUrl = (
  { id, canonical }: { id: string; canonical: string | null },
  publication: Publication,
): string => canonicalUrl(publication, { id, canonical: canonical ?? undefined })

function planSubscriptionList(ledger: Ledger, publication: Publication): PlannedContent {
  const directory = readDirectory(ledger, publication)
  const { kinds } = getWords(publication.language)
  // The fingerprint is computed from the list with a fixed date, because the list itself has not
  // changed if only its date differs.
  const undatedOpml = renderOpml(directory, kinds, 0, publication)
  return createPlan(undatedOpml, {
    type: OPML_TYPE,
    language: publication.language,
    render: (modified) => renderOpml(directory, kinds, modified, publication),
  })
}

function planFeedDirectory(ledger: Ledger, publication: Publication): PlannedContent {
  const directory = readDirectory(ledger, publication)
  return createPlan(directory, {
    type: HTML_TYPE,
    language: publication.language,
    render: () => renderDirectoryPage(directory, publication),
  })
}

function readDirectory(ledger: Ledger, publication: Publication): Directory {
  const rows = ledger.listLargestChannels(MAX_DIRECTORY_CHANNELS + 1)
  const channels = rows
    .slice(0, MAX_DIRECTORY_CHANNELS)
    .flatMap(({ key, ...row }): StoredChannel[] => {
      const channel = parseChannelKey(key)
      return channel ? [{ ...row, channel, language: row.language ?? publication.language }] : []
    })
  return buildDirectory(channels, rows.length > MAX_DIRECTORY_CHANNELS, publication)
}
