/** The coding of finished answers, where the client refuses identity or the answer is long (RFC 9110 section 12.5.3). */
import { CORS } from './cors.ts'
import { problemResponse } from './problem.ts'
import { encoded, fitOf } from './representation.ts'

/** What goes out in place of an answer: the same in a coding, or a refusal. `undefined` when it goes out as it is. */
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
  // 422 is the one problem that grows with what was sent: a fault for each word perhaps. The edge
  // compresses no problem+json.
  return fit === 'encode' || answer.status === 422 ? encoded(request, answer) : undefined
}
