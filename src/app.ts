/**
 * The table of contents: what happens to every request, in order, and which room answers it. Each
 * handler is one import away. Only pictures (`/media/`) are served before the worker runs.
 */
import { Hono } from 'hono'
import { articlesApi } from './api/articles.ts'
import { articlesBulk } from './api/articles-bulk.ts'
import { copies } from './api/copies.ts'
import { description } from './api/description.ts'
import { linksApi } from './api/links.ts'
import { linksBulk } from './api/links-bulk.ts'
import { authorise } from './api/requests.ts'
import { upkeep } from './api/upkeep.ts'
import { DateHeader } from './http/date.ts'
import { recode } from './http/recoding.ts'
import { isAtHome } from './model/hosts.ts'
import { ROUTES } from './model/urls.ts'
import { ClockWatch, tellTime } from './reader/clock.ts'
import { deskOf, openReaders } from './reader/readers.ts'
import { answerRobots, askForNoIndex, discovery } from './routes/discovery.ts'
import { feedAddresses } from './routes/feed-addresses.ts'
import { feeds } from './routes/feeds.ts'
import { health } from './routes/health.ts'
import { links, olderCodes } from './routes/links.ts'
import { pages } from './routes/pages.ts'
import { answerException, answerUnrouted, answerWithoutSettings } from './routes/unrouted.ts'
import type { App } from './serving/app-type.ts'

/** Builds the application. Its caches live as long as it does. `now` in milliseconds. */
export function createApp(now: () => number): Hono<App> {
  const app = new Hono<App>({ strict: true })
  const readerOf = openReaders(now)
  const clock = new ClockWatch()
  const date = new DateHeader()

  // A single middleware: each one costs every request, and a poll costs little else.
  app.use(async (c, next) => {
    if (clock.wasSetBack(now())) await tellTime(() => deskOf(c.env), now)
    const reader = readerOf(c.env)
    if (reader.ok) {
      const { publication } = reader.value
      c.set('reader', reader.value)
      c.set('publication', publication)
      await next()
      const recoded = recode(c.req.raw, c.res, publication.siteUrl)
      if (recoded) {
        const answer = await recoded
        // Hono copies an answer that replaces another, and the copy would be compressed once more.
        c.res = undefined
        c.res = answer
      }
      if (!isAtHome(c.req.raw, publication)) askForNoIndex(c.res.headers)
    } else c.res = await answerWithoutSettings(c.req.raw, reader.failure)
    date.stamp(c.res.headers, now())
  })

  app.get(ROUTES.robots, (c) => answerRobots(c.req.raw, c.get('publication')))
  // No new address takes a code away that is in print.
  app.route('/', olderCodes(now))
  // What the API is comes before who may use it.
  app.route('/', description)
  app.use(ROUTES.api, authorise)
  app.route('/', articlesBulk)
  app.route('/', copies)
  app.route('/', linksBulk(now))
  app.route('/', linksApi(now))
  app.route('/', upkeep)
  app.route('/', articlesApi)
  app.route('/', health)
  app.route('/', feeds)
  app.route('/', discovery(now))
  // `/?feed=` asks for a feed, so it comes before the front page.
  app.route('/', feedAddresses)
  app.route('/', pages)
  app.route('/', links(now))

  app.notFound((c) => answerUnrouted(c.req.raw, c.get('publication')))
  app.onError((cause, c) => answerException(cause, c.req.path, c.var.publication?.siteUrl ?? ''))
  return app
}
