/**
 * Feed documents of every channel, from the wire: at their own addresses, and at one that answers
 * in the format that the client asks for (docs/decisions/017-feed-addresses.md).
 */
import { Hono } from 'hono'
import type { Past } from '../feeds/entry.ts'
import {
  addressOf,
  FORMATS,
  type Format,
  feedLinks,
  formatFor,
  formatOfFile,
  historyLinks,
} from '../feeds/formats.ts'
import { CORS } from '../http/cors.ts'
import { redirect } from '../http/headers.ts'
import { acceptable } from '../http/negotiation.ts'
import { problemResponse } from '../http/problem.ts'
import { ofText, respond } from '../http/representation.ts'
import { ALL, type Channel, CORRECTIONS, isSlug, kindOfFolder, slugOf } from '../model/channel.ts'
import type { Publication } from '../model/publication.ts'
import { archiveFile, documentPath, pageUrl, parseArchivePage, ROUTES } from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import type { App } from '../serving/app-type.ts'
import { pageHeaders } from '../serving/page-headers.ts'
import { FEED_STYLE, FEED_STYLE_TYPE } from '../views/feed-style.ts'
import type { Validators } from '../wire/codec.ts'
import { archiveFeedTarget, feedTarget } from '../wire/targets.ts'
import { deltaFor } from './delta.ts'

/** A polling interval to readers, so no longer than this (rule H-24). */
const CACHE_CONTROL = 'public, max-age=300'
/**
 * The past changes seldom; who follows a feed hears of what does change there (rules P-23, H-30).
 */
const ARCHIVE_CACHE_CONTROL = 'public, max-age=86400'
/** Its address stays when it changes, and a feed reads well without it. */
const STYLE_CACHE_CONTROL = 'public, max-age=86400'
/**
 * The header that says where a browser will show the answer: `document` is its window (Fetch
 * Metadata).
 */
const DESTINATION = 'Sec-Fetch-Dest'
const VARY_FIXED = DESTINATION
const VARY_NEGOTIATED = `Accept, ${DESTINATION}`

export const feeds = new Hono<App>()

feeds.get(ROUTES.feed, (c) => answerFeed(c.req.raw, c.get('reader'), ALL, c.req.param('file')))

feeds.get(ROUTES.correctionsFeed, (c) =>
  answerFeed(c.req.raw, c.get('reader'), CORRECTIONS, c.req.param('file')),
)

feeds.get(ROUTES.channelFeed, (c) => {
  const { file } = c.req.param()
  const reader = c.get('reader')
  return atChannel(reader, c.req.param(), file, {
    answer: (channel) => answerFeed(c.req.raw, reader, channel, file),
    unknown: () => unknownFeed(reader.publication),
  })
})

feeds.get(ROUTES.archiveFeed, (c) =>
  answerFeed(c.req.raw, c.get('reader'), ALL, c.req.param('file'), c.req.param('page')),
)

feeds.get(ROUTES.channelArchiveFeed, (c) => {
  const { page, file } = c.req.param()
  const reader = c.get('reader')
  if (parseArchivePage(page) === undefined) return unknownFeed(reader.publication)
  return atChannel(reader, c.req.param(), archiveFile(page, file), {
    answer: (channel) => answerFeed(c.req.raw, reader, channel, file, page),
    unknown: () => unknownFeed(reader.publication),
  })
})

feeds.get(ROUTES.correctionsArchiveFeed, (c) =>
  answerFeed(c.req.raw, c.get('reader'), CORRECTIONS, c.req.param('file'), c.req.param('page')),
)

feeds.get(ROUTES.anyFeed, (c) => negotiateFeed(c.req.raw, c.get('reader'), ALL))

feeds.get(ROUTES.anyCorrectionsFeed, (c) => negotiateFeed(c.req.raw, c.get('reader'), CORRECTIONS))

feeds.get(ROUTES.anyChannelFeed, (c) => {
  const reader = c.get('reader')
  return atChannel(reader, c.req.param(), 'feed', {
    answer: (channel) => negotiateFeed(c.req.raw, reader, channel),
    unknown: () => unknownFeed(reader.publication),
  })
})

feeds.get(ROUTES.feedStyle, (c) =>
  respond(c.req.raw, {
    status: 200,
    type: FEED_STYLE_TYPE,
    ...STYLE,
    cacheControl: STYLE_CACHE_CONTROL,
    headers: CORS,
  }),
)
const STYLE = ofText(FEED_STYLE)

/**
 * The channel of an address: the channel, the right slug when another spelling was asked for, or
 * nothing. Grammar comes first, so that a stranger's noise never reaches wire or desk.
 */
export function channelFrom(folder = '', slug = ''): Channel | string | undefined {
  const kind = kindOfFolder(folder)
  // What the router could not decode is not UTF-8, and no spelling of anything (rule H-69).
  if (kind === undefined || /%[0-9a-f]{2}/i.test(slug)) return undefined
  if (isSlug(slug)) return { kind, slug }
  return isSlug(slugOf(slug)) ? slugOf(slug) : undefined
}

type Answered = Response | Promise<Response>

/**
 * Answers an address of a channel, whose `file` stands at its end. Another spelling leads to the
 * one in one hop: readers store what a permanent redirect between feeds says (rule H-58).
 */
