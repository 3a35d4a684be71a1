/**
 * The description of the publish API, for programs. It holds nothing secret, so it is open to
 * everybody.
 */
import { Hono } from 'hono'
import { CORS, PREFLIGHT, READ_METHODS } from '../http/cors.ts'
import { problemResponse } from '../http/problem.ts'
import { ofText, respond } from '../http/representation.ts'
import type { Publication } from '../model/publication.ts'
import { ROUTES } from '../model/urls.ts'
import type { App } from '../serving/app-type.ts'
import { describeApi } from './openapi/document.ts'

const CACHE_CONTROL = 'public, max-age=60'

export const description = new Hono<App>()

description.get(ROUTES.apiDescription, (c) =>
  respond(c.req.raw, {
    status: 200,
    type: 'application/json',
    ...descriptionOf(c.var.publication),
    cacheControl: CACHE_CONTROL,
    headers: CORS,
  }),
)

description.options(
  ROUTES.apiDescription,
  () => new Response(null, { status: 204, headers: PREFLIGHT }),
)

description.all(ROUTES.apiDescription, (c) =>
  problemResponse(
    { reason: 'method-not-allowed', method: c.req.method, allowed: READ_METHODS },
    c.var.publication.siteUrl,
    CORS,
  ),
)

type Description = ReturnType<typeof ofText>

const made = new WeakMap<Publication, Description>()

/**
 * Made when it is first asked for, since few isolates ever are, and kept as long as the settings
 * are.
 */
function descriptionOf(publication: Publication): Description {
  const known = made.get(publication)
  if (known) return known
  const description = ofText(JSON.stringify(describeApi(publication)))
  made.set(publication, description)
  return description
}
