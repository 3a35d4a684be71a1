/**
 * Short links: `/mheng` redirects to its story in one hop, `/mheng+` is a preview, `/mheng.svg` a
 * QR code.
 *
 * Typing and pasting errors are tolerated (`model/pasted-code.ts`). For an unknown code the
 * response lists similar ones. The status is 302, because editors may move a story
 * (docs/decisions/004-short-links.md). Embargoed codes get the same response as unknown ones.
 */
import { type Context, Hono } from 'hono'
import type { SimilarCode } from '../desk/protocol.ts'
import { NO_SNIFF_HEADERS } from '../http/headers.ts'
import { type Failure, fail, ok, type Result } from '../model/failures.ts'
import { getOwnHosts } from '../model/hosts.ts'
import { type LinkForm, parsePastedCode } from '../model/pasted-code.ts'
import type { Publication } from '../model/publication.ts'
import { OLDER_CODE_PATTERN, ROUTES, shortLink } from '../model/urls.ts'
import type { ResolvedCode } from '../reader/links.ts'
import type { Reader } from '../reader/reader.ts'
import type { AppEnv } from '../serving/app-type.ts'
import { respondWithFailure } from '../serving/failure-response.ts'
import { omitUndefined } from '../text/json.ts'
import { getAge } from '../text/time.ts'
import {
  formatLinkCacheControl,
  type LiveLink,
  respondWithPreview,
  respondWithQrCode,
  STORY_BEHIND_LINK,
  toWithdrawnFailure,
} from './previews.ts'

/**
 * How long clients cache a redirect, in seconds. For this long, they may request a moved story at
 * its old address.
 */
const MAX_AGE_SECONDS = 60

const PAGE_NOT_FOUND: Failure = { reason: 'not-found', subject: 'this page' }

type LiveLinkResult = Result<LiveLink> | { ok: false; similarCodes: SimilarCode[] }

/** `now` returns milliseconds. */
export function createLinkRoutes(now: () => number): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  const handle = async (c: Context<AppEnv>): Promise<Response> => {
    const { raw: request } = c.req
    const reader = c.get('reader')
    const { publication } = reader
    const pasted = parsePastedCode(c.req.path, getOwnHosts(publication))
    if (!pasted) return respondWithFailure(request, publication, PAGE_NOT_FOUND)
    const found = await findLiveLink(request, reader, pasted.codes, Math.floor(now() / 1000))
    if ('similarCodes' in found)
      return respondWithSimilarCodes(request, publication, found.similarCodes)
    if (!found.ok) return respondWithFailure(request, publication, found.failure)
    return await respondWithLink(request, reader, found.value, pasted.form, now)
  }
  app.get(ROUTES.link, handle)
  app.get(ROUTES.linkSlash, handle)
  // Matches pasted links with slashes, such as one whose scheme or host was typed twice.
  app.get(ROUTES.any, async (c, next) =>
    parsePastedCode(c.req.path, getOwnHosts(c.get('publication'))) ? await handle(c) : await next(),
  )
  return app
}

/** How long an isolate caches that a reserved name is not a code, in milliseconds. */
const UNKNOWN_NAME_MAX_AGE_MS = 60_000

/**
 * Serves codes that are older than an address of the same name. They may be printed, so they keep
 * redirecting to their stories: on the host of the short links they take precedence over the
 * address. For names that are not codes, an isolate reads KV at most once a minute. `now` returns
 * milliseconds.
 */
export function createOlderCodeRoutes(now: () => number): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  /** When each name was last found not to be a code, in milliseconds. */
  const unknownNames = new Map<string, number>()
  app.get(OLDER_CODE_PATTERN, async (c, next) => {
    const name = c.req.param('code')
    const isShortHost = new URL(c.req.url).host === new URL(c.get('publication').shortUrl).host
    const checkedAt = unknownNames.get(name ?? '') ?? Number.NEGATIVE_INFINITY
    if (name === undefined || !isShortHost || getAge(checkedAt, now()) < UNKNOWN_NAME_MAX_AGE_MS)
      return await next()
    const { raw: request } = c.req
    const reader = c.get('reader')
    const found = await reader.findLink(request, name)
    // If a store fails, nobody knows whether the code exists, so the address is served.
    if (!found.ok) return await next()
    if (found.value) {
      const live = toLiveLink(found.value, Math.floor(now() / 1000))
      return live.ok
        ? redirectLink(live.value, now)
        : respondWithFailure(request, reader.publication, live.failure)
    }
    unknownNames.set(name, now())
    return await next()
  })
  return app
}