export function atChannel(
  { publication }: Reader,
  { folder, slug }: { folder?: string; slug?: string },
  file: string,
  { answer, unknown }: { answer: (channel: Channel) => Answered; unknown: () => Answered },
): Answered {
  const channel = channelFrom(folder, slug)
  if (channel === undefined) return unknown()
  if (typeof channel === 'object') return answer(channel)
  const kind = kindOfFolder(folder ?? '') ?? 'tag'
  return movedTo(publication, documentPath({ kind, slug: channel }, file))
}

/** 301 to a path of ours, without the query: what readers store is the address that answers 200. */
export const movedTo = (publication: Publication, path: string): Response =>
  redirect(301, pageUrl(publication, path), CACHE_CONTROL, CORS)

/**
 * A document, and the page of the archive as the address has it; without one, what one subscribes
 * to.
 */
type Asked = { channel: Channel; format: Format; page?: number | undefined }

/** The address itself decides: `Accept` is not looked at (rule H-54). */
function answerFeed(
  request: Request,
  reader: Reader,
  channel: Channel,
  file: string,
  archive?: string,
): Response | Promise<Response> {
  const format = formatOfFile(file)
  const page = archive === undefined ? undefined : parseArchivePage(archive)
  if (!format || (archive !== undefined && page === undefined))
    return unknownFeed(reader.publication)
  const shown = isForWindow(request)
  return sendFeed(request, reader, { channel, format, page }, shown, { Vary: VARY_FIXED })
}

/**
 * The format that `Accept` asks for, with the address where it always is; 406 when it asks for none
 * (rules H-50 to H-56).
 */
function negotiateFeed(
  request: Request,
  reader: Reader,
  channel: Channel,
): Response | Promise<Response> {
  const { publication } = reader
  const accept = request.headers.get('Accept') ?? undefined
  const format = formatFor(accept)
  if (!format) {
    const links = feedLinks(channel, publication)
    const alternatives = links.map(({ format: { mediaType: type }, url }) => ({ type, url }))
    return problemResponse(
      { reason: 'not-acceptable', subject: 'this feed', alternatives },
      publication.siteUrl,
      {
        ...CORS,
        // The same as that of 200 and 304, which are coded (rule H-32).
        Vary: `${VARY_NEGOTIATED}, Accept-Encoding`,
        Link: alternatives
          .map(({ type, url }) => `<${url}>; rel="alternate"; type="${type}"`)
          .join(', '),
      },
    )
  }
  const shown = isForWindow(request) || wantsPage(accept)
  return sendFeed(request, reader, { channel, format }, shown, {
    Vary: VARY_NEGOTIATED,
    'Content-Location': pageUrl(publication, documentPath(channel, format.file)),
  })
}

const isForWindow = ({ headers }: Request): boolean => headers.get(DESTINATION) === 'document'

/**
 * True of browsers that do not say where the answer goes: they would rather have a page than any
 * feed.
 */
const wantsPage = (accept: string | undefined): boolean =>
  acceptable(accept, [...FORMATS.map(({ mediaType }) => mediaType), 'text/html'])[0] === 'text/html'

async function sendFeed(
  request: Request,
  reader: Reader,
  { channel, format, page }: Asked,
  isShown: boolean,
  headers: { Vary: string; 'Content-Location'?: string },
): Promise<Response> {
  const { publication } = reader
  const target =
    page === undefined ? feedTarget(channel, format) : archiveFeedTarget(channel, page, format)
  const found = await reader.findDocument(request, target, 'this feed')
  if (!found.ok) return problemResponse(found.failure, publication.siteUrl, CORS)
  if (found.value.kind !== 'document') return unknownFeed(publication)
  const { validators, body } = found.value
  return await respond(request, {
    ...validators,
    // The same bytes under the name that a browser shows instead of saving them.
    type: isShown ? format.shownAs : validators.type,
    cacheControl: page === undefined ? CACHE_CONTROL : ARCHIVE_CACHE_CONTROL,
    headers: {
      Link: linkHeader(publication, channel, format, pastOf(page, validators)),
      ...headers,
      ...(isShown && pageHeaders(publication)),
      ...CORS,
    },
    body,
    instead: (whole) => deltaFor(request, publication, headers.Vary, whole),
  })
}

export const unknownFeed = ({ siteUrl }: Publication): Response =>
  problemResponse({ reason: 'not-found', what: 'this feed' }, siteUrl, CORS)

const pastOf = (page: number | undefined, { older, newer }: Validators): Past => ({
  ...(page !== undefined && { page }),
  ...(older !== undefined && { older }),
  ...(newer !== undefined && { newer }),
})

/**
 * `self`, the other formats, the page, and the archive pages beside it (RFC 8288, RFC 5005). All
 * addresses are ASCII.
 */
function linkHeader(
  publication: Publication,
  channel: Channel,
  format: Format,
  past: Past,
): string {
  const { page } = past
  const documents = feedLinks(channel, publication, page).map(({ format: each, url }) =>
    each === format
      ? `<${url}>; rel="self"`
      : `<${url}>; rel="alternate"; type="${each.mediaType}"`,
  )
  const history = historyLinks(channel, past, format.file, publication).map(
    ({ relation, url }) => `<${url}>; rel="${relation}"`,
  )
  return [
    ...documents,
    `<${addressOf(channel, publication, '', page)}>; rel="alternate"; type="text/html"`,
    ...history,
  ].join(', ')
}
