/**
 * Serves the feed documents of every channel from KV. Each has its own address, and all formats of
 * a channel share one address that negotiates (docs/decisions/017-feed-addresses.md).
 */
import { Hono } from 'hono'
import type { ArchivePosition } from '../feeds/entry.ts'
import {
  buildHistoryLinks,
  chooseFormat,
  FORMATS,
  type Format,
  findFormatOfFile,
  getDocumentUrl,
  listFeedLinks,
} from '../feeds/formats.ts'
import { CORS_HEADERS } from '../http/cors.ts'
import { listAcceptable } from '../http/negotiation.ts'
import { buildProblemResponse } from '../http/problem.ts'
import { representText, respond } from '../http/representation.ts'
import {
  ALL_CHANNEL,
  type Channel,
  CORRECTIONS_CHANNEL,
  findKindByFolder,
  isSlug,
} from '../model/channel.ts'
import type { Publication } from '../model/publication.ts'
import { documentPath, pageUrl, parseArchivePage, ROUTES } from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import type { AppEnv } from '../serving/app-type.ts'
import { getPageHeaders } from '../serving/page-headers.ts'
import { FEED_STYLE, FEED_STYLE_TYPE } from '../views/feed-style.ts'
import type { Validators } from '../wire/codec.ts'
import { archiveFeedTarget, feedTarget } from '../wire/targets.ts'
import { findDelta } from './delta.ts'

/** Readers use max-age as their polling interval, so it is short. */
const CACHE_CONTROL = 'public, max-age=300'
/** Archive pages rarely change, and subscribers get such changes from the feed itself. */
const ARCHIVE_CACHE_CONTROL = 'public, max-age=86400'
/**
 * Only a day, because the style sheet may change at the same address. A feed stays readable with an
 * older one.
 */
const STYLE_CACHE_CONTROL = 'public, max-age=86400'
/**
 * The header in which a browser states the use of a response. `document` means that it is displayed
 * in a window (Fetch Metadata).
 */
const DESTINATION_HEADER = 'Sec-Fetch-Dest'
const VARY_FIXED = DESTINATION_HEADER
const VARY_NEGOTIATED = `Accept, ${DESTINATION_HEADER}`

export const feeds = new Hono<AppEnv>()

feeds.get(ROUTES.feed, (c) =>
  respondWithFeed(c.req.raw, c.get('reader'), ALL_CHANNEL, c.req.param('file')),
)

feeds.get(ROUTES.correctionsFeed, (c) =>
  respondWithFeed(c.req.raw, c.get('reader'), CORRECTIONS_CHANNEL, c.req.param('file')),
)

feeds.get(ROUTES.channelFeed, async (c, next) => {
  const { file } = c.req.param()
  const channel = parseChannel(c.req.param())
  if (channel === undefined) return await next()
  return await respondWithFeed(c.req.raw, c.get('reader'), channel, file)
})

feeds.get(ROUTES.archiveFeed, (c) =>
  respondWithFeed(
    c.req.raw,
    c.get('reader'),
    ALL_CHANNEL,
    c.req.param('file'),
    c.req.param('page'),
  ),
)

feeds.get(ROUTES.channelArchiveFeed, async (c, next) => {
  const { page, file } = c.req.param()
  const channel = parseChannel(c.req.param())
  if (channel === undefined) return await next()
  return await respondWithFeed(c.req.raw, c.get('reader'), channel, file, page)
})

feeds.get(ROUTES.correctionsArchiveFeed, (c) =>
  respondWithFeed(
    c.req.raw,
    c.get('reader'),
    CORRECTIONS_CHANNEL,
    c.req.param('file'),
    c.req.param('page'),
  ),
)

feeds.get(ROUTES.anyFeed, (c) => negotiateFeed(c.req.raw, c.get('reader'), ALL_CHANNEL))

feeds.get(ROUTES.anyCorrectionsFeed, (c) =>
  negotiateFeed(c.req.raw, c.get('reader'), CORRECTIONS_CHANNEL),
)

feeds.get(ROUTES.anyChannelFeed, async (c, next) => {
  const channel = parseChannel(c.req.param())
  if (channel === undefined) return await next()
  return await negotiateFeed(c.req.raw, c.get('reader'), channel)
})

feeds.get(ROUTES.feedStyle, (c) =>
  respond(c.req.raw, {
    status: 200,
    type: FEED_STYLE_TYPE,
    ...STYLE,
    cacheControl: STYLE_CACHE_CONTROL,
    headers: CORS_HEADERS,
  }),
)
const STYLE = representText(FEED_STYLE)

/**
 * Returns the channel of an address. Returns `undefined` if the address has another spelling of it
 * (`forgiving.ts`) or names no channel. Checks the form first, so that invalid addresses cause no
 * calls to KV or the desk.
 */
export function parseChannel({
  folder = '',
  slug = '',
}: {
  folder?: string
  slug?: string
}): Channel | undefined {
  const kind = findKindByFolder(folder)
  return kind !== undefined && isSlug(slug) ? { kind, slug } : undefined
}

/**
 * The requested document: an archive page if `page` is present, otherwise the subscription
 * document.
 */
