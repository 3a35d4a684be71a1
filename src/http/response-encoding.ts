/**
 * Compresses finished responses that may be long, or whose client refuses identity (RFC 9110
 * section 12.5.3).
 */
import { CORS_HEADERS } from './cors.ts'
import { buildProblemResponse } from './problem.ts'
import { decideEncoding, encodeResponse } from './representation.ts'

/**
 * Returns what is sent instead of the response: its compressed form, or a refusal. Returns
 * `undefined` if the response is sent unchanged.
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
  // Only this problem can become long: it may list a fault for each word of the request. Cloudflare
  // does not compress problem+json at the edge.
  return decision === 'encode' || response.status === 422
    ? encodeResponse(request, response)
    : undefined
}
