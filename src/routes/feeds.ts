/**
 * Feed documents of every channel, from the wire: at their own addresses, and at one that answers in the format
 * that the client asks for (docs/decisions/017-feed-addresses.md).
 */
import { type Context, Hono } from 'hono'
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
import { bodyOf } from '../http/coding.ts'
import { acceptable } from '../http/negotiation.ts'
import { problemResponse } from '../http/problem.ts'
import { respond } from '../http/representation.ts'
import { ALL, type Channel, CORRECTIONS, isSlug, kindOfFolder, slugOf } from '../model/channel.ts'
import { archiveFile, documentPath, pageUrl, parseArchivePage, ROUTES } from '../model/urls.ts'
import { type App, CORS, findDocument, pageHeaders } from '../reader/context.ts'
import { byteLength } from '../text/characters.ts'
import { digest } from '../text/digest.ts'
import { FEED_STYLE, FEED_STYLE_TYPE } from '../views/feed-style.ts'
import type { Validators } from '../wire/store.ts'
import { archiveFeedTarget, feedTarget } from '../wire/targets.ts'
import { deltaFor } from './delta.ts'

/** A polling interval to readers, so no longer than this (RULES H-24). */
const CACHE_CONTROL = 'public, max-age=300'
/** The past changes seldom; who follows a feed hears of what does change there (RULES P-23, H-30). */
const ARCHIVE_CACHE_CONTROL = 'public, max-age=86400'
/** Its address stays when it changes, and a feed reads well without it. */
const STYLE_CACHE_CONTROL = 'public, max-age=86400'
/** The header that says where a browser will show the answer: `document` is its window (Fetch Metadata). */
const DESTINATION = 'Sec-Fetch-Dest'
const VARY_FIXED = DESTINATION
const VARY_NEGOTIATED = `Accept, ${DESTINATION}`

export const feeds = new Hono<App>()

feeds.get(ROUTES.feed, (c) => answerFeed(c, ALL, c.req.param('file')))

feeds.get(ROUTES.correctionsFeed, (c) => answerFeed(c, CORRECTIONS, c.req.param('file')))

feeds.get(ROUTES.channelFeed, (c) => {
  const channel = channelFrom(c.req.param('folder'), c.req.param('slug'))
  if (typeof channel === 'object') return answerFeed(c, channel, c.req.param('file'))
  return channel === undefined ? unknownFeed(c) : toCanonicalSlug(c, channel, c.req.param('file'))
})

feeds.get(ROUTES.archiveFeed, (c) => answerFeed(c, ALL, c.req.param('file'), c.req.param('page')))

feeds.get(ROUTES.channelArchiveFeed, (c) => {
  const channel = channelFrom(c.req.param('folder'), c.req.param('slug'))
  const { page, file } = c.req.param()
  if (typeof channel === 'object') return answerFeed(c, channel, file, page)
  return channel === undefined || parseArchivePage(page) === undefined
    ? unknownFeed(c)
    : toCanonicalSlug(c, channel, archiveFile(page, file))
})

feeds.get(ROUTES.correctionsArchiveFeed, (c) =>
  answerFeed(c, CORRECTIONS, c.req.param('file'), c.req.param('page')),
)

feeds.get(ROUTES.anyFeed, (c) => negotiateFeed(c, ALL))

feeds.get(ROUTES.anyCorrectionsFeed, (c) => negotiateFeed(c, CORRECTIONS))

feeds.get(ROUTES.anyChannelFeed, (c) => {
  const channel = channelFrom(c.req.param('folder'), c.req.param('slug'))
  if (typeof channel === 'object') return negotiateFeed(c, channel)
  return channel === undefined ? unknownFeed(c) : toCanonicalSlug(c, channel, 'feed')
})

feeds.get(ROUTES.feedStyle, (c) =>
  respond(c.req.raw, {
    status: 200,
    type: FEED_STYLE_TYPE,
    etag: STYLE_ETAG,
    cacheControl: STYLE_CACHE_CONTROL,
    headers: CORS,
    length: byteLength(FEED_STYLE),
    body: bodyOf(FEED_STYLE),
  }),
)
const STYLE_ETAG = `W/"${digest(FEED_STYLE)}"`

/**
 * The channel of an address: the channel, the right slug when another spelling was asked for, or nothing.
 * Grammar comes first, so that a stranger's noise never reaches wire or desk.
 */
export function channelFrom(folder = '', slug = ''): Channel | string | undefined {
  const kind = kindOfFolder(folder)
  // What the router could not decode is not UTF-8, and no spelling of anything (RULES H-69).
  if (kind === undefined || /%[0-9a-f]{2}/i.test(slug)) return undefined
  if (isSlug(slug)) return { kind, slug }
  return isSlug(slugOf(slug)) ? slugOf(slug) : undefined
}

