/**
 * Makes the entries of a feed document fit. Full texts go to the newest, and what follows them
 * takes none away: they have a share of the document of their own, so that a longer feed has at
 * least as many. The rest is shared by all other entries, which carry what there is room for
 * (docs/decisions/026-full-texts-in-feeds.md).
 */
import type { Publication } from '../model/publication.ts'
import { articlePath, pageUrl } from '../model/urls.ts'
import type { Entry, FeedDocument } from './document.ts'
import {
  fits,
  minus,
  NOTHING,
  plus,
  type Sizes,
  shorten,
  sizeOf,
  sizeOfHead,
  sizeOfTombstone,
} from './size.ts'

/** A feed document is no larger in any format. */
export const MAX_DOCUMENT_BYTES = 1_500_000
/**
 * What entries with their full texts may take of it. The rest holds title and link of six hundred
 * more, and of usual stories their summaries too.
 */
export const FULL_TEXT_BUDGET_BYTES = 1_125_000

/**
 * What is left of an entry that is cut, in bytes: its title, its summary, and the longest address
 * that it keeps.
 */
const TITLE_BYTES = 100
const BRIEF_SUMMARY_BYTES = 160
const URL_BYTES = 200

const everywhere = (bytes: number): Sizes => ({ rss: bytes, atom: bytes, json: bytes })

type Sized = { entry: Entry; size: Sizes }
const sized = (entry: Entry): Sized => ({ entry, size: sizeOf(entry) })
const sum = (sizes: readonly Sizes[]): Sizes => sizes.reduce(plus, NOTHING)

/** The entries of a feed as its document shows them, in their order. Notices stay as they are. */
export function fitEntries(feed: FeedDocument, publication: Publication): Entry[] {
  const { entries, tombstones } = feed
  const shown = entries.map((entry) => sized(entry.notice ? entry : titleAlone(entry, publication)))
  let room = minus(
    everywhere(MAX_DOCUMENT_BYTES),
    sum([
      sizeOfHead(feed, textsOf(publication)),
      ...tombstones.map(sizeOfTombstone),
      ...shown.map(({ size }) => size),
    ]),
  )
  const take = (index: number, more: Sized): boolean => {
    const left = minus(plus(room, shown[index]?.size ?? NOTHING), more.size)
    if (!fits(NOTHING, left)) return false
    room = left
    shown[index] = more
    return true
  }
  let spent = NOTHING
  for (const [index, entry] of entries.entries()) {
    if (entry.notice || entry.html === undefined) continue
    const whole = sized(entry)
    spent = plus(spent, whole.size)
    if (!fits(spent, everywhere(FULL_TEXT_BUDGET_BYTES)) || !take(index, whole)) break
  }
  for (const shortened of [briefly, summarized]) {
    for (const [index, entry] of entries.entries())
      if (shown[index]?.entry.html === undefined) take(index, sized(shortened(entry, publication)))
  }
  return shown.map(({ entry }) => entry)
}

/** All but the full text. */
function summarized({ html: _, ...entry }: Entry): Entry {
  return entry
}

/**
 * Title, link, short link and the beginning of the summary. An address that is very long gives way
 * to that of our page, which leads there.
 */
function briefly(entry: Entry, publication: Publication): Entry {
  const { html: _, image: __, ...rest } = entry
  const ownUrl = pageUrl(publication, articlePath(entry.id))
  return {
    ...rest,
    cut: 'brief',
    url: entry.url.length > URL_BYTES ? ownUrl : entry.url,
    title: shorten(entry.title, TITLE_BYTES),
    summary: shorten(entry.summary, BRIEF_SUMMARY_BYTES),
    authors: [],
    categories: [],
    corrections: [],
  }
}

/** Title and link. */
function titleAlone(entry: Entry, publication: Publication): Entry {
  const { code: _, shortUrl: __, ...rest } = briefly(entry, publication)
  return { ...rest, cut: 'title', summary: '' }
}

/** The settings that stand in the head of a document. */
const textsOf = (publication: Publication): string[] => [
  publication.title,
  publication.publisher,
  publication.siteUrl,
  publication.logoUrl ?? '',
  publication.iconUrl ?? '',
  publication.copyright ?? '',
]
