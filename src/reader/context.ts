/** What every handler gets: the settings, memory and shield of this isolate, and the answers they all give alike. */
import type { Context } from 'hono'
import { type CodeLookUp, DESK_NAME, type NearRow, type Overview } from '../desk/protocol.ts'
import { bodyOf } from '../http/coding.ts'
import { prefersHtml } from '../http/negotiation.ts'
import { failureCaching, failureHeaders, PROBLEMS, problemResponse } from '../http/problem.ts'
import { wantsBody } from '../http/representation.ts'
import { exactCode, foldCode } from '../model/code.ts'
import { type Failure, fail, ok, type Reason, type Result } from '../model/failures.ts'
import type { LinkAnswer } from '../model/link.ts'
import type { Publication } from '../model/publication.ts'
import { STORAGE_REASONS } from '../model/storage-failures.ts'
import { HTML_TYPE } from '../views/layout.tsx'
import { renderLegalNotice, renderNotice } from '../views/notice.tsx'
import { HEADER_POLICY } from '../views/style.ts'
import {
  type Content,
  DamagedValue,
  readDocument,
  readLink,
  type Validators,
} from '../wire/store.ts'
import { linkTarget, type Target } from '../wire/targets.ts'
import { clientKey } from './client-key.ts'
import { compareClocks } from './clock.ts'
import type { Known, Memory } from './memory.ts'
import { MEMORY_MS, type Shield } from './shield.ts'
import { failureOf } from './trouble.ts'

export type App = {
  Bindings: Env
  /** `now` in milliseconds. */
  Variables: { publication: Publication; memory: Memory; shield: Shield; now: () => number }
}

export const desk = (c: Context<App>) => c.env.DESK.getByName(DESK_NAME)

/** Readable from any page, never with credentials (RULES H-65). */
export const CORS: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers':
    'ETag, Link, Last-Modified, Retry-After, IM, Delta-Base, Content-Location',
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

/** How long an isolate remembers that a code is none: one that is given meanwhile is found on the wire before. */
const UNKNOWN_CODE_MS = 60_000
const unavailable: Failure = { reason: 'unavailable', retryAfterSeconds: 30 }

/**
 * Asks the desk for an editor. One that does not answer is a failure like any other: nothing was
 * acknowledged. `action` is what the editor wants, for the sentence of a failure of storage.
 */
export async function askDesk<T>(
  c: Context<App>,
  ask: (stub: ReturnType<typeof desk>) => Promise<Result<T>>,
  action = 'answer',
): Promise<Result<T>> {
  try {
    return await ask(desk(c))
  } catch (cause) {
    console.error(JSON.stringify({ event: 'desk.failed', error: String(cause).slice(0, 300) }))
    return fail(await failureOf(c.env, action, cause))
  }
}

/** What closes the desk and is no business of readers: they are told to come again. */
const CLOSED: readonly Reason[] = ['import-under-way', ...STORAGE_REASONS]

/** Where the shield remembers what the desk said of its health. */
export const HEALTH_KEY = 'health'

/**
 * What this isolate makes of what the desk says of itself. A rebuild ends what its memory holds
 * against KV, until what the rebuild deletes is gone from there; a clock that is ahead is set
 * right.
 */
export async function followDesk(c: Context<App>, overview: Overview): Promise<void> {
  if (overview.rebuilding) c.get('memory').noteRebuild(true)
  else if (overview.backlog === 0) c.get('memory').noteRebuild(false)
  await compareClocks(c.env, overview.now, c.get('now'))
}

/** A desk that is closed now may be open with the next request. */
const NOT_REMEMBERED = Number.POSITIVE_INFINITY

type Found<K extends Known['kind']> = Result<Extract<Known, { kind: K }>>

/**
 * A document from memory or the wire; on a miss from the desk, behind the shield. Never a 404 when a store failed. It
 * has its body when that is `wanted`: by default when `wantsBody` says that the answer to this request has one.
 */
export async function findDocument(
  c: Context<App>,
  target: Target,
  what: string,
  wanted = (validators: Validators): boolean => wantsBody(c.req.raw, validators),
): Promise<Found<'document' | 'redirect'>> {
  return await find(
    c,
    target,
    what,
    async () => {
      const read = await readDocument(c.env.WIRE, target)
      if (read?.kind !== 'document') return read
      const { kind, validators } = read
      const kept = c.get('memory').bodyOf(target, validators.etag)
      if (!kept && wanted(validators)) return { kind, validators, body: await read.body() }
      read.discard()
      return { kind, validators, body: kept }
    },
    (known) => {
      if (known.kind === 'link') return undefined
      const serves = known.kind === 'redirect' || known.body || !wanted(known.validators)
      return serves ? known : undefined
    },
  )
}

