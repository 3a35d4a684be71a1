/** What every handler gets: the settings, the shield of this isolate, and the answers they all give alike. */
import type { Context } from 'hono'
import { DESK_NAME } from '../desk/desk.ts'
import { type Failure, fail, ok, type Result } from '../failure.ts'
import { prefersHtml } from '../http/negotiation.ts'
import { failureCaching, failureHeaders, PROBLEMS, problemResponse } from '../http/problem.ts'
import type { Publication } from '../publication.ts'
import { HTML_TYPE } from '../views/layout.tsx'
import { renderNotice } from '../views/notice.tsx'
import { HEADER_POLICY } from '../views/style.ts'
import {
  type Content,
  type LinkRecord,
  linkTarget,
  type ReadDocument,
  readDocument,
  readLink,
  type Target,
} from '../wire.ts'
import type { Shield } from './shield.ts'

export type App = { Bindings: Env; Variables: { publication: Publication; shield: Shield } }

export const desk = (c: Context<App>) => c.env.DESK.getByName(DESK_NAME)

/** Readable from any page, never with credentials (RULES H-65). */
export const CORS: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'ETag, Link, Last-Modified, Retry-After',
}

/** What everything but the API allows, and what a browser that asks first is told. */
export const READ_METHODS = ['GET', 'HEAD', 'OPTIONS']
export const PREFLIGHT = {
  ...CORS,
  Allow: READ_METHODS.join(', '),
  'Access-Control-Allow-Methods': READ_METHODS.join(', '),
  'Access-Control-Allow-Headers':
    'Accept, A-IM, If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since',
  'Access-Control-Max-Age': '86400',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
}

/** Headers of every page. Only a site on https can ask that browsers keep to it. */
export const pageHeaders = (publication: Publication): Record<string, string> => ({
  'Content-Security-Policy': HEADER_POLICY,
  'Referrer-Policy': 'strict-origin-when-cross-origin',
  'Permissions-Policy': 'interest-cohort=()',
  ...(publication.siteUrl.startsWith('https:') && {
    'Strict-Transport-Security': 'max-age=31536000',
  }),
})

const unavailable: Failure = { reason: 'unavailable', retryAfterSeconds: 30 }

/** Asks the desk for an editor. One that does not answer is a failure like any other: nothing was acknowledged. */
export async function askDesk<T>(
  c: Context<App>,
  ask: (stub: ReturnType<typeof desk>) => Promise<Result<T>>,
): Promise<Result<T>> {
  try {
    return await ask(desk(c))
  } catch (cause) {
    console.error(JSON.stringify({ event: 'desk.failed', error: String(cause).slice(0, 300) }))
    return fail(unavailable)
  }
}

/** A document from the wire; on a miss from the desk, behind the shield. Never a 404 when a store failed. */
export async function findDocument(
  c: Context<App>,
  target: Target,
  what: string,
): Promise<Result<ReadDocument>> {
  return await find(
    c,
    target,
    what,
    () => readDocument(c.env.WIRE, target),
    (content) => {
      if (content.kind === 'redirect') return content
      if (content.kind !== 'document') return undefined
      const { validators, body } = content
      return { kind: 'document', validators, body: streamOf(body) }
    },
  )
}

/** The record of all codes with one folded form, likewise. */
export async function findLink(c: Context<App>, folded: string): Promise<Result<LinkRecord>> {
  return await find(
    c,
    linkTarget(folded),
    'this short link',
    () => readLink(c.env.WIRE, folded),
    (content) => (content.kind === 'link' ? content.record : undefined),
  )
}

async function find<T>(
  c: Context<App>,
  target: Target,
  what: string,
  read: () => Promise<T | undefined>,
  convert: (content: Content) => T | undefined,
): Promise<Result<T>> {
  try {
    const sent = await read()
    if (sent !== undefined) {
      c.var.shield.forget(target)
      return ok(sent)
    }
    const asked = await c
      .get('shield')
      .ask<Content>(target, clientOf(c), c.env.MISS_LIMIT, async () => {
        const answer = await desk(c).demand(target)
        const bytes =
          answer.ok && answer.value.kind === 'document' ? answer.value.validators.length : 100
        return { answer, bytes }
      })
    // No 404, and no feed of half the articles: readers would drop what is only late.
    if (!asked.ok) return asked.failure.reason === 'import-under-way' ? fail(unavailable) : asked
    const found = convert(asked.value)
    return found === undefined ? fail({ reason: 'not-found', what }) : ok(found)
  } catch (cause) {
    console.error(
      JSON.stringify({ event: 'read.failed', target, error: String(cause).slice(0, 300) }),
    )
    return fail(unavailable)
  }
}

const streamOf = (body: string): ReadableStream => new Response(body).body ?? new ReadableStream()

/** Whom the limiter counts: the platform's word for the client's address. Not kept, not logged. */
const clientOf = (c: Context<App>): string => c.req.header('CF-Connecting-IP') ?? 'unknown'

/** A failure for whoever asks: a small page for a browser, problem+json for everything else. */
export function answerFailure(c: Context<App>, failure: Failure): Response {
  const { publication } = c.var
  if (!prefersHtml(c.req.header('Accept')) || c.req.header('Accept') === undefined) {
    return problemResponse(failure, publication.siteUrl, { ...CORS, Vary: 'Accept' })
  }
  const { status, title, advice } = PROBLEMS[failure.reason]
  const page = renderNotice(publication, title, advice)
  return new Response(page, {
    status,
    headers: {
      'Content-Type': HTML_TYPE,
      'Cache-Control': failureCaching(failure),
      'X-Content-Type-Options': 'nosniff',
      Vary: 'Accept',
      ...pageHeaders(publication),
      ...CORS,
      ...failureHeaders(failure),
    },
  })
}
