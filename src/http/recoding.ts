/**
 * Encodes finished answers that are long, or whose client refuses identity (RFC 9110 section
 * 12.5.3).
 */
import { CORS } from './cors.ts'
import { problemResponse } from './problem.ts'
import { encoded, fitOf } from './representation.ts'

/**
 * Returns what is sent instead of an answer: the same one encoded, or a refusal. Returns
 * `undefined` if the answer is sent as it is.
 */
export function recode(
  request: Request,
  answer: Response,
  siteUrl: string,
): Response | Promise<Response> | undefined {
  const fit = fitOf(request, answer)
  if (fit === 'refused') {
    const headers = { ...CORS, Vary: 'Accept-Encoding' }
    return problemResponse({ reason: 'coding-refused' }, siteUrl, headers)
  }
  // 422 is the only problem that grows with the request: it may list a fault for each word. The
  // edge compresses no problem+json.
  return fit === 'encode' || answer.status === 422 ? encoded(request, answer) : undefined
}