/**
 * Returns the answer of the first code that exists. If none exists, returns the codes similar to
 * the first one that has similar codes. `codes` are the interpretations of one typed text. The desk
 * is called only if KV has none of them, so that a wrong interpretation is not counted as an
 * unknown code. `now` is in seconds.
 */
async function findLiveLink(
  request: Request,
  reader: Reader,
  codes: readonly string[],
  now: number,
): Promise<LiveLinkResult> {
  for (const code of codes) {
    const found = await reader.findLink(request, code)
    if (!found.ok) return found
    if (found.value) return toLiveLink(found.value, now)
  }
  let similarCodes: SimilarCode[] = []
  for (const code of codes) {
    const found = await reader.lookUpLink(request, code)
    if (!found.ok) return found
    if ('answer' in found.value) return toLiveLink(found.value, now)
    similarCodes = similarCodes.length > 0 ? similarCodes : found.value.similarCodes
  }
  return { ok: false, similarCodes }
}

function toLiveLink({ code, answer }: ResolvedCode, now: number): Result<LiveLink> {
  const subject = 'this short link'
  if ('gone' in answer)
    return fail(toWithdrawnFailure(answer.page ? subject : STORY_BEHIND_LINK, answer))
  const isExpired = answer.until !== undefined && answer.until <= now
  return isExpired ? fail({ reason: 'expired', subject }) : ok({ code, answer })
}

function respondWithLink(
  request: Request,
  reader: Reader,
  live: LiveLink,
  form: LinkForm,
  now: () => number,
): Response | Promise<Response> {
  switch (form) {
    case 'link':
      return redirectLink(live, now)
    case 'preview':
    case 'preview-json':
      return respondWithPreview(request, reader, live, form, now)
    case 'picture':
      return respondWithQrCode(request, reader.publication, live, now)
    default:
      return form satisfies never
  }
}

/**
 * Redirects to the link's destination. The query and the headers of the request have no influence.
 */
function redirectLink(live: LiveLink, now: () => number): Response {
  const { answer } = live
  const headers =
    answer.until === undefined
      ? getRedirectHeaders(answer)
      : buildRedirectHeaders(answer.to, formatLinkCacheControl(MAX_AGE_SECONDS, live, now))
  return new Response(null, { status: 302, headers })
}

const cachedHeaders = new WeakMap<object, Headers>()

/**
 * Returns the headers of a redirect. They are built only once while the isolate caches the answer,
 * because copying them is cheaper than building them for each response.
 */
function getRedirectHeaders(answer: LiveLink['answer']): Headers {
  const cached = cachedHeaders.get(answer)
  if (cached) return cached
  const headers = buildRedirectHeaders(answer.to, `public, max-age=${MAX_AGE_SECONDS}`)
  cachedHeaders.set(answer, headers)
  return headers
}

const buildRedirectHeaders = (to: string, cacheControl: string): Headers =>
  new Headers({
    Location: to,
    'Cache-Control': cacheControl,
    Link: `<${to}>; rel="canonical"`,
    'Referrer-Policy': 'strict-origin-when-cross-origin',
    ...NO_SNIFF_HEADERS,
  })

/** Responds to an unknown code with similar codes, and does not repeat the unknown one. */
function respondWithSimilarCodes(
  request: Request,
  publication: Publication,
  rows: SimilarCode[],
): Response {
  const near = rows.map(({ code, title, language }) => ({
    code,
    url: shortLink(publication, code),
    title,
    ...omitUndefined({ language }),
  }))
  return respondWithFailure(request, publication, { reason: 'unknown-code', near })
}
