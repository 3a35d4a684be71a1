/**
 * Defines what happens to every request, in order, and which file handles it. Each handler is one
 * import away. Only pictures (`/media/`) are served before the worker runs.
 */
import { Hono } from 'hono'
import { articlesApi } from './api/articles.ts'
import { articlesBulkApi } from './api/articles-bulk.ts'
import { backupApi } from './api/backup.ts'
import { descriptionApi } from './api/description.ts'
import { createLinksApi } from './api/links.ts'
import { createLinksBulkApi } from './api/links-bulk.ts'
import { maintenanceApi } from './api/maintenance.ts'
import { recleaningApi } from './api/recleaning.ts'
import { authorise } from './api/requests.ts'
import { DateHeader } from './http/date.ts'
import { encodeIfNeeded } from './http/response-encoding.ts'
import { isForOwnHost } from './model/hosts.ts'
import { ROUTES } from './model/urls.ts'
import { ClockWatch, correctDeskClock } from './reader/clock.ts'
import { createReaderFactory, getDesk } from './reader/readers.ts'
import { createDiscoveryRoutes, respondWithRobotsTxt, setNoIndex } from './routes/discovery.ts'
import { feeds } from './routes/feeds.ts'
import { createForgivingRoutes } from './routes/forgiving.ts'
import { health } from './routes/health.ts'
import { createLinkRoutes, createOlderCodeRoutes } from './routes/links.ts'
import { pages } from './routes/pages.ts'
import * as unrouted from './routes/unrouted.ts'
import type { AppEnv } from './serving/app-type.ts'

/** Builds the application. Its caches live as long as it does. `now` returns milliseconds. */
export function createApp(now: () => number): Hono<AppEnv> {
  const app = new Hono<AppEnv>({ strict: true })
  const getReader = createReaderFactory(now)
  const clock = new ClockWatch()
  const dateHeader = new DateHeader()

  // There is only one middleware: each one delays every request, and a poll does little else.
  app.use(async (c, next) => {
    if (clock.wasSetBack(now())) await correctDeskClock(() => getDesk(c.env), now)
    const reader = getReader(c.env)
    if (reader.ok) {
      const { publication } = reader.value
      c.set('reader', reader.value)
      c.set('publication', publication)
      await next()
      const recoded = encodeIfNeeded(c.req.raw, c.res, publication.siteUrl)
      if (recoded) {
        const response = await recoded
        // Hono copies a response that replaces another one, and the copy would be compressed again.
        c.res = undefined
        c.res = response
      }
      if (!isForOwnHost(c.req.raw, publication)) setNoIndex(c.res.headers)
    } else c.res = await unrouted.respondWithoutSettings(c.req.raw, reader.failure)
    dateHeader.setDate(c.res.headers, now())
  })

  app.get(ROUTES.robots, (c) => respondWithRobotsTxt(c.req.raw, c.get('reader')))
  // A new address never replaces a code of the same name, which may be printed.
  app.route('/', createOlderCodeRoutes(now))
  // The description of the API is public, so it comes before the token is checked.
  app.route('/', descriptionApi)
  app.route('/', createForgivingRoutes(app, ROUTES.api))
  app.use(ROUTES.api, authorise)
  const linksApis = [createLinksBulkApi(now), createLinksApi(now)]
  const deskApis = [backupApi, maintenanceApi, recleaningApi]
  for (const api of [articlesBulkApi, ...linksApis, ...deskApis, articlesApi]) app.route('/', api)
  app.route('/', health)
  app.route('/', feeds)
  app.route('/', createDiscoveryRoutes(now))
  // `/?feed=` requests a feed, so these come before the front page.
  app.route('/', createForgivingRoutes(app, ROUTES.any))
  app.route('/', pages)
  app.route('/', createLinkRoutes(now))

  app.notFound((c) => unrouted.respondUnrouted(c.req.raw, c.get('publication')))
  app.onError((cause, c) => unrouted.respondWithException(cause, c.req.path, c.var.publication))
  return app
}
