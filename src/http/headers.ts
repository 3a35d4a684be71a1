/** Headers that answers of every kind share, and redirects. */

/** Browsers must not guess another media type than the one they are told (rule H-67). */
export const NO_SNIFF_HEADERS = { 'X-Content-Type-Options': 'nosniff' }

/** For an answer that is valid at this moment only: no cache stores it. */
export const NO_STORE_HEADERS = { 'Cache-Control': 'no-store', ...NO_SNIFF_HEADERS }

/** A redirect without a body. */
export const redirect = (
  status: 301 | 302,
  location: string,
  cacheControl: string,
  headers: Readonly<Record<string, string>> = {},
): Response =>
  new Response(null, {
    status,
    headers: { Location: location, 'Cache-Control': cacheControl, ...NO_SNIFF_HEADERS, ...headers },
  })
