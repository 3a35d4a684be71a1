/** Responds with a failure: a small page for a browser, problem+json for everything else. */
import { CORS_HEADERS } from '../http/cors.ts'
import { NO_SNIFF_HEADERS } from '../http/headers.ts'
import { prefersHtml } from '../http/negotiation.ts'
import {
  buildProblemResponse,
  getFailureCacheControl,
  getFailureHeaders,
  PROBLEMS,
} from '../http/problem.ts'
import type { Failure } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { HTML_TYPE } from '../views/layout.tsx'
import { renderLegalNotice, renderNotice } from '../views/notice.tsx'
import { getPageHeaders } from './page-headers.ts'

/**
 * Returns whether to respond with a page: `Accept` is present and does not prefer JSON to HTML. A
 * client without `Accept` is a program.
 */
export function wantsPage({ headers }: Request): boolean {
  const accept = headers.get('Accept')
  return accept !== null && prefersHtml(accept)
}

export function respondWithFailure(
  request: Request,
  publication: Publication,
  failure: Failure,
): Response {
  if (!wantsPage(request)) {
    return buildProblemResponse(failure, publication.siteUrl, { ...CORS_HEADERS, Vary: 'Accept' })
  }
  const { status, title, advice } = PROBLEMS[failure.reason]
  const page =
    failure.reason === 'legal'
      ? renderLegalNotice(publication, failure.why, failure.when)
      : renderNotice(publication, title, advice, {
          ...('near' in failure && { similarCodes: failure.near }),
          ...('when' in failure && { when: failure.when }),
        })
  return new Response(page, {
    status,
    headers: {
      'Content-Type': HTML_TYPE,
      'Cache-Control': getFailureCacheControl(failure),
      ...NO_SNIFF_HEADERS,
      Vary: 'Accept',
      ...getPageHeaders(publication),
      ...CORS_HEADERS,
      ...getFailureHeaders(failure, publication.siteUrl),
    },
  })
}
