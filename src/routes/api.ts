/** What all parts of the publish API share: who may use it, how its bodies are read, how it says no. */
import type { Context, MiddlewareHandler } from 'hono'
import { type Failure, fail, ok, type Result } from '../failure.ts'
import { problemResponse } from '../http/problem.ts'
import { MIN_TOKEN_LENGTH } from '../publication.ts'
import type { App } from './context.ts'

/** The edge must not recode: a weakened ETag would never match If-Match again (RULES U-21). */
export const HEADERS = {
  'Cache-Control': 'no-store, no-transform',
  'X-Content-Type-Options': 'nosniff',
}

/** Lets only those in who have the desk's token. */
export const authorise: MiddlewareHandler<App> = async (c, next) => {
  const failure = await unauthorised(c.req.header('Authorization'), c.env)
  return failure ? problem(c, failure) : await next()
}

export const problem = (c: Context<App>, failure: Failure): Response =>
  problemResponse(failure, c.var.publication.siteUrl, HEADERS)

/** The media type of the body, one of those accepted, in UTF-8; else `unsupported-type`. */
export function mediaTypeOf<T extends string>(
  c: Context<App>,
  accepted: readonly T[],
  action: string,
  subject: string,
): Result<T> {
  const given = c.req.header('Content-Type') ?? ''
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

/** The whole body. Of one that is larger than the limit the rest is not read. */
export async function readBody(
  request: Request,
  action: string,
  subject: string,
  limit: number,
): Promise<Result<Uint8Array>> {
  const tooLarge = fail({ reason: 'too-large', action, subject, limit })
  if (Number(request.headers.get('Content-Length') ?? 0) > limit) return tooLarge
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of request.body ?? []) {
      length += chunk.byteLength
      if (length > limit) return tooLarge
      chunks.push(chunk)
    }
  } catch {
    // Broken chunks, or the client went away: what came so far is not what was meant.
    return fail({ reason: 'unparsable', action, subject, why: 'the body broke off' })
  }
  const body = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    body.set(chunk, offset)
    offset += chunk.byteLength
  }
  return ok(body)
}

/** Compared as digests, because the comparison in constant time wants equal lengths (RULES X-13). */
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
