/**
 * Failures on the wire: status, headers and problem+json (RFC 9457). What each failure says stands
 * in its row (`model/failures.ts`).
 */
import type { Problem } from '../model/answers.ts'
import { FAILURES, type Failure, type Reason, rowOf, sentence } from '../model/failures.ts'
import { problemPath } from '../model/urls.ts'
import { NO_SNIFFING } from './headers.ts'

/** What is the same in every problem of a kind, and advice for who meets it. */
export const PROBLEMS: Readonly<Record<Reason, { status: number; title: string; advice: string }>> =
  FAILURES

export function problemOf(failure: Failure, siteUrl: string): Problem {
  const { status, title, members } = rowOf(failure)
  return {
    type: `${siteUrl}${problemPath(failure.reason)}`,
    title,
    status,
    detail: sentence(failure),
    ...members?.(failure),
  }
}

/**
 * Headers that a failure brings with it: how long, which methods, which credentials, who blocks.
 */
export const failureHeaders = (failure: Failure, siteUrl: string): Record<string, string> =>
  rowOf(failure).headers?.(failure, siteUrl) ?? {}

/** How long an answer of this kind may be kept. */
export const failureCaching = (failure: Failure): string => rowOf(failure).caching ?? 'no-store'

/** The failure as problem+json. */
export function problemResponse(
  failure: Failure,
  siteUrl: string,
  headers: Record<string, string> = {},
): Response {
  const problem = problemOf(failure, siteUrl)
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': failureCaching(failure),
      ...NO_SNIFFING,
      ...failureHeaders(failure, siteUrl),
      ...headers,
    },
  })
}