type FeedRequest = { channel: Channel; format: Format; page?: number | undefined }

/** Serves the format of the address and ignores `Accept`. */
function respondWithFeed(
  request: Request,
  reader: Reader,
  channel: Channel,
  file: string,
  pageText?: string,
): Response | Promise<Response> {
  const format = findFormatOfFile(file)
  const page = pageText === undefined ? undefined : parseArchivePage(pageText)
  if (!format || (pageText !== undefined && page === undefined))
    return respondUnknownFeed(reader.publication)
  const isForBrowser = isForBrowserWindow(request)
  return sendFeed(request, reader, { channel, format, page }, isForBrowser, { Vary: VARY_FIXED })
}

/**
 * Serves the format that `Accept` prefers and names its fixed address in Content-Location. Responds
 * with 406 if no format matches (RFC 9110 section 12.5.1).
 */
function negotiateFeed(
  request: Request,
  reader: Reader,
  channel: Channel,
): Response | Promise<Response> {
  const { publication } = reader
  const accept = request.headers.get('Accept') ?? undefined
  const format = chooseFormat(accept)
  if (!format) {
    const links = listFeedLinks(channel, publication)
    const alternatives = links.map(({ format: { mediaType: type }, url }) => ({ type, url }))
    return buildProblemResponse(
      { reason: 'not-acceptable', subject: 'this feed', alternatives },
      publication.siteUrl,
      {
        ...CORS_HEADERS,
        // Adds Accept-Encoding, so that Vary is the same as on 200 and 304, which may be
        // compressed.
        Vary: `${VARY_NEGOTIATED}, Accept-Encoding`,
        Link: alternatives
          .map(({ type, url }) => `<${url}>; rel="alternate"; type="${type}"`)
          .join(', '),
      },
    )
  }
  const isForBrowser = isForBrowserWindow(request) || prefersPage(accept)
  return sendFeed(request, reader, { channel, format }, isForBrowser, {
    Vary: VARY_NEGOTIATED,
    'Content-Location': pageUrl(publication, documentPath(channel, format.file)),
  })
}

const isForBrowserWindow = ({ headers }: Request): boolean =>
  headers.get(DESTINATION_HEADER) === 'document'

/**
 * Returns whether the client is a browser that does not send `Sec-Fetch-Dest`. Such a browser
 * prefers a page to any feed.
 */
const prefersPage = (accept: string | undefined): boolean =>
  listAcceptable(accept, [...FORMATS.map(({ mediaType }) => mediaType), 'text/html'])[0] ===
  'text/html'

async function sendFeed(
  request: Request,
  reader: Reader,
  { channel, format, page }: FeedRequest,
  isForBrowser: boolean,
  headers: { Vary: string; 'Content-Location'?: string },
): Promise<Response> {
  const { publication } = reader
  const target =
    page === undefined ? feedTarget(channel, format) : archiveFeedTarget(channel, page, format)
  const found = await reader.findDocument(request, target, 'this feed')
  if (!found.ok) return buildProblemResponse(found.failure, publication.siteUrl, CORS_HEADERS)
  if (found.value.kind !== 'document') return respondUnknownFeed(publication)
  const { validators, body } = found.value
  return await respond(request, {
    ...validators,
    // Browsers display this media type instead of saving the document. The bytes are the same.
    type: isForBrowser ? format.browserContentType : validators.type,
    cacheControl: page === undefined ? CACHE_CONTROL : ARCHIVE_CACHE_CONTROL,
    headers: {
      Link: formatLinkHeader(publication, channel, format, getArchivePosition(page, validators)),
      ...headers,
      ...(isForBrowser && getPageHeaders(publication)),
      ...CORS_HEADERS,
    },
    body,
    findSubstitute: (fullBody) => findDelta(request, publication, headers.Vary, fullBody),
  })
}

const respondUnknownFeed = ({ siteUrl }: Publication): Response =>
  buildProblemResponse({ reason: 'not-found', subject: 'this feed' }, siteUrl, CORS_HEADERS)

const getArchivePosition = (
  page: number | undefined,
  { older, newer }: Validators,
): ArchivePosition => ({
  ...(page !== undefined && { page }),
  ...(older !== undefined && { older }),
  ...(newer !== undefined && { newer }),
})

/**
 * Formats the `Link` header: `self`, the other formats, the page, and the neighbouring archive
 * pages (RFC 8288, RFC 5005). All addresses are ASCII.
 */
function formatLinkHeader(
  publication: Publication,
  channel: Channel,
  format: Format,
  position: ArchivePosition,
): string {
  const { page } = position
  const documentLinks = listFeedLinks(channel, publication, page).map(({ format: each, url }) =>
    each === format
      ? `<${url}>; rel="self"`
      : `<${url}>; rel="alternate"; type="${each.mediaType}"`,
  )
  const archiveLinks = buildHistoryLinks(channel, position, format.file, publication).map(
    ({ relation, url }) => `<${url}>; rel="${relation}"`,
  )
  return [
    ...documentLinks,
    `<${getDocumentUrl(channel, publication, '', page)}>; rel="alternate"; type="text/html"`,
    ...archiveLinks,
  ].join(', ')
}
