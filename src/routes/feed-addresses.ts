/**
 * Redirects feed addresses of other systems, in one hop, to the matching document. If there is
 * none, the response is a 404. The redirect is permanent, so that readers store the new address
 * (docs/decisions/017-feed-addresses.md).
 */
import { Hono } from 'hono'
import { findFormatOfFile } from '../feeds/formats.ts'
import { CORS_HEADERS } from '../http/cors.ts'
import { buildProblemResponse } from '../http/problem.ts'
import {
  ALL_CHANNEL,
  type Channel,
  FOLDERS,
  type FolderKind,
  findKindByFolder,
} from '../model/channel.ts'
import {
  documentPath,
  findFeedQueryFile,
  findOldFeedFile,
  findOldFolderKind,
  isPlannedName,
  isReservedCode,
  ROUTES,
} from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import type { AppEnv } from '../serving/app-type.ts'
import { feedTarget } from '../wire/targets.ts'
import { parseChannel, redirectToPath, respondUnknownFeed } from './feeds.ts'

export const feedAddresses = new Hono<AppEnv>()

feedAddresses.get(ROUTES.oldFeed, (c) =>
  redirectToFeed(
    c.req.raw,
    c.get('reader'),
    ALL_CHANNEL,
    findOldFeedFile(c.req.param('old') ?? ''),
  ),
)

feedAddresses.get(ROUTES.oldChannelFeed, (c) =>
  redirectToChannelFeed(c.req.raw, c.get('reader'), {
    ...c.req.param(),
    kind: findKindByFolder(c.req.param('folder') ?? ''),
  }),
)

feedAddresses.get(ROUTES.oldFolderFeed, (c) =>
  redirectToChannelFeed(c.req.raw, c.get('reader'), {
    ...c.req.param(),
    kind: findOldFolderKind(c.req.param('oldFolder') ?? ''),
  }),
)

/**
 * Redirects the feed of a section at the root, such as `/world/feed`, unless the name has another
 * route.
 */
feedAddresses.get(ROUTES.oldSectionFeed, async (c, next) => {
  const slug = c.req.param('slug') ?? ''
  // Planned names are reserved for later, but no page has them yet.
  const isFree = isPlannedName(slug) || !isReservedCode(slug)
  if (!isFree) return await next()
  return await redirectToChannelFeed(c.req.raw, c.get('reader'), {
    ...c.req.param(),
    kind: 'section',
  })
})

/**
 * Redirects `?feed=atom` at the address of a page that has feeds. For other values the page is
 * served.
 */
feedAddresses.get(ROUTES.front, async (c, next) => {
  const file = findFeedQueryFile(c.req.query('feed') ?? '')
  return file === undefined
    ? await next()
    : await redirectToFeed(c.req.raw, c.get('reader'), ALL_CHANNEL, file)
})

feedAddresses.get(ROUTES.channel, async (c, next) => {
  const file = findFeedQueryFile(c.req.query('feed') ?? '')
  if (file === undefined) return await next()
  const kind = findKindByFolder(c.req.param('folder') ?? '')
  return await redirectToChannelFeed(c.req.raw, c.get('reader'), {
    slug: c.req.param('slug'),
    kind,
    file,
  })
})

/**
 * The parts of a feed address. The channel (`kind`, `slug`) may have any spelling. `file` is the
 * file name of a current address, and `old` the last part of an old one, such as `rss`.
 */
type FeedAddress = { kind: FolderKind | undefined; slug?: string; old?: string; file?: string }

function redirectToChannelFeed(
  request: Request,
  reader: Reader,
  { kind, slug, old = '', file = findOldFeedFile(old) }: FeedAddress,
): Response | Promise<Response> {
  if (kind === undefined) return respondUnknownFeed(reader.publication)
  // The result is only a slug if the address has another spelling.
  const channel = parseChannel(FOLDERS[kind], slug)
  if (channel === undefined) return respondUnknownFeed(reader.publication)
  return redirectToFeed(
    request,
    reader,
    typeof channel === 'object' ? channel : { kind, slug: channel },
    file,
  )
}

/** Redirects only to an existing feed, because readers store the target of a permanent redirect. */
async function redirectToFeed(
  request: Request,
  reader: Reader,
  channel: Channel,
  file: string | undefined,
): Promise<Response> {
  const { publication } = reader
  const format = findFormatOfFile(file ?? '')
  if (!format) return respondUnknownFeed(publication)
  const found = await reader.findDocument(request, feedTarget(channel, format), 'this feed')
  if (!found.ok) return buildProblemResponse(found.failure, publication.siteUrl, CORS_HEADERS)
  if (found.value.kind !== 'document') return respondUnknownFeed(publication)
  return redirectToPath(publication, documentPath(channel, format.file))
}
