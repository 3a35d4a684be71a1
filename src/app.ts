/**
 * The table of contents: what happens to every request, in order, and which room answers it. Start reading
 * here; the code behind any address is one import further.
 */
import { Hono, type HonoRequest } from 'hono'
import { publish } from './api/articles.ts'
import { bulk } from './api/articles-bulk.ts'
import { copying } from './api/copies.ts'
import { description } from './api/description.ts'
import { linksApi } from './api/links.ts'
import { linksBulk } from './api/links-bulk.ts'
import { authorise } from './api/requests.ts'
import { CORS, PREFLIGHT, READ_METHODS } from './http/cors.ts'
import { problemResponse } from './http/problem.ts'
import { encoded, fitOf } from './http/representation.ts'
import type { Failure } from './model/failures.ts'
import { isAtHome } from './model/hosts.ts'
import type { Publication } from './model/publication.ts'
import { ROUTES } from './model/urls.ts'
import { ClockWatch, tellTime } from './reader/clock.ts'
import { deskOf, openReaders } from './reader/readers.ts'
import { answerRobots, discovery, UNLISTED } from './routes/discovery.ts'
import { feedAddresses } from './routes/feed-addresses.ts'
import { feeds } from './routes/feeds.ts'
import { health } from './routes/health.ts'
import { links, olderCodes } from './routes/links.ts'
import { pages } from './routes/pages.ts'
import type { App } from './serving/app-type.ts'
import { answerFailure } from './serving/failure-answer.ts'
import { formatHttpDate } from './text/time.ts'

/** Builds the application. `now` in milliseconds; what is remembered between requests lives as long as the application. */
export function createApp(now: () => number): Hono<App> {
  const app = new Hono<App>({ strict: true })
  const readerOf = openReaders(now)
  const dateOf = rememberDate()
  const clock = new ClockWatch()

  // One layer around all: each costs every request, and a poll is answered with little else.
  app.use(async (c, next) => {
    if (clock.wasSetBack(now())) await tellTime(() => deskOf(c.env), now)
    const reader = readerOf(c.env)
    if (reader.ok) {
      c.set('reader', reader.value)
      c.set('publication', reader.value.publication)
      await next()
    } else c.res = await answerWithoutSettings(c.req, reader.failure)
    const fit = reader.ok ? fitOf(c.req.raw, c.res) : 'fits'
    // The one problem that grows with what was sent: a fault for each word perhaps. The edge compresses no problem+json.
    if (c.res.status === 422 || fit !== 'fits') {
      const answer =
        fit === 'refused' ? refuseCoding(c.var.publication) : await encoded(c.req.raw, c.res)
      // Hono makes a copy of an answer that replaces another, and the copy would be compressed once more.
      c.res = undefined
      c.res = answer
    }
    const { headers } = c.res
    // A server with a clock must say Date (RFC 9110 section 6.6.1); workerd alone does not, an edge does.
    const second = Math.floor(now() / 1000)
    headers.set('Date', dateOf(second))
    // A document may bear a time of the future, from a clock that was set back since (RFC 9110
    // section 8.8.2.1).
    if (Date.parse(headers.get('Last-Modified') ?? '') > second * 1000)
      headers.set('Last-Modified', dateOf(second))
    if (!reader.ok || isAtHome(c.req.raw, reader.value.publication)) return
    for (const [name, value] of Object.entries(UNLISTED)) headers.set(name, value)
  })

  app.get(ROUTES.robots, (c) => answerRobots(c.req.raw, c.get('publication')))

  // No new address takes a code away that is in print.
  app.route('/', olderCodes(now))
  // What the API is comes before who may use it.
  app.route('/', description)
  app.use(ROUTES.api, authorise)
  app.route('/', bulk)
  app.route('/', copying)
  app.route('/', linksBulk(now))
  app.route('/', linksApi(now))
  app.route('/', publish)

  app.route('/', health)
  app.route('/', feeds)
  app.route('/', discovery(now))
  app.route('/', feedAddresses)
  app.route('/', pages)
  app.route('/', links(now))

  // Every method comes here that no room takes: what can be read is registered for GET alone.
  app.notFound((c) => {
    const { method } = c.req
    if (method === 'OPTIONS') return new Response(null, { status: 204, headers: PREFLIGHT })
    if (READ_METHODS.includes(method))
      return answerFailure(c.req.raw, c.var.publication, {
        reason: 'not-found',
        what: 'this page',
      })
    return answerFailure(c.req.raw, c.var.publication, {
      reason: 'method-not-allowed',
      method,
      allowed: READ_METHODS,
    })
  })
  app.onError((cause, c) => {
    console.error(
      JSON.stringify({
        event: 'request.failed',
        path: c.req.path.slice(0, 200),
        error: String(cause).slice(0, 500),
      }),
    )
    return problemResponse({ reason: 'internal' }, c.var.publication?.siteUrl ?? '')
  })
  return app
}

const refuseCoding = ({ siteUrl }: Publication): Response =>
  problemResponse({ reason: 'coding-refused' }, siteUrl, {
    ...CORS,
    Vary: 'Accept-Encoding',
  })

/** A crawler takes a 5xx of robots.txt for "keep out" (RULES S-22); everything else can only say what is wrong. */
const answerWithoutSettings = (
  { raw, path, method }: HonoRequest,
  failure: Failure,
): Response | Promise<Response> =>
  path === ROUTES.robots && (method === 'GET' || method === 'HEAD')
    ? answerRobots(raw, undefined)
    : problemResponse(failure, 'about:blank#')

/** The second is written once, however many answers it has. */
function rememberDate(): (second: number) => string {
  let written = { second: Number.NaN, date: '' }
  return (second) => {
    if (written.second !== second) written = { second, date: formatHttpDate(second) }
    return written.date
  }
}
