/** Headers that answers of every kind share, and redirects. */

/** Browsers must not guess another media type than the one they are told (rule H-67). */
export const NO_SNIFFING = { 'X-Content-Type-Options': 'nosniff' }

/** For an answer that is valid at this moment only: no cache stores it. */
export const NOT_STORED = { 'Cache-Control': 'no-store', ...NO_SNIFFING }

/** A redirect without a body. */
export const redirect = (
  status: 301 | 302,
  location: string,
  cacheControl: string,
  headers: Readonly<Record<string, string>> = {},
): Response =>
  new Response(null, {
    status,
    headers: { Location: location, 'Cache-Control': cacheControl, ...NO_SNIFFING, ...headers },
  })
