/**
 * The editor's side of short links: codes for pages of the publisher's own hosts, more codes for an
 * article, and what was asked for in vain (docs/decisions/020-links.md). Codes of articles are
 * shown here too; they follow their articles.
 */
import { Hono } from 'hono'
import { type Changed, type LinkOutcome, revisionOfLink, revisionTag } from '../desk/protocol.ts'
import { describedBy, LinksSchema } from '../model/answers.ts'
import { CODE_GRAMMAR } from '../model/code.ts'
import type { Failure, Result } from '../model/failures.ts'
import { prepareLink, RemovalSchema } from '../model/link.ts'
import { LIMITS } from '../model/rules.ts'
import { apiLinkPath, apiLinksPath, ROUTES } from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import type { App } from '../serving/app-type.ts'
import { defined } from '../text/json.ts'
import { linkOutline, linkReceipt, missesReport } from './link-receipt.ts'
import {
  badQuery,
  conditionsOf,
  HEADERS,
  linkToNext,
  mediaTypeOf,
  problem,
  readChecked,
  readObject,
  refuseOtherMethods,
} from './requests.ts'

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
    const type = mediaTypeOf(c.req.raw, ['application/json'], 'change', subject)
    if (!type.ok) return problem(c.var.publication, type.failure)
    const body = await readObject(c.req.raw, 'change', subject, MAX_LINK_BYTES)
    if (!body.ok) return problem(c.var.publication, body.failure)
    const draft = prepareLink(body.value, code, c.var.publication)
    if (!draft.ok) return problem(c.var.publication, draft.failure)
    const outcome = await c.var.reader.askDesk(
      (desk) => desk.putLink(draft.value, conditionsOf(c.req.raw)),
      `change "${subject}"`,
    )
    return answerChange(c.var.reader, outcome, second())
  })

  app.delete(ROUTES.apiLink, async (c) => {
    const code = c.req.param('code')
    if (!CODE_GRAMMAR.test(code)) return problem(c.var.publication, unknownLink('remove', code))
    const removal = await readChecked(c.req.raw, RemovalSchema, 'remove', code, MAX_REMOVAL_BYTES)
    if (!removal.ok) return problem(c.var.publication, removal.failure)
    const { legal } = removal.value
    const outcome = await c.var.reader.askDesk(
      (desk) => desk.removeLink(code, legal, conditionsOf(c.req.raw)),
      `remove "${code}"`,
    )
    return answerChange(c.var.reader, outcome, second())
  })

  app.get(ROUTES.apiLink, async (c) => {
    const code = c.req.param('code')
    if (!CODE_GRAMMAR.test(code)) return problem(c.var.publication, unknownLink('show', code))
    const shown = await c.var.reader.askDesk((desk) => desk.showLink(code))
    if (!shown.ok) return problem(c.var.publication, shown.failure)
    // Never 304: that other codes fold alike, or that its time is over, changes what is told and
    // not the revision.
    const headers = { ...HEADERS, ETag: revisionTag(revisionOfLink(shown.value)) }
    return c.json(linkOutline(shown.value, c.var.publication, second()), 200, headers)
  })

  app.get(ROUTES.apiLinks, async (c) => {
    const after = c.req.query('after') ?? ''
    if (after !== '' && !CODE_GRAMMAR.test(after))
      return problem(c.var.publication, badQuery('list links', 'after is not a code'))
    const listed = await c.var.reader.askDesk((stub) =>
      stub.listLinks(after, LINKS_PAGE_LENGTH + 1),
    )
    if (!listed.ok) return problem(c.var.publication, listed.failure)
    const page = listed.value.slice(0, LINKS_PAGE_LENGTH)
    const last = page.at(-1)
    const more = listed.value.length > LINKS_PAGE_LENGTH
    const next = more && last ? apiLinksPath(last.code) : undefined
    const links = page.map((link) => linkOutline(link, c.var.publication, second()))
    return c.json(describedBy(LinksSchema, defined({ links, next })), 200, {
      ...HEADERS,
      ...linkToNext(next),
    })
  })

  app.get(ROUTES.apiMisses, async (c) => {
    const limit = c.req.query('limit') ?? String(MISSES_LISTED.usual)
    if (!/^[1-9]\d{0,3}$/.test(limit) || Number(limit) > MISSES_LISTED.most)
      return problem(
        c.var.publication,
        badQuery('list misses', `limit is not a whole number from 1 to ${MISSES_LISTED.most}`),
      )
    const rows = await c.var.reader.askDesk((desk) => desk.misses(Number(limit)))
    return rows.ok
      ? c.json(missesReport(rows.value), 200, HEADERS)
      : problem(c.var.publication, rows.failure)
  })

  refuseOtherMethods(app, {
    [ROUTES.apiLink]: ['GET', 'PUT', 'DELETE'],
    [ROUTES.apiLinks]: ['GET', 'POST'],
    [ROUTES.apiMisses]: ['GET'],
  })
  return app
}

const unknownLink = (action: string, code: string): Failure => ({
  reason: 'unknown-link',
  action,
  code: code.slice(0, 100),
})

/** `now` in seconds. What was changed is seen here before it is acknowledged. */
function answerChange(
  reader: Reader,
  outcome: Result<Changed<LinkOutcome>>,
  now: number,
): Response {
  const { publication } = reader
  if (!outcome.ok) return problem(publication, outcome.failure)
  const { link, created, links } = outcome.value
  reader.refreshLinks(links)
  return Response.json(linkReceipt(outcome.value, publication, now), {
    status: created ? 201 : 200,
    headers: {
      ...HEADERS,
      ETag: revisionTag(revisionOfLink(link)),
      ...(created && { Location: apiLinkPath(link.code) }),
    },
  })
}
