/** Pages: the front page, channels, articles, and what the problems of the API mean. From the wire but the last. */
import { type Context, Hono } from 'hono'
import { ALL } from '../channel.ts'
import type { Failure } from '../failure.ts'
import { PROBLEMS } from '../http/problem.ts'
import { respond } from '../http/representation.ts'
import { ID_GRAMMAR, ROUTES } from '../urls.ts'
import { renderNotice } from '../views/article.tsx'
import { HTML_TYPE } from '../views/layout.tsx'
import { articlePageTarget, articleTarget, channelPageTarget, type Target } from '../wire.ts'
import { type App, answerFailure, CORS, findDocument, PAGE_HEADERS } from './context.ts'
import { channelFrom, toCanonicalSlug } from './feeds.ts'

const CACHE_CONTROL = 'public, max-age=60'

export const pages = new Hono<App>()

pages.get(ROUTES.front, (c) => answerPage(c, channelPageTarget(ALL), 'the front page'))

pages.get(ROUTES.channel, (c) => {
  const channel = channelFrom(c.req.param('folder'), c.req.param('slug'))
  if (typeof channel === 'object') return answerPage(c, channelPageTarget(channel), 'this channel')
  return channel === undefined ? notFound(c, 'this channel') : toCanonicalSlug(c, channel, '')
})

pages.get(ROUTES.article, (c) => {
  const id = c.req.param('id')
  return ID_GRAMMAR.test(id)
    ? answerPage(c, articlePageTarget(id), 'this article')
    : notFound(c, 'this article')
})

pages.get(ROUTES.articleJson, (c) => {
  const id = c.req.param('file').replace(/\.json$/, '')
  return ID_GRAMMAR.test(id)
    ? answerPage(c, articleTarget(id), 'this article')
    : notFound(c, 'this article')
})

pages.get(ROUTES.problem, (c) => {
  const reason = c.req.param('reason')
  const kind = Object.entries(PROBLEMS).find(([name]) => name === reason)?.[1]
  if (!kind) return notFound(c, 'this problem')
  const page = renderNotice(c.var.publication, `${kind.status}: ${kind.title}`, kind.advice)
  const headers = {
    'Content-Type': HTML_TYPE,
    'Cache-Control': 'public, max-age=3600',
    ...PAGE_HEADERS,
  }
  return new Response(page, { headers: { ...headers, 'X-Content-Type-Options': 'nosniff' } })
})

async function answerPage(c: Context<App>, target: Target, what: string): Promise<Response> {
  const found = await findDocument(c, target, what)
  if (!found.ok) return answerFailure(c, found.failure)
  if (found.value.kind === 'redirect') {
    // The article has another home; its ids and codes stay (RULES T-15).
    const headers = {
      Location: found.value.location,
      'Cache-Control': 'public, max-age=300',
      ...CORS,
    }
    return new Response(null, {
      status: 301,
      headers: { ...headers, 'X-Content-Type-Options': 'nosniff' },
    })
  }
  const { validators, body } = found.value
  return respond(c.req.raw, {
    ...validators,
    cacheControl: CACHE_CONTROL,
    headers: { ...PAGE_HEADERS, ...CORS },
    body: () => body,
    discard: () => void body.cancel(),
  })
}

const notFound = (c: Context<App>, what: string): Response =>
  answerFailure(c, { reason: 'not-found', what } satisfies Failure)
