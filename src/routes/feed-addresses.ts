/**
 * Where readers of other programs look for a feed: each such address leads in one hop to the document that it
 * means, or says that there is none. 301, so that readers store the address that answers
 * (docs/decisions/017-feed-addresses.md; RULES H-57, H-58).
 */
import { type Context, Hono } from 'hono'
import { formatOfFile } from '../feeds/formats.ts'
import { problemResponse } from '../http/problem.ts'
import { ALL, type Channel, FOLDERS, type FolderKind, kindOfFolder } from '../model/channel.ts'
import {
  documentPath,
  fileOfFeedQuery,
  fileOfOldFeed,
  isPlannedName,
  isReservedCode,
  kindOfOldFolder,
  ROUTES,
} from '../model/urls.ts'
import { type App, CORS, findDocument } from '../reader/context.ts'
import { feedTarget } from '../wire/targets.ts'
import { channelFrom, movedTo, unknownFeed } from './feeds.ts'

export const feedAddresses = new Hono<App>()

feedAddresses.get(ROUTES.oldFeed, (c) => lead(c, ALL, fileOfOldFeed(c.req.param('old') ?? '')))

feedAddresses.get(ROUTES.oldChannelFeed, (c) =>
  leadToChannel(c, kindOfFolder(c.req.param('folder') ?? '')),
)

feedAddresses.get(ROUTES.oldFolderFeed, (c) =>
  leadToChannel(c, kindOfOldFolder(c.req.param('oldFolder') ?? '')),
)

/** A section at the root, unless the name belongs to another surface. */
feedAddresses.get(ROUTES.oldSectionFeed, async (c, next) => {
  const slug = c.req.param('slug') ?? ''
  const free = isPlannedName(slug) || !isReservedCode(slug)
  return free ? await leadToChannel(c, 'section') : await next()
})

/** `?feed=atom` on a page that has feeds. Any other value means nothing to us, and the page comes. */
feedAddresses.get(ROUTES.front, async (c, next) => {
  const file = fileOfFeedQuery(c.req.query('feed') ?? '')
  return file === undefined ? await next() : await lead(c, ALL, file)
})

feedAddresses.get(ROUTES.channel, async (c, next) => {
  const file = fileOfFeedQuery(c.req.query('feed') ?? '')
  if (file === undefined) return await next()
  return await leadToChannel(c, kindOfFolder(c.req.param('folder') ?? ''), file)
})

/** The channel that the address names in any spelling; by default the file that it ends with. */
function leadToChannel(
  c: Context<App>,
  kind: FolderKind | undefined,
  file = fileOfOldFeed(c.req.param('old') ?? ''),
): Response | Promise<Response> {
  if (kind === undefined) return unknownFeed(c)
  const channel = channelFrom(FOLDERS[kind], c.req.param('slug'))
  if (channel === undefined) return unknownFeed(c)
  return lead(c, typeof channel === 'object' ? channel : { kind, slug: channel }, file)
}

/** Only to a feed that is there: readers store where a permanent redirect leads. */
async function lead(
  c: Context<App>,
  channel: Channel,
  file: string | undefined,
): Promise<Response> {
  const format = formatOfFile(file ?? '')
  if (!format) return unknownFeed(c)
  const found = await findDocument(c, feedTarget(channel, format), 'this feed')
  if (!found.ok) return problemResponse(found.failure, c.var.publication.siteUrl, CORS)
  if (found.value.kind !== 'document') return unknownFeed(c)
  return movedTo(c, documentPath(channel, format.file))
}
