/**
 * RSS 2.0 and JSON Feed 1.1 through the `feed` library, the only file that imports it. The library
 * escapes too little or twice in places; every text is made safe on its way in, nothing is changed
 * on its way out but white space and what stands before the root
 * (docs/decisions/003-feed-library.md lists each trap and the test that closes it).
 */
import { Feed, type FeedOptions, type Item } from 'feed'
import type { Publication } from '../model/publication.ts'
import type { Image } from '../model/story.ts'
import {
  EXTENSIONS_FRAGMENT,
  FEED_STYLE_PATH,
  pageUrl,
  ROUTES,
  SHORT_LINK_RELATION,
} from '../model/urls.ts'
import { escapeMarkup } from '../text/characters.ts'
import { defined } from '../text/json.ts'
import { formatTime } from '../text/time.ts'
import {
  type DatedFeed,
  type Entry,
  type FeedDocument,
  HISTORY_NAMESPACE,
  isArchive,
  MEDIA_NAMESPACE,
} from './entry.ts'
import { styleInstruction } from './xml.ts'

/** Minutes; readers such as Miniflux obey the larger of this and max-age (rule R-31). */
const TTL_MINUTES = 5

/**
 * Character data for the library: it un-escapes `&amp;` before it escapes, so an ampersand goes in
 * escaped.
 */
const asText = (text: string): string => text.replace(/&/g, '&amp;')

/** Attribute values: the library escapes quotation marks only. */
const asAttribute = escapeMarkup

type Extension = NonNullable<Item['extensions']>[number]
const date = (seconds: number): Date => new Date(seconds * 1000)

export function renderRss(feed: DatedFeed, selfUrl: string, publication: Publication): string {
  const library = new Feed({
    ...commonOptions(feed, asText),
    ttl: TTL_MINUTES,
    feedLinks: { rss: selfUrl },
    ...(publication.logoUrl && { image: asText(publication.logoUrl) }),
    ...(publication.copyright && { copyright: asText(publication.copyright) }),
  })
  const items = feed.entries.map((entry) => rssItem(entry, feed))
  const used = new Set(
    items.flatMap((item) => (item.extensions ?? []).map(({ name }) => name.split(':')[0])),
  )
  extend(library, {
    name: '_attributes',
    objects: {
      ...(used.has('dc') && { 'xmlns:dc': 'http://purl.org/dc/elements/1.1/' }),
      ...(used.has('media') && { 'xmlns:media': MEDIA_NAMESPACE }),
      ...(isArchive(feed) && { 'xmlns:fh': HISTORY_NAMESPACE }),
    },
  })
  extend(library, { name: 'atom:link', objects: channelLinks(feed, selfUrl) })
  if (isArchive(feed)) extend(library, { name: 'fh:archive', objects: {} })
  for (const item of items) library.addItem(item)
  return styled(hexadecimalTitles(library.rss2()))
}

/**
 * All links of the channel: the extension takes the place of the library's own self link, before
 * the items.
 */
const channelLinks = (feed: DatedFeed, selfUrl: string): unknown[] =>
  [{ relation: 'self', url: selfUrl }, ...(feed.history ?? [])].map(({ relation, url }) => ({
    _attributes: { href: asAttribute(url), rel: relation, type: 'application/rss+xml' },
  }))
/**
 * The library writes style sheets as XSLT only, which browsers have given up: the instruction is
 * put after its declaration.
 */
const styled = (rss: string): string =>
  rss.replace(
    /^<\?xml [^>]*\?>/,
    (declaration) => `${declaration}\n${styleInstruction(FEED_STYLE_PATH)}`,
  )

/**
 * Writes the `&` and `<` of titles as hexadecimal references, as the RSS profile wants them (rule
 * The library cannot; to every XML parser both are the same text (XML 1.0 section 4.1).
 * CDATA is passed over.
 */
function hexadecimalTitles(rss: string): string {
  return rss.replace(
    /<!\[CDATA\[[\s\S]*?\]\]>|<(title|category|copyright)>[^<]*<\/\1>/g,
    (match) =>
      match.startsWith('<!') ? match : match.replace(/&amp;/g, '&#x26;').replace(/&lt;/g, '&#x3C;'),
  )
}

function rssItem(entry: Entry, feed: FeedDocument): Item {
  const { type, length, url } = entry.image ?? {}
  return {
    ...commonItem(entry, asText),
    // Not given here: the library would put it into CDATA, and readers would take it for HTML.
    title: '',
    ...(entry.summary && { description: escapeMarkup(entry.summary) }),
    ...(url && type && length && { enclosure: { url, type: asAttribute(type), length } }),
    extensions: rssExtensions(entry, feed),
  }
}

