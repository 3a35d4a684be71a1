/**
 * What is answered where no route answers: without good settings, at unknown addresses, after an
 * exception.
 */
import { PREFLIGHT, READ_METHODS } from '../http/cors.ts'
import { problemResponse } from '../http/problem.ts'
import type { Failure } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { ROUTES } from '../model/urls.ts'
import { answerFailure } from '../serving/failure-answer.ts'
import { answerRobots } from './discovery.ts'

/**
 * A crawler takes a 5xx of robots.txt for "keep out" (rule S-22); everything else can only say what
 * is wrong.
 */
export function answerWithoutSettings(
  request: Request,
  failure: Failure,
): Response | Promise<Response> {
  const isRobots = new URL(request.url).pathname === ROUTES.robots
  const reads = request.method === 'GET' || request.method === 'HEAD'
  return isRobots && reads
    ? answerRobots(request, undefined)
    : problemResponse(failure, 'about:blank#')
}

/** Every method comes here that no route takes: what can be read is registered for GET alone. */
export function answerUnrouted(request: Request, publication: Publication): Response {
  const { method } = request
  if (method === 'OPTIONS') return new Response(null, { status: 204, headers: PREFLIGHT })
  const failure: Failure = READ_METHODS.includes(method)
    ? { reason: 'not-found', what: 'this page' }
    : { reason: 'method-not-allowed', method, allowed: READ_METHODS }
  return answerFailure(request, publication, failure)
}

/** Logs an exception; the answer says no more than that there was one. */
export function answerException(cause: unknown, path: string, siteUrl: string): Response {
  const error = String(cause).slice(0, 500)
  console.error(JSON.stringify({ event: 'request.failed', path: path.slice(0, 200), error }))
  return problemResponse({ reason: 'internal' }, siteUrl)
}
