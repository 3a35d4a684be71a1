/**
 * Turns failures into HTTP responses: status, headers and problem+json (RFC 9457). Their texts are
 * in `model/failures.ts`.
 */

import {
  FAILURES,
  type Failure,
  type FailureReason,
  formatFailure,
  getFailureRow,
} from '../model/failures.ts'
import type { Problem } from '../model/responses.ts'
import { problemPath } from '../model/urls.ts'
import { NO_SNIFF_HEADERS } from './headers.ts'

/** Title, status and advice of each kind of problem. */
export const PROBLEMS: Readonly<
  Record<FailureReason, { status: number; title: string; advice: string }>
> = FAILURES

export function buildProblem(failure: Failure, siteUrl: string): Problem {
  const { status, title, members } = getFailureRow(failure)
  return {
    type: `${siteUrl}${problemPath(failure.reason)}`,
    title,
    status,
    detail: formatFailure(failure),
    ...members?.(failure),
  }
}

/**
 * Returns the headers of a failure. Depending on the reason, they name the time to wait, the
 * allowed methods, the required credentials, or who blocks the content.
 */
export const getFailureHeaders = (failure: Failure, siteUrl: string): Record<string, string> =>
  getFailureRow(failure).headers?.(failure, siteUrl) ?? {}

/** Returns the Cache-Control of a failure. */
export const getFailureCacheControl = (failure: Failure): string =>
  getFailureRow(failure).cacheControl ?? 'no-store'

/** Builds a problem+json response from a failure. */
export function buildProblemResponse(
  failure: Failure,
  siteUrl: string,
  headers: Record<string, string> = {},
): Response {
  const problem = buildProblem(failure, siteUrl)
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': getFailureCacheControl(failure),
      ...NO_SNIFF_HEADERS,
      ...getFailureHeaders(failure, siteUrl),
      ...headers,
    },
  })
}