function rssExtensions(entry: Entry, feed: FeedDocument): Extension[] {
  const extensions: { name: string; objects: unknown }[] = [
    { name: 'title', objects: { _text: asText(entry.title) } },
    ...(entry.authors.length > 0
      ? [
          {
            name: 'dc:creator',
            objects: entry.authors.map(({ name }) => ({ _text: asText(name) })),
          },
        ]
      : []),
    ...(entry.language === feed.language
      ? []
      : [{ name: 'dc:language', objects: { _text: entry.language } }]),
    ...(entry.shortUrl === undefined
      ? []
      : [
          {
            name: 'atom:link',
            objects: {
              _attributes: { rel: SHORT_LINK_RELATION, href: asAttribute(entry.shortUrl) },
            },
          },
        ]),
    { name: 'atom:updated', objects: { _text: formatTime(entry.updated) } },
    ...(entry.image ? [{ name: 'media:content', objects: mediaContent(entry.image) }] : []),
  ]
  return extensions as Extension[]
}

function mediaContent(image: Image): unknown {
  const { width, height, type, length } = image
  const url = asAttribute(image.url)
  return {
    _attributes: { url, medium: 'image', type, width, height, fileSize: length },
    'media:description': { _attributes: { type: 'plain' }, _text: asText(image.alt) },
    ...(image.credit && {
      'media:credit': { _attributes: { role: 'photographer' }, _text: asText(image.credit) },
    }),
    'media:thumbnail': { _attributes: { url, width, height } },
  }
}

export function renderJson(feed: DatedFeed, selfUrl: string, publication: Publication): string {
  const asIs = (text: string): string => text
  const library = new Feed({
    ...commonOptions(feed, asIs),
    feedLinks: { json: selfUrl },
    ...defined({ image: publication.iconUrl }),
  })
  extend(library, { name: 'version', objects: 'https://jsonfeed.org/version/1.1' })
  extend(library, { name: 'language', objects: feed.language })
  extend(library, {
    name: 'authors',
    objects: [{ name: publication.publisher, url: `${publication.siteUrl}/` }],
  })
  // The chain of JSON Feed: from the newest items to the oldest (rule J-15).
  const older = feed.history?.find(({ relation }) => relation === 'prev-archive')
  if (older) extend(library, { name: 'next_url', objects: older.url })
  if (publication.iconUrl) extend(library, { name: 'favicon', objects: publication.iconUrl })
  if (publication.copyright)
    extend(library, { name: '_dateline', objects: { copyright: publication.copyright } })
  if (feed.tombstones.length > 0) extend(library, tombstones(feed, publication))
  for (const entry of feed.entries) {
    library.addItem({
      ...commonItem(entry, asIs),
      title: entry.title,
      content: entry.html ?? `<p>${escapeMarkup(entry.summary || entry.title)}</p>`,
      ...(entry.summary && { description: entry.summary }),
      ...defined({ image: entry.image?.url }),
      extensions: jsonExtensions(entry, feed),
    })
  }
  // Minified, and safe to inline in a page: `</script` can only stand inside a string (rule J-23).
  return JSON.stringify(JSON.parse(library.json1())).replace(/<\/(?=script)/gi, '<\\/')
}

/**
 * JSON Feed knows no deletion: what it is about is the page that describes our feeds (rule J-21).
 */
const tombstones = (feed: FeedDocument, publication: Publication) => ({
  name: '_tombstones',
  objects: {
    about: pageUrl(publication, `${ROUTES.feedDirectory}#${EXTENSIONS_FRAGMENT}`),
    items: feed.tombstones.map(({ tag, when }) => ({ id: tag, when: formatTime(when) })),
  },
})

function jsonExtensions(entry: Entry, feed: FeedDocument): Extension[] {
  const { image } = entry
  const extensions: { name: string; objects: unknown }[] = [
    ...(entry.authors.length > 0
      ? [
          {
            name: 'authors',
            objects: entry.authors.map(({ name, url }) => ({ name, ...(url && { url }) })),
          },
        ]
      : []),
    ...(entry.language === feed.language ? [] : [{ name: 'language', objects: entry.language }]),
    {
      name: '_dateline',
      objects: {
        id: entry.id,
        code: entry.code,
        short_url: entry.shortUrl,
        ...(entry.html === undefined && { summary_only: true }),
        ...(entry.notice && { withdrawn: formatTime(entry.updated) }),
        ...(entry.corrections.length > 0 && {
          corrections: entry.corrections.map(({ at, text }) => ({ at: formatTime(at), text })),
        }),
        ...(image && { image_alt: image.alt, ...(image.credit && { image_credit: image.credit }) }),
      },
    },
  ]
  return extensions as Extension[]
}

type Texts = (text: string) => string

/** Options of both formats. `updated` is always given: the library would write the clock. */
function commonOptions(feed: DatedFeed, as: Texts): FeedOptions {
  return {
    id: feed.tag,
    title: as(feed.title),
    description: as(feed.description),
    link: feed.pageUrl,
    language: feed.language,
    updated: date(feed.modified),
    generator: 'Dateline',
    copyright: '',
  }
}

function commonItem(entry: Entry, as: Texts): Omit<Item, 'title'> {
  return {
    id: entry.tag,
    link: entry.url,
    date: date(entry.updated),
    published: date(entry.published),
    ...defined({ content: entry.html }),
    category: entry.categories.map((name) => ({ name: as(name) })),
  }
}

/**
 * The library's type of an extension is narrower than what it writes: texts and lists pass as they
 * are.
 */
function extend(library: Feed, extension: { name: string; objects: unknown }): void {
  library.addExtension(extension as Extension)
}
