/**
 * Makes the entries of a feed document fit its size limit. The newest entries get full texts within
 * a fixed budget, so a feed with more entries never has fewer full texts. All other entries share
 * the remaining bytes as summaries or titles (docs/decisions/026-full-texts-in-feeds.md).
 */
import type { Publication } from '../model/publication.ts'
import { articlePath, pageUrl } from '../model/urls.ts'
import type { FeedDocument, FeedEntry } from './document.ts'
import {
  addBytes,
  type BytesPerFormat,
  fitsWithin,
  measureEntry,
  measureHead,
  measureTombstone,
  shorten,
  subtractBytes,
  ZERO_BYTES,
} from './size.ts'

/** The size limit of a feed document in each format. */
export const MAX_DOCUMENT_BYTES = 1_500_000
/**
 * The budget of entries with full texts. The remaining bytes suffice for title and link of six
 * hundred more entries, and usually for their summaries too.
 */
export const FULL_TEXT_BUDGET_BYTES = 1_125_000

/**
 * The limits of a shortened entry in bytes, for its title, its summary and its address. A longer
 * address is replaced.
 */
const TITLE_BYTES = 100
const BRIEF_SUMMARY_BYTES = 160
const URL_BYTES = 200

const limitEveryFormat = (bytes: number): BytesPerFormat => ({
  rss: bytes,
  atom: bytes,
  json: bytes,
})

type SizedEntry = { entry: FeedEntry; size: BytesPerFormat }
const addSize = (entry: FeedEntry): SizedEntry => ({ entry, size: measureEntry(entry) })
const sumSizes = (sizes: readonly BytesPerFormat[]): BytesPerFormat =>
  sizes.reduce(addBytes, ZERO_BYTES)

/**
 * Returns the entries as the document shows them, in the same order. Notices are never shortened.
 */
export function fitEntries(feed: FeedDocument, publication: Publication): FeedEntry[] {
  const { entries, tombstones } = feed
  const fitted = entries.map((entry) =>
    addSize(entry.isNotice ? entry : shortenToTitle(entry, publication)),
  )
  let remaining = subtractBytes(
    limitEveryFormat(MAX_DOCUMENT_BYTES),
    sumSizes([
      measureHead(feed, listHeadTexts(publication)),
      ...tombstones.map(measureTombstone),
      ...fitted.map(({ size }) => size),
    ]),
  )
  const replaceIfFits = (index: number, replacement: SizedEntry): boolean => {
    const remainingAfterwards = subtractBytes(
      addBytes(remaining, fitted[index]?.size ?? ZERO_BYTES),
      replacement.size,
    )
    if (!fitsWithin(ZERO_BYTES, remainingAfterwards)) return false
    remaining = remainingAfterwards
    fitted[index] = replacement
    return true
  }
  let fullTextBytes = ZERO_BYTES
  for (const [index, entry] of entries.entries()) {
    if (entry.isNotice || entry.html === undefined) continue
    const complete = addSize(entry)
    fullTextBytes = addBytes(fullTextBytes, complete.size)
    if (
      !fitsWithin(fullTextBytes, limitEveryFormat(FULL_TEXT_BUDGET_BYTES)) ||
      !replaceIfFits(index, complete)
    )
      break
  }
  for (const shortenEntry of [shortenToBrief, removeFullText]) {
    for (const [index, entry] of entries.entries())
      if (fitted[index]?.entry.html === undefined)
        replaceIfFits(index, addSize(shortenEntry(entry, publication)))
  }
  return fitted.map(({ entry }) => entry)
}

/** Keeps everything except the full text. */
function removeFullText({ html: _, ...entry }: FeedEntry): FeedEntry {
  return entry
}

/**
 * Keeps title, link, short link and the beginning of the summary. If the link is very long,
 * replaces it by the link to our page, which redirects there.
 */
function shortenToBrief(entry: FeedEntry, publication: Publication): FeedEntry {
  const { html: _, image: __, ...rest } = entry
  const ownUrl = pageUrl(publication, articlePath(entry.id))
  return {
    ...rest,
    shortenedTo: 'brief',
    url: entry.url.length > URL_BYTES ? ownUrl : entry.url,
    title: shorten(entry.title, TITLE_BYTES),
    summary: shorten(entry.summary, BRIEF_SUMMARY_BYTES),
    authors: [],
    categories: [],
    corrections: [],
  }
}

/** Keeps only title and link. */
function shortenToTitle(entry: FeedEntry, publication: Publication): FeedEntry {
  const { code: _, shortUrl: __, ...rest } = shortenToBrief(entry, publication)
  return { ...rest, shortenedTo: 'title', summary: '' }
}

/** Lists the settings that appear in the head of a document. */
const listHeadTexts = (publication: Publication): string[] => [
  publication.title,
  publication.publisher,
  publication.siteUrl,
  publication.logoUrl ?? '',
  publication.iconUrl ?? '',
  publication.copyright ?? '',
]