/** A code as it was given, with its answer. */
export type KnownCode = { code: string; answer: LinkAnswer }

/** What memory or the wire say of a code as it was typed; `undefined` when they say nothing. Whoever asks is never slowed. */
export const recallLink = (
  c: Context<App>,
  typed: string,
): Promise<Result<KnownCode | undefined>> =>
  withStores(linkTarget(foldCode(typed)), async (target) => {
    const memory = c.get('memory')
    const seconds = c.get('publication').memorySeconds
    const recalled = linkIn(memory.recall(target, seconds), typed)
    if (recalled) return ok(recalled)
    const { sent, damaged } = await askWire(memory, target, seconds, async () => {
      const record = await readLink(c.env.WIRE, foldCode(typed))
      return record && { kind: 'link', record }
    })
    const found = linkIn(sent, typed)
    if (found) c.get('shield').forget(target)
    if (found || !damaged) return ok(found)
    const told = await lookUpLink(c, typed, true)
    return told.ok ? ok('answer' in told.value ? told.value : undefined) : told
  })

/**
 * What the desk says of a code that the wire does not have; for one that is none, those that may
 * have been meant. It is asked once a minute for each code in each isolate. `CODE_LIMIT` says how
 * many a client may ask for that are none: codes that the wire does not have yet, as after an
 * import, count for nothing. `damaged`: what the wire has is of no use, and is to be sent again.
 */
export const lookUpLink = (
  c: Context<App>,
  typed: string,
  damaged = false,
): Promise<Result<KnownCode | { near: NearRow[] }>> =>
  withStores<KnownCode | { near: NearRow[] }>(linkTarget(foldCode(typed)), async (target) => {
    const client = clientOf(c)
    const asked = await c.get('shield').ask<CodeLookUp>(
      target,
      client,
      async () => {
        const answer = await desk(c).lookUpCode(typed, damaged)
        // What the shield says later is older than what the wire may say by then.
        if (answer.ok)
          c.get('memory').learn(target, c.get('publication').memorySeconds, linkOf(answer.value))
        const unknown = answer.ok && linkIn(linkOf(answer.value), typed) === undefined
        const overspent = unknown && !(await c.env.CODE_LIMIT.limit({ key: client })).success
        return { answer, bytes: answer.ok ? 1000 : NOT_REMEMBERED, overspent }
      },
      // What is damaged once more is to be told again before a minute has passed.
      damaged ? MEMORY_MS : UNKNOWN_CODE_MS,
    )
    if (!asked.ok) return CLOSED.includes(asked.failure.reason) ? fail(unavailable) : asked
    return ok(linkIn(linkOf(asked.value), typed) ?? { near: asked.value.near })
  })

/** A store that fails is told of, and is 503 for whoever asked: never a 404. */
async function withStores<T>(
  target: Target,
  work: (target: Target) => Promise<Result<T>>,
): Promise<Result<T>> {
  try {
    return await work(target)
  } catch (cause) {
    console.error(
      JSON.stringify({ event: 'read.failed', target, error: String(cause).slice(0, 300) }),
    )
    return fail(unavailable)
  }
}

const linkOf = ({ record }: CodeLookUp): Known | undefined => record && { kind: 'link', record }

function linkIn(known: Known | undefined, typed: string): KnownCode | undefined {
  if (known?.kind !== 'link') return undefined
  const { codes } = known.record
  const code = exactCode(codes, typed) ?? ''
  const answer = codes[code]
  return answer && { code, answer }
}

/**
 * What memory or the wire say. A value that is `damaged` is served to nobody: it counts as one that
 * is not there.
 */
async function askWire(
  memory: Memory,
  target: Target,
  seconds: number,
  read: () => Promise<Known | undefined>,
): Promise<{ sent: Known | undefined; damaged: boolean }> {
  let damaged = false
  const sent = await memory.ask(target, seconds, async () => {
    try {
      return await read()
    } catch (cause) {
      if (!(cause instanceof DamagedValue)) throw cause
      damaged = true
      console.warn(JSON.stringify({ event: 'wire.damaged', error: cause.message.slice(0, 300) }))
      return undefined
    }
  })
  return { sent, damaged }
}

