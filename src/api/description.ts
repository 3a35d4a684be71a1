/** The description of the publish API, for programs. It holds nothing secret, so it is open to everybody. */
import { Hono } from 'hono'
import { bodyOf, type CodedBody } from '../http/coding.ts'
import { CORS, PREFLIGHT, READ_METHODS } from '../http/cors.ts'
import { problemResponse } from '../http/problem.ts'
import { respond } from '../http/representation.ts'
import type { Publication } from '../model/publication.ts'
import { ROUTES } from '../model/urls.ts'
import type { App } from '../serving/app-type.ts'
import { byteLength } from '../text/characters.ts'
import { digest } from '../text/digest.ts'
import { describeApi } from './openapi/document.ts'

const CACHE_CONTROL = 'public, max-age=60'

export const description = new Hono<App>()

description.get(ROUTES.apiDescription, (c) => {
  const { body, etag, length } = descriptionOf(c.var.publication)
  return respond(c.req.raw, {
    status: 200,
    type: 'application/json',
    etag,
    length,
    cacheControl: CACHE_CONTROL,
    headers: CORS,
    body,
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

type Description = { body: CodedBody; etag: string; length: number }

const made = new WeakMap<Publication, Description>()

/** Made when it is first asked for, since few isolates ever are, and kept as long as the settings are. */
function descriptionOf(publication: Publication): Description {
  const known = made.get(publication)
  if (known) return known
  const text = JSON.stringify(describeApi(publication))
  const description = {
    body: bodyOf(text),
    etag: `W/"${digest(text)}"`,
    length: byteLength(text),
  }
  made.set(publication, description)
  return description
}
