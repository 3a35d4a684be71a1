/**
 * Pages: the front page, channels, articles, and what the problems of the API mean. From the wire
 * but the last.
 */
import { Hono } from 'hono'
import { CORS } from '../http/cors.ts'
import { NO_SNIFFING, redirect } from '../http/headers.ts'
import { PROBLEMS } from '../http/problem.ts'
import { respond } from '../http/representation.ts'
import { ALL, type Channel, CORRECTIONS } from '../model/channel.ts'
import { blockedBy } from '../model/failures/reading.ts'
import type { Failure } from '../model/failures.ts'
import { isAtShortHost } from '../model/hosts.ts'
import type { Publication } from '../model/publication.ts'
import {
  archiveFile,
  articlePath,
  FRONT_PATH,
  ID_GRAMMAR,
  pageUrl,
  parseArchivePage,
  ROUTES,
} from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import type { App } from '../serving/app-type.ts'
import { answerFailure } from '../serving/failure-answer.ts'
import { pageHeaders } from '../serving/page-headers.ts'
import { FAVICON_TYPE, favicon } from '../views/favicon.ts'
import { HTML_TYPE } from '../views/layout.tsx'
import { renderNotice } from '../views/notice.tsx'
import {
  archivePageTarget,
  articlePageTarget,
  articleTarget,
  channelPageTarget,
  type Target,
} from '../wire/targets.ts'
import { atChannel } from './feeds.ts'

const CACHE_CONTROL = 'public, max-age=60'
const FAVICON_CACHE_CONTROL = 'public, max-age=86400'

export const pages = new Hono<App>()

/** The host of the short links has no front of its own. */
pages.get(ROUTES.front, (c) =>
  isAtShortHost(c.req.raw, c.var.publication)
    ? toFront(c.var.publication)
    : answerPage(c.req.raw, c.get('reader'), channelPageTarget(ALL), 'the front page'),
)

pages.get(ROUTES.corrections, (c) =>
  answerPage(c.req.raw, c.get('reader'), channelPageTarget(CORRECTIONS), 'the corrections'),
)

pages.get(ROUTES.channel, (c) => {
  const reader = c.get('reader')
  return atChannel(reader, c.req.param(), '', {
    answer: (channel) => answerPage(c.req.raw, reader, channelPageTarget(channel), 'this channel'),
    unknown: () => notFound(c.req.raw, reader, 'this channel'),
  })
})

pages.get(ROUTES.correctionsArchive, (c) =>
  answerArchive(c.req.raw, c.get('reader'), CORRECTIONS, c.req.param('page')),
)

pages.get(ROUTES.archive, (c) =>
  answerArchive(c.req.raw, c.get('reader'), ALL, c.req.param('page')),
)

pages.get(ROUTES.channelArchive, (c) => {
  const { page } = c.req.param()
  const reader = c.get('reader')
  if (parseArchivePage(page) === undefined) return notFound(c.req.raw, reader, 'this page')
  return atChannel(reader, c.req.param(), archiveFile(page, ''), {
    answer: (channel) => answerArchive(c.req.raw, reader, channel, page),
    unknown: () => notFound(c.req.raw, reader, 'this page'),
  })
})

pages.get(ROUTES.article, (c) => {
  const id = c.req.param('id')
  return ID_GRAMMAR.test(id)
    ? answerPage(c.req.raw, c.get('reader'), articlePageTarget(id), 'this article')
    : notFound(c.req.raw, c.get('reader'), 'this article')
})

/** Another spelling of an id leads to the one in one hop (rule G-29). */
pages.get(ROUTES.articleAlike, (c) => toArticle(c.req.raw, c.get('reader'), c.req.param('id')))
pages.get(ROUTES.articleSlash, (c) => toArticle(c.req.raw, c.get('reader'), c.req.param('id')))

pages.get(ROUTES.articleJson, (c) => {
  const id = c.req.param('file').replace(/\.json$/, '')
  return ID_GRAMMAR.test(id)
    ? answerPage(c.req.raw, c.get('reader'), articleTarget(id), 'this article')
    : notFound(c.req.raw, c.get('reader'), 'this article')
})

/** Browsers and some feed readers ask for it whatever a page says. */
pages.get(ROUTES.favicon, (c) => {
  const { iconUrl } = c.var.publication
  if (iconUrl) return redirect(302, iconUrl, FAVICON_CACHE_CONTROL)
  const headers = {
    'Cache-Control': FAVICON_CACHE_CONTROL,
    ...NO_SNIFFING,
    'Content-Type': FAVICON_TYPE,
  }
  return new Response(favicon(), { headers })
})

pages.get(ROUTES.problem, (c) => {
  const reason = c.req.param('reason')
  const kind = Object.entries(PROBLEMS).find(([name]) => name === reason)?.[1]
  if (!kind) return notFound(c.req.raw, c.get('reader'), 'this problem')
  const page = renderNotice(c.var.publication, `${kind.status}: ${kind.title}`, kind.advice)
  const headers = {
    'Content-Type': HTML_TYPE,
    'Cache-Control': 'public, max-age=3600',
    ...pageHeaders(c.var.publication),
    ...NO_SNIFFING,
  }
  return new Response(page, { headers })
})

/**
 * A person is not told by a feed what was taken back, so these are kept no longer than other pages.
 */
function answerArchive(request: Request, reader: Reader, channel: Channel, text: string) {
  const page = parseArchivePage(text)
  return page === undefined
    ? notFound(request, reader, 'this page')
    : answerPage(request, reader, archivePageTarget(channel, page), 'this page')
}

async function answerPage(
  request: Request,
  reader: Reader,
  target: Target,
  what: string,
): Promise<Response> {
  const { publication } = reader
  const found = await reader.findDocument(request, target, what)
  if (!found.ok) return answerFailure(request, publication, found.failure)
  // The article has another home; its ids and codes stay (rule T-15).
  if (found.value.kind === 'redirect') return moved(found.value.location)
  const { validators, body } = found.value
  return await respond(request, {
    ...validators,
    cacheControl: CACHE_CONTROL,
    headers: {
      ...pageHeaders(publication),
      ...CORS,
      ...(validators.status === 451 && blockedBy(publication.siteUrl)),
    },
    body,
  })
}

function toArticle(request: Request, reader: Reader, spelling: string): Response {
  const id = spelling.toLowerCase()
  if (!ID_GRAMMAR.test(id)) return notFound(request, reader, 'this article')
  return moved(pageUrl(reader.publication, articlePath(id)))
}

/** 302, because an operator may give the links another host, or the site itself this one. */
function toFront(publication: Publication): Response {
  // Not for caches that do not tell hosts apart: they would send the site's readers round in
  // circles.
  const cacheControl = CACHE_CONTROL.replace('public', 'private')
  return redirect(302, pageUrl(publication, FRONT_PATH), cacheControl, CORS)
}

const moved = (location: string): Response => redirect(301, location, CACHE_CONTROL, CORS)

const notFound = (request: Request, { publication }: Reader, what: string): Response =>
  answerFailure(request, publication, { reason: 'not-found', what } satisfies Failure)
