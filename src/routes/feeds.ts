/** Feed documents of every channel, from the wire. */
import { type Context, Hono } from 'hono'
import { ALL, type Channel, CORRECTIONS, isSlug, kindOfFolder, slugOf } from '../channel.ts'
import type { Past } from '../feeds/entry.ts'
import { addressOf, type Format, feedLinks, formatOfFile, historyLinks } from '../feeds/formats.ts'
import { problemResponse } from '../http/problem.ts'
import { respond } from '../http/representation.ts'
import { archiveFile, documentPath, pageUrl, parseArchivePage, ROUTES } from '../urls.ts'
import { archiveFeedTarget, feedTarget, type Validators } from '../wire.ts'
import { type App, CORS, findDocument } from './context.ts'
import { deltaFor } from './delta.ts'

/** A polling interval to readers, so no longer than this (RULES H-24). */
const CACHE_CONTROL = 'public, max-age=300'
/** The past changes seldom; who follows a feed hears of what does change there (RULES P-23, H-30). */
const ARCHIVE_CACHE_CONTROL = 'public, max-age=86400'

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
  const location = pageUrl(c.var.publication, documentPath({ kind, slug }, file))
  return new Response(null, {
    status: 301,
    headers: {
      Location: location,
      'Cache-Control': CACHE_CONTROL,
      'X-Content-Type-Options': 'nosniff',
      ...CORS,
    },
  })
}

/** `archive`: the page of the archive as the address has it; without it, what one subscribes to. */
async function answerFeed(
  c: Context<App>,
  channel: Channel,
  file: string,
  archive?: string,
): Promise<Response> {
  const format = formatOfFile(file)
  const page = archive === undefined ? undefined : parseArchivePage(archive)
  if (!format || (archive !== undefined && page === undefined)) return unknownFeed(c)
  const target =
    page === undefined ? feedTarget(channel, format) : archiveFeedTarget(channel, page, format)
  const found = await findDocument(c, target, 'this feed')
  if (!found.ok) return problemResponse(found.failure, c.var.publication.siteUrl, CORS)
  if (found.value.kind !== 'document') return unknownFeed(c)
  const { validators, body } = found.value
  return await respond(c.req.raw, {
    ...validators,
    cacheControl: page === undefined ? CACHE_CONTROL : ARCHIVE_CACHE_CONTROL,
    headers: { Link: linkHeader(c, channel, format, pastOf(page, validators)), ...CORS },
    body,
    instead: (whole) => deltaFor(c.req.raw, c.var.publication, whole),
  })
}

const unknownFeed = (c: Context<App>): Response =>
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
