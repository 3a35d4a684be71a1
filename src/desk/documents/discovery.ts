/**
 * What the documents that crawlers and aggregators look for should hold: sitemaps, the news
 * sitemap, the directory of feeds (docs/decisions/016-what-crawlers-find.md). Each costs what it
 * shows, whatever the archive has.
 */
import {
  buildDirectory,
  DIRECTORY_LENGTH,
  type Directory,
  type KnownChannel,
} from '../../feeds/directory.ts'
import { OPML_TYPE, renderOpml } from '../../feeds/opml.ts'
import {
  NEWS_LENGTH,
  NEWS_SECONDS,
  renderNewsSitemap,
  renderSitemap,
  renderSitemapIndex,
  SITEMAP_LENGTH,
  SITEMAP_TYPE,
} from '../../feeds/sitemap.ts'
import { parseChannelKey } from '../../model/channel.ts'
import type { Publication } from '../../model/publication.ts'
import { canonicalUrl, pageUrl, sitemapPath } from '../../model/urls.ts'
import { digest } from '../../text/digest.ts'
import { spanOfMonth } from '../../text/time.ts'
import { renderDirectoryPage } from '../../views/directory-page.tsx'
import { HTML_TYPE } from '../../views/layout.tsx'
import { wordsIn } from '../../views/words.ts'
import type { ParsedTarget } from '../../wire/targets.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Plan, Planned, Planners } from './plan.ts'

export const DISCOVERY_PLANNERS: Planners<
  'sitemap-index' | 'sitemap' | 'news-sitemap' | 'subscription-list' | 'feed-directory'
> = {
  'sitemap-index': { plan: planSitemapIndex },
  sitemap: { plan: planSitemap },
  'news-sitemap': { plan: planNewsSitemap },
  'subscription-list': { plan: planSubscriptionList },
  'feed-directory': { plan: planFeedDirectory },
}

const planned = (said: unknown, rest: Omit<Plan, 'fingerprint' | 'status'>): Planned => ({
  kind: 'plan',
  plan: { fingerprint: digest(JSON.stringify(said)), status: 200, ...rest },
})

function planSitemapIndex(ledger: Ledger, publication: Publication): Planned {
  const addresses = ledger
    .sitemapMonths(publication.siteUrl)
    .flatMap(({ month, articles }) =>
      Array.from({ length: Math.ceil(articles / SITEMAP_LENGTH) }, (_, index) =>
        pageUrl(publication, sitemapPath(month, index + 1)),
      ),
    )
  return planned(addresses, { type: SITEMAP_TYPE, render: () => renderSitemapIndex(addresses) })
}

/** Absent when no article of the month is left for this file. */
function planSitemap(
  ledger: Ledger,
  publication: Publication,
  { month, file }: ParsedTarget<'sitemap'>,
): Planned {
  const before = (file - 1) * SITEMAP_LENGTH
  if (ledger.articlesInMonth(publication.siteUrl, month) <= before) return { kind: 'absent' }
  const rows = ledger.sitemapArticles(
    publication.siteUrl,
    spanOfMonth(month),
    before,
    SITEMAP_LENGTH,
  )
  const pages = rows.map((row) => ({ url: addressOf(row, publication), updated: row.updated }))
  return planned(rows, { type: SITEMAP_TYPE, render: () => renderSitemap(pages) })
}

/** `now` in seconds. */
function planNewsSitemap(
  ledger: Ledger,
  publication: Publication,
  _: ParsedTarget<'news-sitemap'>,
  now: number,
): Planned {
  const rows = ledger.newsSince(publication.siteUrl, now - NEWS_SECONDS, now, NEWS_LENGTH)
  const pages = rows.map((row) => ({ ...row, url: addressOf(row, publication) }))
  const oldest = rows.at(-1)
  return planned(rows, {
    type: SITEMAP_TYPE,
    ...(oldest && { until: oldest.published + NEWS_SECONDS }),
    render: () => renderNewsSitemap(pages, publication),
  })
}

const addressOf = (
  { id, canonical }: { id: string; canonical: string | null },
  publication: Publication,
): string => canonicalUrl(publication, { id, canonical: canonical ?? undefined })

function planSubscriptionList(ledger: Ledger, publication: Publication): Planned {
  const directory = directoryOf(ledger, publication)
  const { kinds } = wordsIn(publication.language)
  // Written at a time that no document has, so that the time is no part of what it says.
  const said = renderOpml(directory, kinds, 0, publication)
  return planned(said, {
    type: OPML_TYPE,
    language: publication.language,
    render: (modified) => renderOpml(directory, kinds, modified, publication),
  })
}

function planFeedDirectory(ledger: Ledger, publication: Publication): Planned {
  const directory = directoryOf(ledger, publication)
  return planned(directory, {
    type: HTML_TYPE,
    language: publication.language,
    render: () => renderDirectoryPage(directory, publication),
  })
}

function directoryOf(ledger: Ledger, publication: Publication): Directory {
  const rows = ledger.channelsByMembers(DIRECTORY_LENGTH + 1)
  const known = rows.slice(0, DIRECTORY_LENGTH).flatMap(({ key, ...row }): KnownChannel[] => {
    const channel = parseChannelKey(key)
    return channel ? [{ ...row, channel, language: row.language ?? publication.language }] : []
  })
  return buildDirectory(known, rows.length > DIRECTORY_LENGTH, publication)
}
