/** Headers that responses of all kinds share, and a function that builds redirects. */

/** Forbids browsers to guess the media type. */
export const NO_SNIFF_HEADERS = { 'X-Content-Type-Options': 'nosniff' }

/** Forbids caches to store the response, because it is only valid now. */
export const NO_STORE_HEADERS = { 'Cache-Control': 'no-store', ...NO_SNIFF_HEADERS }

/** Builds a redirect without a body. */
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
