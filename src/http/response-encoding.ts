/**
 * Encodes finished answers that are long, or whose client refuses identity (RFC 9110 section
 * 12.5.3).
 */
import { CORS_HEADERS } from './cors.ts'
import { buildProblemResponse } from './problem.ts'
import { decideEncoding, encodeResponse } from './representation.ts'

/**
 * Returns what is sent instead of an answer: the same one encoded, or a refusal. Returns
 * `undefined` if the answer is sent as it is.
 */
export function encodeIfNeeded(
  request: Request,
  response: Response,
  siteUrl: string,
): Response | Promise<Response> | undefined {
  const decision = decideEncoding(request, response)
  if (decision === 'refused') {
    const headers = { ...CORS_HEADERS, Vary: 'Accept-Encoding' }
    return buildProblemResponse({ reason: 'coding-refused' }, siteUrl, headers)
  }
  // 422 is the only problem that grows with the request: it may list a fault for each word. The
  // edge compresses no problem+json.
  return decision === 'encode' || response.status === 422
    ? encodeResponse(request, response)
    : undefined
}
