/**
 * Short links: `/mheng` leads to its story in one hop. 302, because editors may move a story
 * (docs/decisions/004-short-links.md); unknown, embargoed and misspelt codes are answered alike.
 */
import { type Context, Hono } from 'hono'
import { CODE_GRAMMAR, foldCode } from '../code.ts'
import type { Failure } from '../failure.ts'
import { ROUTES } from '../urls.ts'
import { resolveLink } from '../wire.ts'
import { type App, answerFailure, findLink } from './context.ts'

/** The longest that a moved story is still found at its old place. */
const CACHE_CONTROL = 'public, max-age=60'

const unknown: Failure = { reason: 'not-found', what: 'this short link' }

export const links = new Hono<App>()

links.get(ROUTES.link, (c) => follow(c, c.req.param('code')))
links.get(ROUTES.linkSlash, (c) => follow(c, c.req.param('code')))

/** Nothing of the request but the code decides where it leads: no query, no header (RULES L-11, L-13). */
async function follow(c: Context<App>, code: string): Promise<Response> {
  if (!CODE_GRAMMAR.test(code)) return answerFailure(c, unknown)
  const found = await findLink(c, foldCode(code))
  if (!found.ok) return answerFailure(c, found.failure)
  const answer = resolveLink(found.value, code)
  if (answer === undefined) return answerFailure(c, unknown)
  if ('gone' in answer) return answerFailure(c, { reason: 'gone', what: 'this short link' })
  return new Response(null, { status: 302, headers: headersOf(answer) })
}

const made = new WeakMap<object, Headers>()

/** Made once for as long as the isolate remembers the answer: the copy that a response takes costs less than headers anew. */
function headersOf(answer: { to: string }): Headers {
  const known = made.get(answer)
  if (known) return known
  const headers = new Headers({
    Location: answer.to,
    'Cache-Control': CACHE_CONTROL,
    Link: `<${answer.to}>; rel="canonical"`,
    'Referrer-Policy': 'strict-origin-when-cross-origin',
    'X-Content-Type-Options': 'nosniff',
  })
  made.set(answer, headers)
  return headers
}
