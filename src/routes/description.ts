/** The description of the publish API, for programs. It holds nothing secret, so it is open to everybody. */
import { Hono } from 'hono'
import { digest } from '../desk/digest.ts'
import { problemResponse } from '../http/problem.ts'
import { respond } from '../http/representation.ts'
import type { Publication } from '../publication.ts'
import { ROUTES } from '../urls.ts'
import { type App, CORS, PREFLIGHT, READ_METHODS } from './context.ts'
import { describeApi } from './openapi/document.ts'

const CACHE_CONTROL = 'public, max-age=60'

export const description = new Hono<App>()

description.get(ROUTES.apiDescription, (c) => {
  const { body, etag } = descriptionOf(c.var.publication)
  return respond(c.req.raw, {
    status: 200,
    type: 'application/json',
    etag,
    cacheControl: CACHE_CONTROL,
    headers: CORS,
    body: () => body,
  })
})

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

const made = new WeakMap<Publication, { body: string; etag: string }>()

/** Made when it is first asked for, since few isolates ever are, and kept as long as the settings are. */
function descriptionOf(publication: Publication): { body: string; etag: string } {
  const known = made.get(publication)
  if (known) return known
  const body = JSON.stringify(describeApi(publication))
  const description = { body, etag: `W/"${digest(body)}"` }
  made.set(publication, description)
  return description
}
