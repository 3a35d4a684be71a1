/**
 * Responses to requests that no other route can handle: while settings are invalid, at unknown or
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

/** Responds while settings are invalid: with the failure, except at `/robots.txt`. */
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
 * Responds to unknown addresses, and to methods that a known address does not have: routes of
 * readers are registered for GET alone.
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
 * Redirects addresses with too many slashes, and folders of channels in other systems, in one hop
 * and only to an address at which `app` has something. Short links tolerate more (`links.ts`).
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
    // A permanent redirect to nothing could not be taken back.
    if (status >= 400) return await next()
    return status === 301
      ? new Response(null, { status, headers })
      : redirectToPath(c.var.publication, path)
  })
  return routes
}
