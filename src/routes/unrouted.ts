/**
 * Responds to requests that no other route handles: while settings are invalid, at unknown or
 * untidy addresses, with unsupported methods, and after an exception.
 */
import { Hono } from 'hono'
import { PREFLIGHT_HEADERS, READ_METHODS } from '../http/cors.ts'
import { buildProblemResponse } from '../http/problem.ts'
import type { Failure } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { findTidyPath, ROUTES } from '../model/urls.ts'
import type { AppEnv } from '../serving/app-type.ts'
import { respondWithFailure } from '../serving/failure-response.ts'
import { respondWithRobotsTxt } from './discovery.ts'
import { redirectToPath } from './feeds.ts'

/** Responds with the failure while settings are invalid, except at `/robots.txt`. */
export function respondWithoutSettings(
  request: Request,
  failure: Failure,
): Response | Promise<Response> {
  const isRobots = new URL(request.url).pathname === ROUTES.robots
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  return isRobots && isRead
    ? respondWithRobotsTxt(request, undefined)
    : buildProblemResponse(failure, 'about:blank#')
}

/**
 * Responds to unknown addresses, and to methods that an address does not support, because routes
 * for readers are registered for GET only.
 */
export function respondUnrouted(request: Request, publication: Publication): Response {
  const { method } = request
  if (method === 'OPTIONS') return new Response(null, { status: 204, headers: PREFLIGHT_HEADERS })
  const failure: Failure = READ_METHODS.includes(method)
    ? { reason: 'not-found', subject: 'this page' }
    : { reason: 'method-not-allowed', method, allowed: READ_METHODS }
  return respondWithFailure(request, publication, failure)
}

/** Logs an exception. The response reveals nothing about it. */
export function respondWithException(
  cause: unknown,
  path: string,
  publication: Publication | undefined,
): Response {
  const error = String(cause).slice(0, 500)
  console.error(JSON.stringify({ event: 'request.failed', path: path.slice(0, 200), error }))
  return buildProblemResponse({ reason: 'internal' }, publication?.siteUrl ?? '')
}

/**
 * Redirects addresses with superfluous slashes, and folders of channels in other systems, to the
 * tidy address in one hop, if `app` serves something there. Short links tolerate more errors
 * (`links.ts`).
 */
export function createForgivingRoutes(app: Hono<AppEnv>): Hono<AppEnv> {
  const routes = new Hono<AppEnv>()
  routes.get(ROUTES.any, async (c, next) => {
    const path = findTidyPath(new URL(c.req.url).pathname)
    if (path === undefined) return await next()
    const address = new URL(path, c.req.url)
    const { status, headers } = await app.fetch(
      new Request(address, { method: 'HEAD', headers: c.req.raw.headers }),
      c.env,
    )
    // Otherwise clients would store a permanent redirect to an address that does not exist.
    if (status >= 400) return await next()
    return status === 301
      ? new Response(null, { status, headers })
      : redirectToPath(c.var.publication, path)
  })
  return routes
}
