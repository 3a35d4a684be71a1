/**
 * Renders RSS 2.0 and JSON Feed 1.1 with the `feed` library. No other file imports it.
 *
 * The library escapes too little in some places and twice in others, so every text is escaped
 * before the library gets it. The output of the library is changed in only three ways: some
 * character references of RSS become hexadecimal, a style sheet is added before the root element,
 * and JSON is minified and made safe to inline. docs/decisions/003-feed-library.md lists each trap
 * and the test for it.
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
import { omitUndefined } from '../text/json.ts'
import { formatTime } from '../text/time.ts'
import {
  type DatedFeed,
  type FeedDocument,
  type FeedEntry,
  HISTORY_NAMESPACE,
  isArchivePage,
  MEDIA_NAMESPACE,
} from './entry.ts'
import { renderStyleInstruction } from './xml.ts'

/** Readers such as Miniflux wait for the larger of this and max-age. */
const TTL_MINUTES = 5

/**
 * Escapes `&` in character data once more, because the library decodes `&amp;` before it encodes.
 */
const escapeAmpersands = (text: string): string => text.replace(/&/g, '&amp;')

/** Escapes attribute values, because the library escapes only their quotation marks. */
const escapeAttribute = escapeMarkup

type FeedExtension = NonNullable<Item['extensions']>[number]
const toDate = (seconds: number): Date => new Date(seconds * 1000)

export function renderRss(feed: DatedFeed, selfUrl: string, publication: Publication): string {
  const library = new Feed({
    ...buildCommonOptions(feed, escapeAmpersands),
    ttl: TTL_MINUTES,
    feedLinks: { rss: selfUrl },
    ...(publication.logoUrl && { image: escapeAmpersands(publication.logoUrl) }),
    ...(publication.copyright && { copyright: escapeAmpersands(publication.copyright) }),
  })
  const items = feed.entries.map((entry) => buildRssItem(entry, feed))
  const usedPrefixes = new Set(
    items.flatMap((item) => (item.extensions ?? []).map(({ name }) => name.split(':')[0])),
  )
  addExtension(library, {
    name: '_attributes',
    objects: {
      ...(usedPrefixes.has('dc') && { 'xmlns:dc': 'http://purl.org/dc/elements/1.1/' }),
      ...(usedPrefixes.has('media') && { 'xmlns:media': MEDIA_NAMESPACE }),
      ...(isArchivePage(feed) && { 'xmlns:fh': HISTORY_NAMESPACE }),
    },
  })
  addExtension(library, { name: 'atom:link', objects: buildChannelLinks(feed, selfUrl) })
  if (isArchivePage(feed)) addExtension(library, { name: 'fh:archive', objects: {} })
  for (const item of items) library.addItem(item)
  return addStyleSheet(useHexadecimalReferences(library.rss2()))
}

/**
 * Builds all links of the channel. They are written as an extension, because an extension
 * overwrites the self link of the library and comes before the items.
 */
const buildChannelLinks = (feed: DatedFeed, selfUrl: string): unknown[] =>
  [{ relation: 'self', url: selfUrl }, ...(feed.history ?? [])].map(({ relation, url }) => ({
    _attributes: { href: escapeAttribute(url), rel: relation, type: 'application/rss+xml' },
  }))
/**
 * Adds our style sheet after the XML declaration. The library can write such a processing
 * instruction only for XSLT, which browsers no longer support.
 */
const addStyleSheet = (rss: string): string =>
  rss.replace(
    /^<\?xml [^>]*\?>/,
    (declaration) => `${declaration}\n${renderStyleInstruction(FEED_STYLE_PATH)}`,
  )

/**
 * Writes `&` and `<` in plain texts as hexadecimal references. The RSS Best Practices Profile
 * recommends these, and the library cannot write them. XML parsers read the same text (XML 1.0
 * section 4.1). CDATA is not changed.
 */
function useHexadecimalReferences(rss: string): string {
  return rss.replace(
    /<!\[CDATA\[[\s\S]*?\]\]>|<(title|category|copyright|media:description|media:credit)(?: [^<>]*)?>[^<]*<\/\1>/g,
    (match) =>
      match.startsWith('<!') ? match : match.replace(/&amp;/g, '&#x26;').replace(/&lt;/g, '&#x3C;'),
  )
}

function buildRssItem(entry: FeedEntry, feed: FeedDocument): Item {
  const { type, length, url } = entry.image ?? {}
  return {
    ...buildCommonItem(entry, escapeAmpersands),
    // Empty, because the library would write the title as CDATA, which readers interpret as HTML.
    // An extension writes the title instead.
    title: '',
    ...(entry.summary && { description: escapeMarkup(entry.summary) }),
    ...(url && type && length && { enclosure: { url, type: escapeAttribute(type), length } }),
    extensions: buildRssExtensions(entry, feed),
  }
}

