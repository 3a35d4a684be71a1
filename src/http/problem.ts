/**
 * Failures on the wire: status, headers and problem+json (RFC 9457). What each failure says stands
 * in its row (`model/failures.ts`).
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

/** What is the same in every problem of a kind, and advice for who meets it. */
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
 * Headers that a failure brings with it: how long, which methods, which credentials, who blocks.
 */
export const getFailureHeaders = (failure: Failure, siteUrl: string): Record<string, string> =>
  getFailureRow(failure).headers?.(failure, siteUrl) ?? {}

/** How long an answer of this kind may be kept. */
export const getFailureCacheControl = (failure: Failure): string =>
  getFailureRow(failure).cacheControl ?? 'no-store'

/** The failure as problem+json. */
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
