/**
 * Functions that all routes of the publish API share: they check the token, read and validate
 * bodies and headers, and turn failures into problems. Limits apply while a body is read, before it
 * is parsed.
 */
import type { Hono, MiddlewareHandler } from 'hono'
import * as v from 'valibot'
import type { Conditions } from '../desk/protocol.ts'
import { NO_SNIFF_HEADERS } from '../http/headers.ts'
import { buildProblemResponse } from '../http/problem.ts'
import { type Failure, fail, ok, type Result } from '../model/failures.ts'
import { toFault } from '../model/faults.ts'
import { MIN_TOKEN_LENGTH, type Publication } from '../model/publication.ts'
import type { AppEnv } from '../serving/app-type.ts'
import { isRecord, omitNull, parseJson } from '../text/json.ts'
import { decodeUtf8 } from '../text/utf8.ts'

/**
 * `no-transform` stops Cloudflare from compressing the response, which would make its ETag weak.
 * If-Match compares strongly, and a weak ETag would never match (RFC 9110 §13.1.1).
 */
export const API_HEADERS = { 'Cache-Control': 'no-store, no-transform', ...NO_SNIFF_HEADERS }

/** Admits only requests with the token of the desk. */
export const authorise: MiddlewareHandler<AppEnv> = async (c, next) => {
  const failure = await checkToken(c.req.header('Authorization'), c.env)
  return failure ? respondWithProblem(c.var.publication, failure) : await next()
}

export const respondWithProblem = ({ siteUrl }: Publication, failure: Failure): Response =>
  buildProblemResponse(failure, siteUrl, API_HEADERS)

/**
 * Responds with 405 to all methods that are not listed for a path. HEAD is allowed wherever GET is,
 * because the router serves both.
 */
export function refuseOtherMethods(
  app: Hono<AppEnv>,
  methodsByPath: Readonly<Record<string, readonly string[]>>,
): void {
  for (const [path, methods] of Object.entries(methodsByPath)) {
    const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    app.all(path, (c) =>
      respondWithProblem(c.var.publication, {
        reason: 'method-not-allowed',
        method: c.req.method,
        allowed,
      }),
    )
  }
}

export const buildQueryFailure = (action: string, why: string): Failure => ({
  reason: 'bad-query',
  action,
  why,
})

/**
 * Builds the Link header with the address of the next page (RFC 8288). On the last page there is
 * none.
 */
export const buildLinkHeader = (nextPath: string | undefined): Record<string, string> =>
  nextPath === undefined ? {} : { Link: `<${nextPath}>; rel="next"` }

/**
 * Returns the media type of the body. Fails with `unsupported-type` if the type is not accepted, or
 * if the charset is not UTF-8.
 */
export function parseMediaType<T extends string>(
  { headers }: Request,
  accepted: readonly T[],
  action: string,
  subject: string,
): Result<T> {
  const contentType = headers.get('Content-Type') ?? ''
  const [essence = '', ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  const type = accepted.find((each) => each === essence)
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '')
  if (type && (charset === undefined || charset === 'utf-8')) return ok(type)
  const printable = contentType.replace(/[^\x20-\x7e]/g, '?').slice(0, 100)
  return fail({
    reason: 'unsupported-type',
    action,
    subject,
    contentType: printable,
    accepted: [...accepted],
  })
}

/**
 * A client never sees the response if it is still sending when the connection closes. Therefore
 * this many bytes beyond the limit are read and discarded.
 */
const MAX_DRAINED_BYTES = 16 * 1024 * 1024

/**
 * Reads the whole body of at most `limit` bytes. Fails with `unsupported-coding`, with `too-large`,
 * or with `unparsable` if the body ends too early.
 */