/** One hop to the one spelling: readers store what a permanent redirect between feeds says (RULES H-58). */
export function toCanonicalSlug(c: Context<App>, slug: string, file: string): Response {
  const kind = kindOfFolder(c.req.param('folder') ?? '') ?? 'tag'
  return movedTo(c, documentPath({ kind, slug }, file))
}

/** 301 to a path of ours, without the query: what readers store is the address that answers 200. */
export const movedTo = (c: Context<App>, path: string): Response =>
  new Response(null, {
    status: 301,
    headers: {
      Location: pageUrl(c.var.publication, path),
      'Cache-Control': CACHE_CONTROL,
      'X-Content-Type-Options': 'nosniff',
      ...CORS,
    },
  })

/** A document, and the page of the archive as the address has it; without one, what one subscribes to. */
type Asked = { channel: Channel; format: Format; page?: number | undefined }

/** The address itself decides: `Accept` is not looked at (RULES H-54). */
function answerFeed(
  c: Context<App>,
  channel: Channel,
  file: string,
  archive?: string,
): Response | Promise<Response> {
  const format = formatOfFile(file)
  const page = archive === undefined ? undefined : parseArchivePage(archive)
  if (!format || (archive !== undefined && page === undefined)) return unknownFeed(c)
  return sendFeed(c, { channel, format, page }, isForWindow(c), { Vary: VARY_FIXED })
}

/** The format that `Accept` asks for, with the address where it always is; 406 when it asks for none (RULES H-50 to H-56). */
function negotiateFeed(c: Context<App>, channel: Channel): Response | Promise<Response> {
  const { publication } = c.var
  const accept = c.req.header('Accept')
  const format = formatFor(accept)
  if (!format) {
    const links = feedLinks(channel, publication)
    const alternatives = links.map(({ format: { mediaType: type }, url }) => ({ type, url }))
    return problemResponse(
      { reason: 'not-acceptable', subject: 'this feed', alternatives },
      publication.siteUrl,
      {
        ...CORS,
        // The same as that of 200 and 304, which are coded (RULES H-32).
        Vary: `${VARY_NEGOTIATED}, Accept-Encoding`,
        Link: alternatives
          .map(({ type, url }) => `<${url}>; rel="alternate"; type="${type}"`)
          .join(', '),
      },
    )
  }
  return sendFeed(c, { channel, format }, isForWindow(c) || wantsPage(accept), {
    Vary: VARY_NEGOTIATED,
    'Content-Location': pageUrl(publication, documentPath(channel, format.file)),
  })
}

const isForWindow = (c: Context<App>): boolean => c.req.header(DESTINATION) === 'document'

/** True of browsers that do not say where the answer goes: they would rather have a page than any feed. */
const wantsPage = (accept: string | undefined): boolean =>
  acceptable(accept, [...FORMATS.map(({ mediaType }) => mediaType), 'text/html'])[0] === 'text/html'

async function sendFeed(
  c: Context<App>,
  { channel, format, page }: Asked,
  isShown: boolean,
  headers: { Vary: string; 'Content-Location'?: string },
): Promise<Response> {
  const target =
    page === undefined ? feedTarget(channel, format) : archiveFeedTarget(channel, page, format)
  const found = await findDocument(c, target, 'this feed')
  if (!found.ok) return problemResponse(found.failure, c.var.publication.siteUrl, CORS)
  if (found.value.kind !== 'document') return unknownFeed(c)
  const { validators, body } = found.value
  return await respond(c.req.raw, {
    ...validators,
    // The same bytes under the name that a browser shows instead of saving them.
    type: isShown ? format.shownAs : validators.type,
    cacheControl: page === undefined ? CACHE_CONTROL : ARCHIVE_CACHE_CONTROL,
    headers: {
      Link: linkHeader(c, channel, format, pastOf(page, validators)),
      ...headers,
      ...(isShown && pageHeaders(c.var.publication)),
      ...CORS,
    },
    body,
    instead: (whole) => deltaFor(c.req.raw, c.var.publication, headers.Vary, whole),
  })
}

export const unknownFeed = (c: Context<App>): Response =>
  problemResponse({ reason: 'not-found', what: 'this feed' }, c.var.publication.siteUrl, CORS)

const pastOf = (page: number | undefined, { older, newer }: Validators): Past => ({
  ...(page !== undefined && { page }),
  ...(older !== undefined && { older }),
  ...(newer !== undefined && { newer }),
})

/** `self`, the other formats, the page, and the archive pages beside it (RFC 8288, RFC 5005). All addresses are ASCII. */
function linkHeader(c: Context<App>, channel: Channel, format: Format, past: Past): string {
  const publication = c.get('publication')
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