/** `suitable` gives back what answers this request, and nothing when more must be read. */
const find = <T extends Known>(
  c: Context<App>,
  target: Target,
  what: string,
  read: () => Promise<Known | undefined>,
  suitable: (known: Known) => T | undefined,
): Promise<Result<T>> =>
  withStores<T>(target, async () => {
    // One by one: `c.var` makes a copy of all at every look.
    const memory = c.get('memory')
    const seconds = c.get('publication').memorySeconds
    const recalled = memory.recall(target, seconds)
    const known = recalled && suitable(recalled)
    if (known) return ok(known)
    const { sent, damaged } = await askWire(memory, target, seconds, read)
    const right = sent && suitable(sent)
    if (right) {
      c.get('shield').forget(target)
      return ok(right)
    }
    const client = clientOf(c)
    const asked = await c.get('shield').ask<Content>(target, client, async () => {
      let overspent = false
      // Rendering is what costs: the desk asks before it does, and only when there is something to
      // render.
      const mayRender = async (): Promise<boolean> => {
        overspent = !(await isWithin(c, 'documents', client))
        return !overspent
      }
      const answer = await desk(c).demand(target, damaged, mayRender)
      if (!answer.ok) return { answer, bytes: NOT_REMEMBERED }
      if (overspent) return { bytes: 0, overspent }
      const { value } = answer
      if (value.kind === 'document') return { answer, bytes: value.validators.length }
      const unknown = value.kind === 'absent'
      return { answer, bytes: 100, overspent: unknown && !(await isWithin(c, 'unknown', client)) }
    })
    if (!asked.ok) {
      // No 404, and no feed of half the articles: readers would drop what is only late. What is known is no miss.
      const late = CLOSED.includes(asked.failure.reason) || sent !== undefined
      return late ? fail(unavailable) : asked
    }
    const told = knownOf(asked.value)
    memory.learn(target, seconds, told)
    const found = told && suitable(told)
    return found ? ok(found) : fail({ reason: 'not-found', what })
  })

function knownOf(content: Content): Known | undefined {
  switch (content.kind) {
    case 'absent':
      return undefined
    case 'document': {
      const { kind, validators, body, notes } = content
      const noted = notes === undefined ? {} : { notes: new Blob([notes]) }
      return { kind, validators, body: { ...bodyOf(body), ...noted } }
    }
    default:
      return content
  }
}

/** Whom the limiter counts. Not kept, not logged. */
const clientOf = (c: Context<App>): string =>
  clientKey(c.req.raw, c.get('publication').trustedProxy, c.env)

/**
 * One budget each for what is unknown and for documents that nobody asked for before: a limiter
 * counts each key by itself.
 */
const isWithin = async (
  c: Context<App>,
  budget: 'unknown' | 'documents',
  client: string,
): Promise<boolean> => (await c.env.MISS_LIMIT.limit({ key: `${budget}:${client}` })).success

/** Whether a person asks: `Accept` is there and wants no JSON more than HTML. Who says nothing is a program. */
export function wantsPage(c: Context<App>): boolean {
  const accept = c.req.header('Accept')
  return accept !== undefined && prefersHtml(accept)
}

/** A failure for whoever asks: a small page for a browser, problem+json for everything else. */
export function answerFailure(c: Context<App>, failure: Failure): Response {
  const { publication } = c.var
  if (!wantsPage(c)) {
    return problemResponse(failure, publication.siteUrl, { ...CORS, Vary: 'Accept' })
  }
  const { status, title, advice } = PROBLEMS[failure.reason]
  const page =
    failure.reason === 'legal'
      ? renderLegalNotice(publication, failure.why, failure.when)
      : renderNotice(publication, title, advice, {
          ...('near' in failure && { near: failure.near }),
          ...('when' in failure && { when: failure.when }),
        })
  return new Response(page, {
    status,
    headers: {
      'Content-Type': HTML_TYPE,
      'Cache-Control': failureCaching(failure),
      'X-Content-Type-Options': 'nosniff',
      Vary: 'Accept',
      ...pageHeaders(publication),
      ...CORS,
      ...failureHeaders(failure, publication.siteUrl),
    },
  })
}
