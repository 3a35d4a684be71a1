/**
 * Short links: `/mheng` leads to its story in one hop, `/mheng+` tells where, `/mheng.svg` is its QR code. What was typed
 * or pasted is forgiven much (`pasted.ts`); a code that is none is answered with those that are near. 302, because editors
 * may move a story (docs/decisions/004-short-links.md); embargoed codes are answered like unknown ones.
 */
import { type Context, Hono } from 'hono'
import type { NearRow } from '../desk/ledger.ts'
import { type Failure, fail, ok, type Result } from '../failure.ts'
import { type LinkForm, readPasted } from '../pasted.ts'
import type { Publication } from '../publication.ts'
import { ROUTES } from '../urls.ts'
import type { LinkAnswer } from '../wire.ts'
import { type App, answerFailure, findLink } from './context.ts'
import { answerPicture, answerPreview, cachedFor, type Live } from './previews.ts'

/** The longest that a moved story is still found at its old place, in seconds. */
const MAX_AGE = 60

type Asked = Result<Live> | { ok: false; near: NearRow[] }

/** `now` in milliseconds. */
export function links(now: () => number): Hono<App> {
  const app = new Hono<App>()
  const answer = async (c: Context<App>): Promise<Response> => {
    const { publication } = c.var
    const asked = readPasted(c.req.path, hostsOf(publication))
    if (!asked) return answerFailure(c, unknown)
    const found = await findLive(c, asked.codes, Math.floor(now() / 1000))
    if ('near' in found) return answerUnknown(c, found.near)
    if (!found.ok) return answerFailure(c, found.failure)
    return await answerLive(c, found.value, asked.form, now)
  }
  app.get(ROUTES.link, answer)
  app.get(ROUTES.linkSlash, answer)
  // A scheme or host typed twice has slashes in it.
  app.get(ROUTES.any, async (c, next) =>
    readPasted(c.req.path, hostsOf(c.var.publication)) ? await answer(c) : await next(),
  )
  return app
}

const unknown: Failure = { reason: 'not-found', what: 'this short link' }

/** The first of the codes that is one; when none is, what is near to the first. `now` in seconds. */
async function findLive(c: Context<App>, codes: readonly string[], now: number): Promise<Asked> {
  let near: NearRow[] = []
  for (const code of codes) {
    const found = await findLink(c, code)
    if (!found.ok) return found
    if ('answer' in found.value) return liveOf(found.value.code, found.value.answer, now)
    near = near.length > 0 ? near : found.value.near
  }
  return { ok: false, near }
}

function liveOf(code: string, answer: LinkAnswer, now: number): Result<Live> {
  const what = 'this short link'
  if ('gone' in answer) {
    const { legal } = answer
    return fail(
      legal === undefined ? { reason: 'gone', what } : { reason: 'legal', what, why: legal },
    )
  }
  const over = answer.until !== undefined && answer.until <= now
  return over ? fail({ reason: 'expired', what }) : ok({ code, answer })
}

function answerLive(
  c: Context<App>,
  live: Live,
  form: LinkForm,
  now: () => number,
): Response | Promise<Response> {
  switch (form) {
    case 'link':
      return follow(live, now)
    case 'preview':
    case 'preview-json':
      return answerPreview(c, live, form, now)
    case 'picture':
      return answerPicture(c, live, now)
    default:
      return form satisfies never
  }
}

/** Nothing of the request but the code decides where it leads: no query, no header (RULES L-11, L-13). */
function follow(live: Live, now: () => number): Response {
  const { to } = live.answer
  return new Response(null, {
    status: 302,
    headers: {
      Location: to,
      'Cache-Control': cachedFor(MAX_AGE, live, now),
      Link: `<${to}>; rel="canonical"`,
      'Referrer-Policy': 'strict-origin-when-cross-origin',
      'X-Content-Type-Options': 'nosniff',
    },
  })
}

function answerUnknown(c: Context<App>, _: NearRow[]): Response {
  return answerFailure(c, unknown)
}

const hosts = new WeakMap<Publication, ReadonlySet<string>>()

function hostsOf(publication: Publication): ReadonlySet<string> {
  const known = hosts.get(publication)
  if (known) return known
  const own = new Set([publication.siteUrl, publication.shortUrl].map((url) => new URL(url).host))
  hosts.set(publication, own)
  return own
}