export async function readBody(
  request: Request,
  action: string,
  subject: string,
  limit: number,
): Promise<Result<Uint8Array>> {
  const coding = (request.headers.get('Content-Encoding') ?? '').trim()
  if (!/^(?:identity)?$/i.test(coding)) {
    const printable = coding.replace(/[^\x20-\x7e]/g, '?').slice(0, 100)
    return fail({ reason: 'unsupported-coding', action, subject, contentCoding: printable })
  }
  const tooLarge = fail({ reason: 'too-large', action, subject, limit })
  const maxReadBytes = limit + MAX_DRAINED_BYTES
  if (Number(request.headers.get('Content-Length') ?? 0) > maxReadBytes) return tooLarge
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of request.body ?? []) {
      length += chunk.byteLength
      if (length > maxReadBytes) return tooLarge
      if (length <= limit) chunks.push(chunk)
    }
  } catch {
    // The client disconnected or sent invalid chunks, so the body may be incomplete.
    return fail({ reason: 'unparsable', action, subject, why: 'the body is incomplete' })
  }
  if (length > limit) return tooLarge
  const body = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    body.set(chunk, offset)
    offset += chunk.byteLength
  }
  return ok(body)
}

/**
 * Reads a body that is one JSON object and parses it strictly (`parseJson`). An empty body means
 * `{}`.
 */
export async function readJsonObject(
  request: Request,
  action: string,
  subject: string,
  limit: number,
): Promise<Result<Record<string, unknown>>> {
  const body = await readBody(request, action, subject, limit)
  if (!body.ok) return body
  if (body.value.length === 0) return ok({})
  const failParsing = (why: string) => fail({ reason: 'unparsable', action, subject, why })
  const text = decodeUtf8(body.value)
  if (text === undefined) return failParsing('the body is not UTF-8')
  const parsed = parseJson(text)
  if (!parsed.ok) return failParsing(parsed.why)
  return isRecord(parsed.value) ? ok(parsed.value) : failParsing('the body is not a JSON object')
}

/** Reads a JSON object and validates it. The failure `invalid` lists every fault. */
export async function readValidObject<
  TSchema extends v.StrictObjectSchema<v.ObjectEntries, undefined>,
>(
  request: Request,
  schema: TSchema,
  action: string,
  subject: string,
  limit: number,
): Promise<Result<v.InferOutput<TSchema>>> {
  const body = await readJsonObject(request, action, subject, limit)
  if (!body.ok) return body
  const validation = v.safeParse(schema, body.value)
  if (validation.success) return ok(validation.output)
  const faults = validation.issues.map((issue) => toFault(issue, Object.keys(schema.entries)))
  return fail({ reason: 'invalid', action, subject, faults })
}

/** Returns the preconditions of a change (RFC 9110 §13.1). */
export function getConditions({ headers }: Request): Conditions {
  return omitNull({
    ifMatch: headers.get('If-Match'),
    ifNoneMatch: headers.get('If-None-Match'),
  })
}

/**
 * Checks the token. Returns why the request is not authorised, or `undefined` if it is. Comparing
 * in constant time keeps response times from revealing the token. Digests are compared, because
 * `timingSafeEqual` needs equal lengths.
 */
async function checkToken(
  authorizationHeader: string | undefined,
  env: object,
): Promise<Failure | undefined> {
  const expectedToken =
    'DESK_TOKEN' in env && typeof env.DESK_TOKEN === 'string' ? env.DESK_TOKEN : ''
  if (expectedToken.length < MIN_TOKEN_LENGTH) {
    return {
      reason: 'settings-refused',
      why: `DESK_TOKEN is shorter than ${MIN_TOKEN_LENGTH} characters`,
    }
  }
  const sentToken = /^Bearer +(\S+) *$/i.exec(authorizationHeader ?? '')?.[1]
  const encoder = new TextEncoder()
  const [sentDigest, expectedDigest] = await Promise.all(
    [sentToken ?? '', expectedToken].map((token) =>
      crypto.subtle.digest('SHA-256', encoder.encode(token)),
    ),
  )
  const isEqual =
    sentDigest !== undefined &&
    expectedDigest !== undefined &&
    crypto.subtle.timingSafeEqual(sentDigest, expectedDigest)
  return isEqual ? undefined : { reason: 'unauthorized', hasToken: sentToken !== undefined }
}
