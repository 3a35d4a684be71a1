/**
 * Responds to requests that no other route handles: while settings are invalid, at unknown
 * addresses, with unsupported methods, and after an exception.
 */
import { PREFLIGHT_HEADERS, READ_METHODS } from '../http/cors.ts'
import { buildProblemResponse } from '../http/problem.ts'
import type { Failure } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { ROUTES } from '../model/urls.ts'
import { respondWithFailure } from '../serving/failure-response.ts'
import { respondWithRobotsTxt } from './discovery.ts'

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
