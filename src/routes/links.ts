/**
 * Short links: `/mheng` leads to its story in one hop, `/mheng+` tells where, `/mheng.svg` is its
 * QR code. What was typed or pasted is forgiven much (`pasted.ts`); a code that is none is answered
 * with those that are near. 302, because editors may move a story
 * (docs/decisions/004-short-links.md); embargoed codes are answered like unknown ones.
 */
import { type Context, Hono } from 'hono'
import type { NearRow } from '../desk/protocol.ts'
import { NO_SNIFFING } from '../http/headers.ts'
import { type Failure, fail, ok, type Result } from '../model/failures.ts'
import { hostsOf } from '../model/hosts.ts'
import { type Form, readPasted } from '../model/pasted.ts'
import type { Publication } from '../model/publication.ts'
import { OLDER_CODE, ROUTES, shortLink } from '../model/urls.ts'
import type { KnownCode } from '../reader/links.ts'
import type { Reader } from '../reader/reader.ts'
import type { App } from '../serving/app-type.ts'
import { answerFailure } from '../serving/failure-answer.ts'
import { ageOf } from '../text/time.ts'
import {
  answerPicture,
  answerPreview,
  cachedFor,
  type Live,
  STORY_BEHIND_LINK,
  takenBack,
} from './previews.ts'

/** The longest that a moved story is still found at its old place, in seconds. */
const MAX_AGE = 60

const PAGE_NOT_FOUND: Failure = { reason: 'not-found', what: 'this page' }

type Asked = Result<Live> | { ok: false; near: NearRow[] }

/** `now` in milliseconds. */
export function links(now: () => number): Hono<App> {
  const app = new Hono<App>()
  const answer = async (c: Context<App>): Promise<Response> => {
    const { raw: request } = c.req
    const reader = c.get('reader')
    const { publication } = reader
    const asked = readPasted(c.req.path, hostsOf(publication))
    if (!asked) return answerFailure(request, publication, PAGE_NOT_FOUND)
    const found = await findLive(request, reader, asked.codes, Math.floor(now() / 1000))
    if ('near' in found) return answerUnknown(request, publication, found.near)
    if (!found.ok) return answerFailure(request, publication, found.failure)
    return await answerLive(request, reader, found.value, asked.form, now)
  }
  app.get(ROUTES.link, answer)
  app.get(ROUTES.linkSlash, answer)
  // A scheme or host typed twice has slashes in it.
  app.get(ROUTES.any, async (c, next) =>
    readPasted(c.req.path, hostsOf(c.get('publication'))) ? await answer(c) : await next(),
  )
  return app
}

/**
 * How long an isolate does not ask again whether a name of an address is a code, in milliseconds.
 */
const NO_CODE_MS = 60_000

/**
 * Codes that are older than an address of the same name: what is in print goes on leading to its
 * story, and the address gives way on the host of the short links. Such a code can only come with a
 * ledger, so of names that are none the wire is asked once a minute. `now` in milliseconds.
 */
export function olderCodes(now: () => number): Hono<App> {
  const app = new Hono<App>()
  /** When a name was found to be no code. */
  const noCodes = new Map<string, number>()
  app.get(OLDER_CODE, async (c, next) => {
    const name = c.req.param('code')
    const isShort = new URL(c.req.url).host === new URL(c.get('publication').shortUrl).host
    const asked = noCodes.get(name ?? '') ?? Number.NEGATIVE_INFINITY
    if (name === undefined || !isShort || ageOf(asked, now()) < NO_CODE_MS) return await next()
    const { raw: request } = c.req
    const reader = c.get('reader')
    const found = await reader.recallLink(request, name)
    // The address answers although a store that fails is in doubt about the code.
    if (!found.ok) return await next()
    if (found.value) {
      const live = liveOf(found.value, Math.floor(now() / 1000))
      return live.ok
        ? follow(live.value, now)
        : answerFailure(request, reader.publication, live.failure)
    }
    noCodes.set(name, now())
    return await next()
  })
  return app
}

/**
 * The first of the codes that is one; when none is, what is near to the first. The desk is asked
 * when the wire knows none of them: what is known in another reading is no miss. `now` in seconds.
 */
async function findLive(
  request: Request,
  reader: Reader,
  codes: readonly string[],
  now: number,
): Promise<Asked> {
  for (const code of codes) {
    const found = await reader.recallLink(request, code)
    if (!found.ok) return found
    if (found.value) return liveOf(found.value, now)
  }
  let near: NearRow[] = []
  for (const code of codes) {
    const found = await reader.lookUpLink(request, code)
    if (!found.ok) return found
    if ('answer' in found.value) return liveOf(found.value, now)
    near = near.length > 0 ? near : found.value.near
  }
  return { ok: false, near }
}

function liveOf({ code, answer }: KnownCode, now: number): Result<Live> {
  const what = 'this short link'
  if ('gone' in answer) return fail(takenBack(answer.page ? what : STORY_BEHIND_LINK, answer))
  const over = answer.until !== undefined && answer.until <= now
  return over ? fail({ reason: 'expired', what }) : ok({ code, answer })
}

function answerLive(
  request: Request,
  reader: Reader,
  live: Live,
  form: Form,
  now: () => number,
): Response | Promise<Response> {
  switch (form) {
    case 'link':
      return follow(live, now)
    case 'preview':
    case 'preview-json':
      return answerPreview(request, reader, live, form, now)
    case 'picture':
      return answerPicture(request, reader.publication, live, now)
    default:
      return form satisfies never
  }
}

/**
 * Nothing of the request but the code decides where it leads: no query, no header (rules L-11,
 * L-13).
 */
function follow(live: Live, now: () => number): Response {
  const { answer } = live
  const headers =
    answer.until === undefined
      ? headersOf(answer)
      : headersTo(answer.to, cachedFor(MAX_AGE, live, now))
  return new Response(null, { status: 302, headers })
}

const made = new WeakMap<object, Headers>()

/**
 * Made once for as long as the isolate remembers the answer: the copy that a response takes costs
 * less than headers anew.
 */
function headersOf(answer: Live['answer']): Headers {
  const known = made.get(answer)
  if (known) return known
  const headers = headersTo(answer.to, `public, max-age=${MAX_AGE}`)
  made.set(answer, headers)
  return headers
}

const headersTo = (to: string, cacheControl: string): Headers =>
  new Headers({
    Location: to,
    'Cache-Control': cacheControl,
    Link: `<${to}>; rel="canonical"`,
    'Referrer-Policy': 'strict-origin-when-cross-origin',
    ...NO_SNIFFING,
  })

/** The code itself is not said again: whatever it was, it stands in no page of ours (rule X-21). */
function answerUnknown(request: Request, publication: Publication, rows: NearRow[]): Response {
  const near = rows.map(({ code, title, language }) => ({
    code,
    url: shortLink(publication, code),
    title,
    language,
  }))
  return answerFailure(request, publication, { reason: 'unknown-code', near })
}
