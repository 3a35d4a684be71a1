/**
 * What all parts of the publish API share: who may use it, how its bodies are read, how it says no.
 */
import type { Hono, MiddlewareHandler } from 'hono'
import * as v from 'valibot'
import type { Conditions } from '../desk/protocol.ts'
import { NO_SNIFFING } from '../http/headers.ts'
import { problemResponse } from '../http/problem.ts'
import { type Failure, fail, ok, type Result } from '../model/failures.ts'
import { toFault } from '../model/faults.ts'
import { MIN_TOKEN_LENGTH, type Publication } from '../model/publication.ts'
import type { App } from '../serving/app-type.ts'
import { isRecord, notNull, parseJson } from '../text/json.ts'
import { decodeUtf8 } from '../text/utf8.ts'

/** The edge must not recode: a weakened ETag would never match If-Match again (rule U-21). */
export const HEADERS = { 'Cache-Control': 'no-store, no-transform', ...NO_SNIFFING }

/** Lets only those in who have the desk's token. */
export const authorise: MiddlewareHandler<App> = async (c, next) => {
  const failure = await unauthorised(c.req.header('Authorization'), c.env)
  return failure ? problem(c.var.publication, failure) : await next()
}

export const problem = ({ siteUrl }: Publication, failure: Failure): Response =>
  problemResponse(failure, siteUrl, HEADERS)

/**
 * Refuses every other method at these addresses. Where GET is allowed, HEAD is too: the router
 * answers both.
 */
export function refuseOtherMethods(
  app: Hono<App>,
  methods: Readonly<Record<string, readonly string[]>>,
): void {
  for (const [path, listed] of Object.entries(methods)) {
    const allowed = listed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    app.all(path, (c) =>
      problem(c.var.publication, { reason: 'method-not-allowed', method: c.req.method, allowed }),
    )
  }
}

/** The failure of a request whose query is wrong. */
export const badQuery = (action: string, why: string): Failure => ({
  reason: 'bad-query',
  action,
  why,
})

/** The header that links to the next page. The last page has none. */
export const linkToNext = (next: string | undefined): Record<string, string> =>
  next === undefined ? {} : { Link: `<${next}>; rel="next"` }

/** The media type of the body, one of those accepted, in UTF-8; else `unsupported-type`. */
export function mediaTypeOf<T extends string>(
  { headers }: Request,
  accepted: readonly T[],
  action: string,
  subject: string,
): Result<T> {
  const given = headers.get('Content-Type') ?? ''
  const [essence = '', ...parameters] = given
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  const type = accepted.find((each) => each === essence)
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '')
  if (type && (charset === undefined || charset === 'utf-8')) return ok(type)
  const printable = given.replace(/[^\x20-\x7e]/g, '?').slice(0, 100)
  return fail({
    reason: 'unsupported-type',
    action,
    subject,
    given: printable,
    accepted: [...accepted],
  })
}

/**
 * Who is still sending when the connection is closed loses the answer with it. Of a body that is
 * too large so many bytes are read and thrown away first.
 */
const MAX_DRAINED_BYTES = 16 * 1024 * 1024

/** The whole body, which comes in no content coding, or why it is refused. */
export async function readBody(
  request: Request,
  action: string,
  subject: string,
  limit: number,
): Promise<Result<Uint8Array>> {
  const coding = (request.headers.get('Content-Encoding') ?? '').trim()
  if (!/^(?:identity)?$/i.test(coding)) {
    const given = coding.replace(/[^\x20-\x7e]/g, '?').slice(0, 100)
    return fail({ reason: 'unsupported-coding', action, subject, given })
  }
  const tooLarge = fail({ reason: 'too-large', action, subject, limit })
  const most = limit + MAX_DRAINED_BYTES
  if (Number(request.headers.get('Content-Length') ?? 0) > most) return tooLarge
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of request.body ?? []) {
      length += chunk.byteLength
      if (length > most) return tooLarge
      if (length <= limit) chunks.push(chunk)
    }
  } catch {
    // Broken chunks, or the client went away: what came so far is not what was meant.
    return fail({ reason: 'unparsable', action, subject, why: 'the body broke off' })
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
 * The JSON object of a body, which has no other keys than JSON allows; an empty body is an object
 * without any.
 */
export async function readObject(
  request: Request,
  action: string,
  subject: string,
  limit: number,
): Promise<Result<Record<string, unknown>>> {
  const body = await readBody(request, action, subject, limit)
  if (!body.ok) return body
  if (body.value.length === 0) return ok({})
  const unparsable = (why: string) => fail({ reason: 'unparsable', action, subject, why })
  const text = decodeUtf8(body.value)
  if (text === undefined) return unparsable('the body is not UTF-8')
  const parsed = parseJson(text)
  if (!parsed.ok) return unparsable(parsed.why)
  return isRecord(parsed.value) ? ok(parsed.value) : unparsable('the body is not a JSON object')
}

/** Reads a JSON object and validates it. A failure lists every fault. */
export async function readChecked<TSchema extends v.StrictObjectSchema<v.ObjectEntries, undefined>>(
  request: Request,
  schema: TSchema,
  action: string,
  subject: string,
  limit: number,
): Promise<Result<v.InferOutput<TSchema>>> {
  const body = await readObject(request, action, subject, limit)
  if (!body.ok) return body
  const checked = v.safeParse(schema, body.value)
  if (checked.success) return ok(checked.output)
  const faults = checked.issues.map((issue) => toFault(issue, Object.keys(schema.entries)))
  return fail({ reason: 'invalid', action, subject, faults })
}

/** On which state of a thing a change is to be made (RFC 9110 section 13.1). */
export function conditionsOf({ headers }: Request): Conditions {
  return notNull({
    ifMatch: headers.get('If-Match'),
    ifNoneMatch: headers.get('If-None-Match'),
  })
}

/** Compared as digests, because the comparison in constant time wants equal lengths (rule X-13). */
async function unauthorised(header: string | undefined, env: object): Promise<Failure | undefined> {
  const expected = 'DESK_TOKEN' in env && typeof env.DESK_TOKEN === 'string' ? env.DESK_TOKEN : ''
  if (expected.length < MIN_TOKEN_LENGTH) {
    return {
      reason: 'settings-refused',
      why: `DESK_TOKEN is shorter than ${MIN_TOKEN_LENGTH} characters`,
    }
  }
  const given = /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1]
  const encoder = new TextEncoder()
  const [a, b] = await Promise.all(
    [given ?? '', expected].map((token) => crypto.subtle.digest('SHA-256', encoder.encode(token))),
  )
  const equal = a !== undefined && b !== undefined && crypto.subtle.timingSafeEqual(a, b)
  return equal ? undefined : { reason: 'unauthorized', tokenGiven: given !== undefined }
}
