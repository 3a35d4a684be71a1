/** Pages: the front page, channels, articles, and what the problems of the API mean. From the wire but the last. */
import { type Context, Hono } from 'hono'
import { blockedBy, PROBLEMS } from '../http/problem.ts'
import { respond } from '../http/representation.ts'
import { ALL, type Channel, CORRECTIONS } from '../model/channel.ts'
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
import { type App, answerFailure, CORS, findDocument, pageHeaders } from '../reader/context.ts'
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
import { channelFrom, toCanonicalSlug } from './feeds.ts'

const CACHE_CONTROL = 'public, max-age=60'

export const pages = new Hono<App>()

/** The host of the short links has no front of its own. */
pages.get(ROUTES.front, (c) =>
  isAtShortHost(c.req.raw, c.var.publication)
    ? toFront(c.var.publication)
    : answerPage(c, channelPageTarget(ALL), 'the front page'),
)

pages.get(ROUTES.corrections, (c) =>
  answerPage(c, channelPageTarget(CORRECTIONS), 'the corrections'),
)

pages.get(ROUTES.channel, (c) => {
  const channel = channelFrom(c.req.param('folder'), c.req.param('slug'))
  if (typeof channel === 'object') return answerPage(c, channelPageTarget(channel), 'this channel')
  return channel === undefined ? notFound(c, 'this channel') : toCanonicalSlug(c, channel, '')
})

pages.get(ROUTES.correctionsArchive, (c) => answerArchive(c, CORRECTIONS, c.req.param('page')))

pages.get(ROUTES.archive, (c) => answerArchive(c, ALL, c.req.param('page')))

pages.get(ROUTES.channelArchive, (c) => {
  const channel = channelFrom(c.req.param('folder'), c.req.param('slug'))
  const { page } = c.req.param()
  if (typeof channel === 'object') return answerArchive(c, channel, page)
  return channel === undefined || parseArchivePage(page) === undefined
    ? notFound(c, 'this page')
    : toCanonicalSlug(c, channel, archiveFile(page, ''))
})

pages.get(ROUTES.article, (c) => {
  const id = c.req.param('id')
  return ID_GRAMMAR.test(id)
    ? answerPage(c, articlePageTarget(id), 'this article')
    : notFound(c, 'this article')
})

/** Another spelling of an id leads to the one in one hop (RULES G-29). */
pages.get(ROUTES.articleAlike, (c) => toArticle(c, c.req.param('id')))
pages.get(ROUTES.articleSlash, (c) => toArticle(c, c.req.param('id')))

pages.get(ROUTES.articleJson, (c) => {
  const id = c.req.param('file').replace(/\.json$/, '')
  return ID_GRAMMAR.test(id)
    ? answerPage(c, articleTarget(id), 'this article')
    : notFound(c, 'this article')
})

/** Browsers and some feed readers ask for it whatever a page says. */
pages.get(ROUTES.favicon, (c) => {
  const { iconUrl } = c.var.publication
  const headers = { 'Cache-Control': 'public, max-age=86400', 'X-Content-Type-Options': 'nosniff' }
  if (iconUrl)
    return new Response(null, { status: 302, headers: { ...headers, Location: iconUrl } })
  return new Response(favicon(), { headers: { ...headers, 'Content-Type': FAVICON_TYPE } })
})

pages.get(ROUTES.problem, (c) => {
  const reason = c.req.param('reason')
  const kind = Object.entries(PROBLEMS).find(([name]) => name === reason)?.[1]
  if (!kind) return notFound(c, 'this problem')
  const page = renderNotice(c.var.publication, `${kind.status}: ${kind.title}`, kind.advice)
  const headers = {
    'Content-Type': HTML_TYPE,
    'Cache-Control': 'public, max-age=3600',
    ...pageHeaders(c.var.publication),
  }
  return new Response(page, { headers: { ...headers, 'X-Content-Type-Options': 'nosniff' } })
})

/** A person is not told by a feed what was taken back, so these are kept no longer than other pages. */
function answerArchive(c: Context<App>, channel: Channel, text: string) {
  const page = parseArchivePage(text)
  return page === undefined
    ? notFound(c, 'this page')
    : answerPage(c, archivePageTarget(channel, page), 'this page')
}

async function answerPage(c: Context<App>, target: Target, what: string): Promise<Response> {
  const found = await findDocument(c, target, what)
  if (!found.ok) return answerFailure(c, found.failure)
  // The article has another home; its ids and codes stay (RULES T-15).
  if (found.value.kind === 'redirect') return moved(found.value.location)
  const { validators, body } = found.value
  return await respond(c.req.raw, {
    ...validators,
    cacheControl: CACHE_CONTROL,
    headers: {
      ...pageHeaders(c.var.publication),
      ...CORS,
      ...(validators.status === 451 && blockedBy(c.var.publication.siteUrl)),
    },
    body,
  })
}

function toArticle(c: Context<App>, spelling: string): Response {
  const id = spelling.toLowerCase()
  if (!ID_GRAMMAR.test(id)) return notFound(c, 'this article')
  return moved(pageUrl(c.var.publication, articlePath(id)))
}

/** 302, because an operator may give the links another host, or the site itself this one. */
function toFront(publication: Publication): Response {
  // Not for caches that do not tell hosts apart: they would send the site's readers round in circles.
  const headers = {
    Location: pageUrl(publication, FRONT_PATH),
    'Cache-Control': CACHE_CONTROL.replace('public', 'private'),
  }
  return new Response(null, {
    status: 302,
    headers: { ...headers, ...CORS, 'X-Content-Type-Options': 'nosniff' },
  })
}

function moved(location: string): Response {
  const headers = { Location: location, 'Cache-Control': CACHE_CONTROL, ...CORS }
  return new Response(null, {
    status: 301,
    headers: { ...headers, 'X-Content-Type-Options': 'nosniff' },
  })
}

const notFound = (c: Context<App>, what: string): Response =>
  answerFailure(c, { reason: 'not-found', what } satisfies Failure)
