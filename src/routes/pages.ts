/**
 * Serves pages: the front page, channels and articles from KV, and explanations of the API's
 * problems.
 */
import { Hono } from 'hono'
import { CORS_HEADERS } from '../http/cors.ts'
import { NO_SNIFF_HEADERS, redirect } from '../http/headers.ts'
import { PROBLEMS } from '../http/problem.ts'
import { respond } from '../http/representation.ts'
import { ALL_CHANNEL, type Channel, CORRECTIONS_CHANNEL } from '../model/channel.ts'
import { buildBlockedByHeaders } from '../model/failures/reading.ts'
import type { Failure } from '../model/failures.ts'
import { isForShortHost } from '../model/hosts.ts'
import type { Publication } from '../model/publication.ts'
import {
  FRONT_PATH,
  ID_GRAMMAR,
  pageUrl,
  parseArchivePage,
  problemPath,
  ROUTES,
} from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import type { AppEnv } from '../serving/app-type.ts'
import { respondWithFailure } from '../serving/failure-response.ts'
import { getPageHeaders } from '../serving/page-headers.ts'
import { decodeFavicon, FAVICON_TYPE } from '../views/favicon.ts'
import { HTML_TYPE } from '../views/layout.tsx'
import { renderNotice } from '../views/notice.tsx'
import {
  archivePageTarget,
  articlePageTarget,
  articleTarget,
  channelPageTarget,
  type Target,
} from '../wire/targets.ts'
import { parseChannel } from './feeds.ts'

const CACHE_CONTROL = 'public, max-age=60'
const FAVICON_CACHE_CONTROL = 'public, max-age=86400'

export const pages = new Hono<AppEnv>()

/** The host of the short links has no front page, so it redirects to that of the site. */
pages.get(ROUTES.front, (c) =>
  isForShortHost(c.req.raw, c.var.publication)
    ? redirectToFront(c.var.publication)
    : respondWithPage(c.req.raw, c.get('reader'), channelPageTarget(ALL_CHANNEL), 'the front page'),
)

pages.get(ROUTES.corrections, (c) =>
  respondWithPage(
    c.req.raw,
    c.get('reader'),
    channelPageTarget(CORRECTIONS_CHANNEL),
    'the corrections',
  ),
)

pages.get(ROUTES.channel, (c) => {
  const reader = c.get('reader')
  const channel = parseChannel(c.req.param())
  return channel === undefined
    ? respondNotFound(c.req.raw, reader, 'this channel')
    : respondWithPage(c.req.raw, reader, channelPageTarget(channel), 'this channel')
})

pages.get(ROUTES.correctionsArchive, (c) =>
  respondWithArchive(c.req.raw, c.get('reader'), CORRECTIONS_CHANNEL, c.req.param('page')),
)

pages.get(ROUTES.archive, (c) =>
  respondWithArchive(c.req.raw, c.get('reader'), ALL_CHANNEL, c.req.param('page')),
)

pages.get(ROUTES.channelArchive, (c) => {
  const { page } = c.req.param()
  const reader = c.get('reader')
  const channel = parseChannel(c.req.param())
  return channel === undefined
    ? respondNotFound(c.req.raw, reader, 'this page')
    : respondWithArchive(c.req.raw, reader, channel, page)
})

pages.get(ROUTES.article, (c) => {
  const id = c.req.param('id')
  return ID_GRAMMAR.test(id)
    ? respondWithPage(c.req.raw, c.get('reader'), articlePageTarget(id), 'this article')
    : respondNotFound(c.req.raw, c.get('reader'), 'this article')
})

pages.get(ROUTES.articleJson, (c) => {
  const id = c.req.param('file').replace(/\.json$/, '')
  return ID_GRAMMAR.test(id)
    ? respondWithPage(c.req.raw, c.get('reader'), articleTarget(id), 'this article')
    : respondNotFound(c.req.raw, c.get('reader'), 'this article')
})

/**
 * Browsers and some feed readers request the icon at this address, even if the page names another.
 */
pages.get(ROUTES.favicon, (c) => {
  const { iconUrl } = c.var.publication
  if (iconUrl) return redirect(302, iconUrl, FAVICON_CACHE_CONTROL)
  const headers = {
    'Cache-Control': FAVICON_CACHE_CONTROL,
    ...NO_SNIFF_HEADERS,
    'Content-Type': FAVICON_TYPE,
  }
  return new Response(decodeFavicon(), { headers })
})

pages.get(ROUTES.problem, (c) => {
  const reason = c.req.param('reason')
  const problem = Object.entries(PROBLEMS).find(([name]) => name === reason)?.[1]
  if (!problem) return respondNotFound(c.req.raw, c.get('reader'), 'this problem')
  const { publication } = c.var
  const page = renderNotice(publication, `${problem.status}: ${problem.title}`, problem.advice, {
    url: pageUrl(publication, problemPath(reason)),
  })
  const headers = {
    'Content-Type': HTML_TYPE,
    'Cache-Control': 'public, max-age=3600',
    ...getPageHeaders(publication),
    ...NO_SNIFF_HEADERS,
  }
  return new Response(page, { headers })
})

/**
 * Serves an archive page. It is cached no longer than other pages, because people, unlike feed
 * readers, do not receive withdrawals from a feed.
 */
function respondWithArchive(request: Request, reader: Reader, channel: Channel, pageText: string) {
  const page = parseArchivePage(pageText)
  return page === undefined
    ? respondNotFound(request, reader, 'this page')
    : respondWithPage(request, reader, archivePageTarget(channel, page), 'this page')
}

async function respondWithPage(
  request: Request,
  reader: Reader,
  target: Target,
  subject: string,
): Promise<Response> {
  const { publication } = reader
  const found = await reader.findDocument(request, target, subject)
  if (!found.ok) return respondWithFailure(request, publication, found.failure)
  // The article has a canonical address elsewhere.
  if (found.value.kind === 'redirect')
    return redirect(301, found.value.location, CACHE_CONTROL, CORS_HEADERS)
  const { validators, body } = found.value
  return await respond(request, {
    ...validators,
    cacheControl: CACHE_CONTROL,
    headers: {
      ...getPageHeaders(publication),
      ...CORS_HEADERS,
      ...(validators.status === 451 && buildBlockedByHeaders(publication.siteUrl)),
    },
    body,
  })
}

/**
 * Redirects with 302, because an operator may later give the short links another host, or use this
 * host for the site.
 */
function redirectToFront(publication: Publication): Response {
  // Private, because a cache that ignores the host would redirect readers of the site in circles.
  const cacheControl = CACHE_CONTROL.replace('public', 'private')
  return redirect(302, pageUrl(publication, FRONT_PATH), cacheControl, CORS_HEADERS)
}

const respondNotFound = (request: Request, { publication }: Reader, subject: string): Response =>
  respondWithFailure(request, publication, { reason: 'not-found', subject } satisfies Failure)
