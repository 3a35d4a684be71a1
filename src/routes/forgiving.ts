/**
 * Redirects addresses with too many slashes, other spellings of channels, and the pages and feeds
 * of other systems, in one hop, to the matching address of the site (`model/tidy-path.ts`). The
 * redirect is a 301, so that feed readers store the new address
 * (docs/decisions/017-feed-addresses.md); caches keep it for minutes only, because the target may
 * be withdrawn. Short links tolerate more errors (`links.ts`).
 */
import { type Handler, Hono } from 'hono'
import { CORS_HEADERS } from '../http/cors.ts'
import { redirect } from '../http/headers.ts'
import type { Publication } from '../model/publication.ts'
import { findTidyPath } from '../model/tidy-path.ts'
import { pageUrl, type ROUTES } from '../model/urls.ts'
import type { AppEnv } from '../serving/app-type.ts'

const CACHE_CONTROL = 'public, max-age=300'

/**
 * Creates the redirects of the addresses that `pattern` matches. Each target is first requested
 * from `app`, so that no redirect leads to a missing address.
 */
export function createForgivingRoutes(
  app: Hono<AppEnv>,
  pattern: typeof ROUTES.any | typeof ROUTES.api,
): Hono<AppEnv> {
  return new Hono<AppEnv>().get(pattern, createHandler(app))
}

function createHandler(app: Hono<AppEnv>): Handler<AppEnv> {
  return async (c, next) => {
    const { raw: request } = c.req
    const path = findTidyPath(new URL(request.url).pathname, c.req.query('feed'))
    if (path === undefined) return await next()
    const { publication } = c.var
    const url = pageUrl(publication, path)
    const requestTidy = (
      method: string,
      headerNames: readonly string[],
    ): Response | Promise<Response> =>
      app.fetch(buildRequest(request, url, method, headerNames, publication), c.env)
    const { status, headers } = await requestTidy('HEAD', [])
    if (status === 200) return redirect(301, url, CACHE_CONTROL, CORS_HEADERS)
    // The article has another canonical address. Passing on its redirect keeps this one hop.
    if (status < 400) return new Response(null, { status, headers })
    // Clients would store a 301 to a missing address. Other errors are requested with the client's
    // method and `Accept`, so that it gets their body in its format.
    return status === 404 ? await next() : await requestTidy(request.method, ['Accept'])
  }
}

/**
 * Builds a request of the same client for another address, with the named headers and the client's
 * address. Others are left out, because with If-None-Match, for example, an existing address would
 * answer 304.
 */
function buildRequest(
  request: Request,
  url: string,
  method: string,
  headerNames: readonly string[],
  { trustedProxy }: Publication,
): Request {
  const headers = new Headers()
  for (const name of trustedProxy === undefined ? headerNames : [...headerNames, trustedProxy]) {
    const value = request.headers.get(name)
    if (value !== null) headers.set(name, value)
  }
  const { cf } = request
  return new Request(url, { method, headers, ...(cf && { cf }) })
}
