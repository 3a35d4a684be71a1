/**
 * The editor's side of short links: codes for pages of the publisher's own hosts, more codes for an article, and what was
 * asked for in vain (docs/decisions/020-links.md). Codes of articles are shown here too; they follow their articles.
 */
import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import {
  type KnownLink,
  type LinkOutcome,
  type MissRow,
  revisionOfLink,
  revisionTag,
} from '../desk/protocol.ts'
import { describedBy, LinksSchema } from '../model/answers.ts'
import { CODE_GRAMMAR } from '../model/code.ts'
import { type Failure, fail, ok, type Result } from '../model/failures.ts'
import { toFault } from '../model/faults.ts'
import { prepareLink, RemovalSchema } from '../model/link.ts'
import { LIMITS } from '../model/rules.ts'
import { apiLinkPath, apiLinksPath, ROUTES } from '../model/urls.ts'
import { type App, askDesk } from '../reader/context.ts'
import { linkOutline, linkReceipt, missesReport } from './link-receipt.ts'
import { conditionsOf, HEADERS, mediaTypeOf, problem, readObject } from './requests.ts'
import { learnCode } from './retargeting.ts'

/** An address and a title of the greatest length, every character escaped, and room to spare. */
export const MAX_LINK_BYTES = 32 * 1024
export const LINKS_PAGE_LENGTH = 1000
export const MISSES_LISTED = { usual: 100, most: 1000 }
const MAX_REMOVAL_BYTES = 16 * LIMITS.reasonCharacters

/** `now` in milliseconds: whether a link has expired is told by it. */
export function linksApi(now: () => number): Hono<App> {
  const app = new Hono<App>()
  const second = (): number => Math.floor(now() / 1000)

  app.put(ROUTES.apiLink, async (c) => {
    const code = c.req.param('code')
    const subject = code.slice(0, 100)
    const type = mediaTypeOf(c, ['application/json'], 'change', subject)
    if (!type.ok) return problem(c, type.failure)
    const body = await readObject(c.req.raw, 'change', subject, MAX_LINK_BYTES)
    if (!body.ok) return problem(c, body.failure)
    const draft = prepareLink(body.value, code, c.var.publication)
    if (!draft.ok) return problem(c, draft.failure)
    const outcome = await askDesk<LinkOutcome>(
      c,
      (stub) => stub.putLink(draft.value, conditionsOf(c)),
      `change "${subject}"`,
    )
    return await answerChange(c, outcome, second())
  })

  app.delete(ROUTES.apiLink, async (c) => {
    const code = c.req.param('code')
    if (!CODE_GRAMMAR.test(code)) return problem(c, unknownLink('remove', code))
    const legal = await readLegal(c, code)
    if (!legal.ok) return problem(c, legal.failure)
    const outcome = await askDesk<LinkOutcome>(
      c,
      (stub) => stub.removeLink(code, legal.value, conditionsOf(c)),
      `remove "${code}"`,
    )
    return await answerChange(c, outcome, second())
  })

  app.get(ROUTES.apiLink, async (c) => {
    const code = c.req.param('code')
    if (!CODE_GRAMMAR.test(code)) return problem(c, unknownLink('show', code))
    const shown = await askDesk<KnownLink>(c, (stub) => stub.showLink(code))
    if (!shown.ok) return problem(c, shown.failure)
    // Never 304: that other codes fold alike, or that its time is over, changes what is told and not the revision.
    const headers = { ...HEADERS, ETag: revisionTag(revisionOfLink(shown.value)) }
    return c.json(linkOutline(shown.value, c.var.publication, second()), 200, headers)
  })

  app.get(ROUTES.apiLinks, async (c) => {
    const after = c.req.query('after') ?? ''
    if (after !== '' && !CODE_GRAMMAR.test(after))
      return problem(c, badQuery('list links', 'after is not a code'))
    const listed = await askDesk<KnownLink[]>(c, (stub) =>
      stub.listLinks(after, LINKS_PAGE_LENGTH + 1),
    )
    if (!listed.ok) return problem(c, listed.failure)
    const page = listed.value.slice(0, LINKS_PAGE_LENGTH)
    const last = page.at(-1)
    const more = listed.value.length > LINKS_PAGE_LENGTH
    const next = more && last ? apiLinksPath(last.code) : undefined
    const links = page.map((link) => linkOutline(link, c.var.publication, second()))
    return c.json(describedBy(LinksSchema, { links, ...(next && { next }) }), 200, {
      ...HEADERS,
      ...(next && { Link: `<${next}>; rel="next"` }),
    })
  })

  app.get(ROUTES.apiMisses, async (c) => {
    const limit = c.req.query('limit') ?? String(MISSES_LISTED.usual)
    if (!/^[1-9]\d{0,3}$/.test(limit) || Number(limit) > MISSES_LISTED.most)
      return problem(
        c,
        badQuery('list misses', `limit is not a whole number from 1 to ${MISSES_LISTED.most}`),
      )
    const rows = await askDesk<MissRow[]>(c, (stub) => stub.misses(Number(limit)))
    return rows.ok ? c.json(missesReport(rows.value), 200, HEADERS) : problem(c, rows.failure)
  })

  for (const [path, allowed] of [
    [ROUTES.apiLink, ['GET', 'HEAD', 'PUT', 'DELETE']],
    [ROUTES.apiLinks, ['GET', 'HEAD', 'POST']],
    [ROUTES.apiMisses, ['GET', 'HEAD']],
  ] as const) {
    app.all(path, (c) =>
      problem(c, { reason: 'method-not-allowed', method: c.req.method, allowed: [...allowed] }),
    )
  }
  return app
}

const badQuery = (action: string, why: string): Failure => ({ reason: 'bad-query', action, why })
const unknownLink = (action: string, code: string): Failure => ({
  reason: 'unknown-link',
  action,
  code: code.slice(0, 100),
})

/** `now` in seconds. What was changed is seen here before it is acknowledged. */
async function answerChange(
  c: Context<App>,
  outcome: Result<LinkOutcome>,
  now: number,
): Promise<Response> {
  if (!outcome.ok) return problem(c, outcome.failure)
  const { link, created, changed } = outcome.value
  if (changed) await learnCode(c, link.code)
  return c.json(linkReceipt(outcome.value, c.var.publication, now), created ? 201 : 200, {
    ...HEADERS,
    ETag: revisionTag(revisionOfLink(link)),
    ...(created && { Location: apiLinkPath(link.code) }),
  })
}

async function readLegal(c: Context<App>, code: string): Promise<Result<string | undefined>> {
  const body = await readObject(c.req.raw, 'remove', code, MAX_REMOVAL_BYTES)
  if (!body.ok) return body
  const removal = v.safeParse(RemovalSchema, body.value)
  if (removal.success) return ok(removal.output.legal)
  const faults = removal.issues.map((issue) => toFault(issue, Object.keys(RemovalSchema.entries)))
  return fail({ reason: 'invalid', action: 'remove', subject: code, faults })
}
