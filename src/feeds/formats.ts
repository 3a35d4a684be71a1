/** The feed formats, one row each. To add one, add a row here and its file name to `urls.ts`. */
import { getMediaTypeWeight, listAcceptable } from '../http/negotiation.ts'
import type { Channel } from '../model/channel.ts'
import type { Publication } from '../model/publication.ts'
import { archivePath, documentPath, pageUrl } from '../model/urls.ts'
import { renderAtom } from './atom.ts'
import type { ArchivePosition, DatedFeed, FormatName, HistoryLink } from './document.ts'
import { renderJson, renderRss } from './rss-and-json.ts'

export type { FormatName } from './document.ts'

export type Format = {
  name: FormatName
  title: string
  file: string
  mediaType: string
  contentType: string
  /**
   * Other media types with which clients request this format: more general ones, those of an older
   * version, and names that were never registered.
   */
  genericTypes: readonly string[]
  /**
   * The media type that makes a browser display the document. With the format's own type it would
   * show the source or save a file.
   */
  browserContentType: string
  render: (feed: DatedFeed, selfUrl: string, publication: Publication) => string
}

export const FORMATS: readonly Format[] = [
  {
    name: 'rss',
    title: 'RSS',
    file: 'rss.xml',
    mediaType: 'application/rss+xml',
    contentType: 'application/rss+xml; charset=utf-8',
    genericTypes: [
      'application/xml',
      'text/xml',
      'application/rdf+xml',
      'application/x-rss+xml',
      'application/rss',
      'application/x-rss',
      'text/rss+xml',
      'text/rss',
      'text/x-rss',
    ],
    browserContentType: 'application/xml; charset=utf-8',
    render: renderRss,
  },
  {
    name: 'atom',
    title: 'Atom',
    file: 'atom.xml',
    mediaType: 'application/atom+xml',
    contentType: 'application/atom+xml; charset=utf-8',
    genericTypes: ['application/x-atom+xml', 'application/atom', 'text/atom+xml', 'text/atom'],
    browserContentType: 'application/xml; charset=utf-8',
    render: renderAtom,
  },
  {
    name: 'json',
    title: 'JSON Feed',
    file: 'feed.json',
    mediaType: 'application/feed+json',
    contentType: 'application/feed+json; charset=utf-8',
    genericTypes: ['application/json', 'text/json'],
    browserContentType: 'application/json; charset=utf-8',
    render: renderJson,
  },
]

export const findFormatOfFile = (file: string): Format | undefined =>
  FORMATS.find((format) => format.file === file)

/**
 * Returns the format that an `Accept` header prefers (RFC 9110 section 12.5.1). The default is RSS.
 * Returns `undefined` if the header accepts no format. If it refuses a format's own media type,
 * that format is not served under a generic type either.
 */
export function chooseFormat(accept: string | undefined): Format | undefined {
  const formats = FORMATS.filter(({ mediaType }) => getMediaTypeWeight(accept, mediaType) !== 0)
  const offers = [
    ...formats.map((format) => ({ type: format.mediaType, format })),
    ...formats.flatMap((format) => format.genericTypes.map((type) => ({ type, format }))),
  ]
  const [best] = listAcceptable(
    accept,
    offers.map(({ type }) => type),
  )
  return offers.find(({ type }) => type === best)?.format
}

/**
 * Lists the documents of a channel, or of one of its archive pages: each format with the absolute
 * address of its document.
 */
export const listFeedLinks = (
  channel: Channel,
  publication: Publication,
  page?: number,
): { format: Format; url: string }[] =>
  FORMATS.map((format) => ({
    format,
    url: getDocumentUrl(channel, publication, format.file, page),
  }))

/**
 * Returns the absolute address of a channel's document or archive page. If `file` is empty, returns
 * the address of the HTML page.
 */
export const getDocumentUrl = (
  channel: Channel,
  publication: Publication,
  file: string,
  page?: number,
): string =>
  pageUrl(
    publication,
    page === undefined ? documentPath(channel, file) : archivePath(channel, page, file),
  )

/**
 * Builds links to the neighbouring archive pages. An archive page also links to the subscription
 * document (RFC 5005).
 */
export function buildHistoryLinks(
  channel: Channel,
  position: ArchivePosition,
  file: string,
  publication: Publication,
): HistoryLink[] {
  const getUrl = (page?: number): string => getDocumentUrl(channel, publication, file, page)
  const { page, older, newer } = position
  return [
    ...(older === undefined ? [] : [{ relation: 'prev-archive' as const, url: getUrl(older) }]),
    ...(newer === undefined ? [] : [{ relation: 'next-archive' as const, url: getUrl(newer) }]),
    ...(page === undefined ? [] : [{ relation: 'current' as const, url: getUrl() }]),
  ]
}

/**
 * Renders a feed document. Its self link is the address at which it is served. The same arguments
 * give the same bytes.
 */
export function renderFeed(format: Format, feed: DatedFeed, publication: Publication): string {
  const { channel, archivePosition = {} } = feed
  const selfUrl = getDocumentUrl(channel, publication, format.file, archivePosition.page)
  const history = buildHistoryLinks(channel, archivePosition, format.file, publication)
  return format.render({ ...feed, history }, selfUrl, publication)
}
