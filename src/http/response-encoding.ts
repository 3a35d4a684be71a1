/**
 * Compresses finished responses that are long, or whose client refuses identity (RFC 9110 section
 * 12.5.3).
 */
import { CORS_HEADERS } from './cors.ts'
import { buildProblemResponse } from './problem.ts'
import { decideEncoding, encodeResponse } from './representation.ts'

/**
 * Returns the response to send instead: the same one compressed, or a refusal. Returns `undefined`
 * if it is sent as it is.
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
  // 422 is the only problem that grows with the request, because it may list a fault for each word.
  // The edge does not compress problem+json.
  return decision === 'encode' || response.status === 422
    ? encodeResponse(request, response)
    : undefined
}
