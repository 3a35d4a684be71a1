/**
 * Where readers of other programs look for a feed: each such address leads in one hop to the
 * document that it means, or says that there is none. 301, so that readers store the address that
 * answers (docs/decisions/017-feed-addresses.md; rules H-57, H-58).
 */
import { Hono } from 'hono'
import { formatOfFile } from '../feeds/formats.ts'
import { CORS } from '../http/cors.ts'
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
import type { Reader } from '../reader/reader.ts'
import type { App } from '../serving/app-type.ts'
import { feedTarget } from '../wire/targets.ts'
import { channelFrom, movedTo, unknownFeed } from './feeds.ts'

export const feedAddresses = new Hono<App>()

feedAddresses.get(ROUTES.oldFeed, (c) =>
  lead(c.req.raw, c.get('reader'), ALL, fileOfOldFeed(c.req.param('old') ?? '')),
)

feedAddresses.get(ROUTES.oldChannelFeed, (c) =>
  leadToChannel(c.req.raw, c.get('reader'), {
    ...c.req.param(),
    kind: kindOfFolder(c.req.param('folder') ?? ''),
  }),
)

feedAddresses.get(ROUTES.oldFolderFeed, (c) =>
  leadToChannel(c.req.raw, c.get('reader'), {
    ...c.req.param(),
    kind: kindOfOldFolder(c.req.param('oldFolder') ?? ''),
  }),
)

/** A section at the root, unless the name belongs to another surface. */
feedAddresses.get(ROUTES.oldSectionFeed, async (c, next) => {
  const slug = c.req.param('slug') ?? ''
  const free = isPlannedName(slug) || !isReservedCode(slug)
  if (!free) return await next()
  return await leadToChannel(c.req.raw, c.get('reader'), { ...c.req.param(), kind: 'section' })
})

/**
 * `?feed=atom` on a page that has feeds. Any other value means nothing to us, and the page comes.
 */
feedAddresses.get(ROUTES.front, async (c, next) => {
  const file = fileOfFeedQuery(c.req.query('feed') ?? '')
  return file === undefined ? await next() : await lead(c.req.raw, c.get('reader'), ALL, file)
})

feedAddresses.get(ROUTES.channel, async (c, next) => {
  const file = fileOfFeedQuery(c.req.query('feed') ?? '')
  if (file === undefined) return await next()
  const kind = kindOfFolder(c.req.param('folder') ?? '')
  return await leadToChannel(c.req.raw, c.get('reader'), { slug: c.req.param('slug'), kind, file })
})

/**
 * What an address names: a channel in any spelling, and a file, or the end of an address that
 * stands for one.
 */
type Named = { kind: FolderKind | undefined; slug?: string; old?: string; file?: string }

function leadToChannel(
  request: Request,
  reader: Reader,
  { kind, slug, old = '', file = fileOfOldFeed(old) }: Named,
): Response | Promise<Response> {
  if (kind === undefined) return unknownFeed(reader.publication)
  const channel = channelFrom(FOLDERS[kind], slug)
  if (channel === undefined) return unknownFeed(reader.publication)
  return lead(
    request,
    reader,
    typeof channel === 'object' ? channel : { kind, slug: channel },
    file,
  )
}

/** Only to a feed that is there: readers store where a permanent redirect leads. */
async function lead(
  request: Request,
  reader: Reader,
  channel: Channel,
  file: string | undefined,
): Promise<Response> {
  const { publication } = reader
  const format = formatOfFile(file ?? '')
  if (!format) return unknownFeed(publication)
  const found = await reader.findDocument(request, feedTarget(channel, format), 'this feed')
  if (!found.ok) return problemResponse(found.failure, publication.siteUrl, CORS)
  if (found.value.kind !== 'document') return unknownFeed(publication)
  return movedTo(publication, documentPath(channel, format.file))
}