function buildRssExtensions(entry: FeedEntry, feed: FeedDocument): FeedExtension[] {
  const extensions: { name: string; objects: unknown }[] = [
    { name: 'title', objects: { _text: escapeAmpersands(entry.title) } },
    ...(entry.authors.length > 0
      ? [
          {
            name: 'dc:creator',
            objects: entry.authors.map(({ name }) => ({ _text: escapeAmpersands(name) })),
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
              _attributes: { rel: SHORT_LINK_RELATION, href: escapeAttribute(entry.shortUrl) },
            },
          },
        ]),
    { name: 'atom:updated', objects: { _text: formatTime(entry.updated) } },
    ...(entry.image ? [{ name: 'media:content', objects: buildMediaContent(entry.image) }] : []),
  ]
  return extensions as FeedExtension[]
}

function buildMediaContent(image: Image): unknown {
  const { width, height, type, length } = image
  const url = escapeAttribute(image.url)
  return {
    _attributes: { url, medium: 'image', type, width, height, fileSize: length },
    'media:description': { _attributes: { type: 'plain' }, _text: escapeAmpersands(image.alt) },
    ...(image.credit && {
      'media:credit': {
        _attributes: { role: 'photographer' },
        _text: escapeAmpersands(image.credit),
      },
    }),
    'media:thumbnail': { _attributes: { url, width, height } },
  }
}

export function renderJson(feed: DatedFeed, selfUrl: string, publication: Publication): string {
  const asIs = (text: string): string => text
  const library = new Feed({
    ...buildCommonOptions(feed, asIs),
    feedLinks: { json: selfUrl },
    ...omitUndefined({ image: publication.iconUrl }),
  })
  addExtension(library, { name: 'version', objects: 'https://jsonfeed.org/version/1.1' })
  addExtension(library, { name: 'language', objects: feed.language })
  addExtension(library, {
    name: 'authors',
    objects: [{ name: publication.publisher, url: `${publication.siteUrl}/` }],
  })
  // `next_url` links the documents of a JSON Feed, from the newest items to the oldest.
  const olderPage = feed.history?.find(({ relation }) => relation === 'prev-archive')
  if (olderPage) addExtension(library, { name: 'next_url', objects: olderPage.url })
  if (publication.iconUrl) addExtension(library, { name: 'favicon', objects: publication.iconUrl })
  if (publication.copyright)
    addExtension(library, { name: '_dateline', objects: { copyright: publication.copyright } })
  if (feed.tombstones.length > 0) addExtension(library, buildTombstoneExtension(feed, publication))
  for (const entry of feed.entries) {
    library.addItem({
      ...buildCommonItem(entry, asIs),
      title: entry.title,
      content: entry.html ?? `<p>${escapeMarkup(entry.summary || entry.title)}</p>`,
      ...(entry.summary && { description: entry.summary }),
      ...omitUndefined({ image: entry.image?.url }),
      extensions: buildJsonExtensions(entry, feed),
    })
  }
  // Parsing and formatting again minifies the JSON. `</script` occurs only inside strings. When it
  // is escaped, the document can be inlined in a script element.
  return JSON.stringify(JSON.parse(library.json1())).replace(/<\/(?=script)/gi, '<\\/')
}

/**
 * Builds the extension for tombstones, because JSON Feed cannot express deletions. `about` is the
 * address of the page that describes our feeds.
 */
const buildTombstoneExtension = (feed: FeedDocument, publication: Publication) => ({
  name: '_tombstones',
  objects: {
    about: pageUrl(publication, `${ROUTES.feedDirectory}#${EXTENSIONS_FRAGMENT}`),
    items: feed.tombstones.map(({ tagUri, when }) => ({ id: tagUri, when: formatTime(when) })),
  },
})

function buildJsonExtensions(entry: FeedEntry, feed: FeedDocument): FeedExtension[] {
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
        ...(entry.isNotice && { withdrawn: formatTime(entry.updated) }),
        ...(entry.corrections.length > 0 && {
          corrections: entry.corrections.map(({ at, text }) => ({ at: formatTime(at), text })),
        }),
        ...(image && { image_alt: image.alt, ...(image.credit && { image_credit: image.credit }) }),
      },
    },
  ]
  return extensions as FeedExtension[]
}

type TextEscaper = (text: string) => string

/**
 * Builds the options that both formats share. `updated` is always set, because otherwise the
 * library would use the clock.
 */
function buildCommonOptions(feed: DatedFeed, escapeText: TextEscaper): FeedOptions {
  return {
    id: feed.tagUri,
    title: escapeText(feed.title),
    description: escapeText(feed.description),
    link: feed.pageUrl,
    language: feed.language,
    updated: toDate(feed.modified),
    generator: 'Dateline',
    copyright: '',
  }
}

function buildCommonItem(entry: FeedEntry, escapeText: TextEscaper): Omit<Item, 'title'> {
  return {
    id: entry.tagUri,
    link: entry.url,
    date: toDate(entry.updated),
    published: toDate(entry.published),
    ...omitUndefined({ content: entry.html }),
    category: entry.categories.map((name) => ({ name: escapeText(name) })),
  }
}

/**
 * Adds an extension. `objects` may also be a text or a list: the library writes them, although its
 * type forbids them.
 */
function addExtension(library: Feed, extension: { name: string; objects: unknown }): void {
  library.addExtension(extension as FeedExtension)
}
