/**
 * Renders Atom 1.0 (RFC 4287) without a library (docs/decisions/003-feed-library.md). Plain texts
 * have `type="text"`, full texts `type="html"`. Every address is absolute, and every language is
 * declared.
 */

import type { Publication } from '../model/publication.ts'
import type { Image } from '../model/story.ts'
import { FEED_STYLE_PATH, SHORT_LINK_RELATION } from '../model/urls.ts'
import { formatTime } from '../text/time.ts'
import {
  type DatedFeed,
  type FeedDocument,
  type FeedEntry,
  HISTORY_NAMESPACE,
  isArchivePage,
  MEDIA_NAMESPACE,
} from './entry.ts'
import { element, type Xml } from './xml.ts'

/** Renders the document. `selfUrl` is the address at which it is served. */
export function renderAtom(feed: DatedFeed, selfUrl: string, publication: Publication): string {
  const hasImages = feed.entries.some((entry) => entry.image)
  return element(
    'feed',
    {
      xmlns: 'http://www.w3.org/2005/Atom',
      'xmlns:media': hasImages ? MEDIA_NAMESPACE : undefined,
      'xmlns:fh': isArchivePage(feed) ? HISTORY_NAMESPACE : undefined,
      'xmlns:at': feed.tombstones.length > 0 ? 'http://purl.org/atompub/tombstones/1.0' : undefined,
      'xml:lang': feed.language,
    },
    element('id', {}, feed.tagUri),
    element('title', { type: 'text' }, feed.title),
    element('subtitle', { type: 'text' }, feed.description),
    element('updated', {}, formatTime(feed.updated ?? feed.modified)),
    element(
      'author',
      {},
      element('name', {}, publication.publisher),
      element('uri', {}, `${publication.siteUrl}/`),
    ),
    element('link', { rel: 'self', type: 'application/atom+xml', href: selfUrl }),
    element('link', { rel: 'alternate', type: 'text/html', href: feed.pageUrl }),
    ...(feed.history ?? []).map(({ relation, url }) =>
      element('link', { rel: relation, type: 'application/atom+xml', href: url }),
    ),
    isArchivePage(feed) && element('fh:archive', {}),
    publication.iconUrl !== undefined && element('icon', {}, publication.iconUrl),
    publication.logoUrl !== undefined && element('logo', {}, publication.logoUrl),
    publication.copyright !== undefined &&
      element('rights', { type: 'text' }, publication.copyright),
    element('generator', {}, 'Dateline'),
    // The grammar has extension elements before all entries (RFC 4287 section 4.1.1).
    ...feed.tombstones.map(({ tagUri, when }) =>
      element('at:deleted-entry', { ref: tagUri, when: formatTime(when) }),
    ),
    ...feed.entries.map((entry) => renderEntry(entry, feed)),
  ).renderDocument(FEED_STYLE_PATH)
}

function renderEntry(entry: FeedEntry, feed: FeedDocument): Xml {
  return element(
    'entry',
    { 'xml:lang': entry.language === feed.language ? undefined : entry.language },
    element('id', {}, entry.tagUri),
    element('title', { type: 'text' }, entry.title),
    element('published', {}, formatTime(entry.published)),
    element('updated', {}, formatTime(entry.updated)),
    ...entry.authors.map(({ name, url, email }) =>
      element(
        'author',
        {},
        element('name', {}, name),
        url && element('uri', {}, url),
        email && element('email', {}, email),
      ),
    ),
    element('link', { rel: 'alternate', type: 'text/html', href: entry.url }),
    entry.shortUrl !== undefined &&
      element('link', { rel: SHORT_LINK_RELATION, href: entry.shortUrl }),
    ...entry.categories.map((term) => element('category', { term })),
    entry.summary !== '' && element('summary', { type: 'text' }, entry.summary),
    entry.html !== undefined && element('content', { type: 'html' }, entry.html),
    ...(entry.image ? renderImage(entry.image) : []),
  )
}

function renderImage(image: Image): Xml[] {
  const { url, type, length, width, height } = image
  const content = element(
    'media:content',
    { url, medium: 'image', type, width, height, fileSize: length },
    element('media:description', { type: 'plain' }, image.alt),
    image.credit !== undefined && element('media:credit', { role: 'photographer' }, image.credit),
    element('media:thumbnail', { url, width, height }),
  )
  if (type === undefined || length === undefined) return [content]
  return [element('link', { rel: 'enclosure', type, length, href: url }), content]
}
