/**
 * Serves the OpenAPI document of the publish API, which `openapi/document.ts` builds. The document
 * contains nothing secret. Therefore it needs no token, and scripts of any site may read it (CORS).
 */
import { Hono } from 'hono'
import { CORS_HEADERS, PREFLIGHT_HEADERS, READ_METHODS } from '../http/cors.ts'
import { buildProblemResponse } from '../http/problem.ts'
import { representText, respond } from '../http/representation.ts'
import type { Publication } from '../model/publication.ts'
import { ROUTES } from '../model/urls.ts'
import type { AppEnv } from '../serving/app-type.ts'
import { describeApi } from './openapi/document.ts'

const CACHE_CONTROL = 'public, max-age=60'

export const descriptionApi = new Hono<AppEnv>()

descriptionApi.get(ROUTES.apiDescription, (c) =>
  respond(c.req.raw, {
    status: 200,
    type: 'application/json',
    ...getDescription(c.var.publication),
    cacheControl: CACHE_CONTROL,
    headers: CORS_HEADERS,
  }),
)

descriptionApi.options(
  ROUTES.apiDescription,
  () => new Response(null, { status: 204, headers: PREFLIGHT_HEADERS }),
)

descriptionApi.all(ROUTES.apiDescription, (c) =>
  buildProblemResponse(
    { reason: 'method-not-allowed', method: c.req.method, allowed: READ_METHODS },
    c.var.publication.siteUrl,
    CORS_HEADERS,
  ),
)

type Description = ReturnType<typeof representText>

const cachedDescriptions = new WeakMap<Publication, Description>()

/**
 * Returns the document. It is built on the first request, because few isolates ever need it, and
 * then cached while this `Publication` object exists.
 */
function getDescription(publication: Publication): Description {
  const cached = cachedDescriptions.get(publication)
  if (cached) return cached
  const description = representText(JSON.stringify(describeApi(publication)))
  cachedDescriptions.set(publication, description)
  return description
}
