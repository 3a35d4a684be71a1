/** Feed documents of every channel, from the wire. */
import { type Context, Hono } from 'hono'
import { ALL, type Channel, isSlug, kindOfFolder, slugOf } from '../channel.ts'
import { type Format, feedLinks, formatOfFile } from '../feeds/formats.ts'
import { problemResponse } from '../http/problem.ts'
import { respond } from '../http/representation.ts'
import { channelPath, documentPath, pageUrl, ROUTES } from '../urls.ts'
import { feedTarget } from '../wire.ts'
import { type App, CORS, findDocument } from './context.ts'

/** A polling interval to readers, so no longer than this (RULES H-24). */
const CACHE_CONTROL = 'public, max-age=300'

export const feeds = new Hono<App>()

feeds.get(ROUTES.feed, (c) => answerFeed(c, ALL, c.req.param('file')))

feeds.get(ROUTES.channelFeed, (c) => {
  const channel = channelFrom(c.req.param('folder'), c.req.param('slug'))
  if (typeof channel === 'object') return answerFeed(c, channel, c.req.param('file'))
  return channel === undefined ? unknownFeed(c) : toCanonicalSlug(c, channel, c.req.param('file'))
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

async function answerFeed(c: Context<App>, channel: Channel, file: string): Promise<Response> {
  const format = formatOfFile(file)
  if (!format) return unknownFeed(c)
  const found = await findDocument(c, feedTarget(channel, format), 'this feed')
  if (!found.ok) return problemResponse(found.failure, c.var.publication.siteUrl, CORS)
  if (found.value.kind !== 'document') return unknownFeed(c)
  const { validators, body } = found.value
  return await respond(c.req.raw, {
    ...validators,
    cacheControl: CACHE_CONTROL,
    headers: { Link: linkHeader(c, channel, format), ...CORS },
    body,
  })
}

const unknownFeed = (c: Context<App>): Response =>
  problemResponse({ reason: 'not-found', what: 'this feed' }, c.var.publication.siteUrl, CORS)

/** `self`, the other formats and the channel's page (RFC 8288). All addresses are ASCII. */
function linkHeader(c: Context<App>, channel: Channel, format: Format): string {
  const publication = c.get('publication')
  const documents = feedLinks(channel, publication).map(({ format: each, url }) =>
    each === format
      ? `<${url}>; rel="self"`
      : `<${url}>; rel="alternate"; type="${each.mediaType}"`,
  )
  return [
    ...documents,
    `<${pageUrl(publication, channelPath(channel))}>; rel="alternate"; type="text/html"`,
  ].join(', ')
}
