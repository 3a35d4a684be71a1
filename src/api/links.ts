/**
 * Creates, changes, removes and lists short links. Also lists unknown codes that readers tried.
 *
 * An editor can give a code to a page on the publisher's own hosts, or give additional codes to an
 * article. The list includes the codes of articles, although they can only be changed with the
 * article (docs/decisions/020-links.md). `links-bulk.ts` imports many links at once.
 */
import { Hono } from 'hono'
import {
  formatRevisionTag,
  getLinkRevision,
  type LinkOutcome,
  type WithLinks,
} from '../desk/protocol.ts'
import { CODE_GRAMMAR } from '../model/code.ts'
import type { Failure, Result } from '../model/failures.ts'
import { parseLinkDraft, RemovalSchema } from '../model/link.ts'
import { conformTo, LinksSchema } from '../model/responses.ts'
import { LIMITS } from '../model/rules.ts'
import { apiLinkPath, apiLinksPath, ROUTES } from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import type { AppEnv } from '../serving/app-type.ts'
import { omitUndefined } from '../text/json.ts'
import { buildLinkOutline, buildLinkReceipt, buildUnknownCodesReport } from './link-receipt.ts'
import {
  API_HEADERS,
  buildLinkHeader,
  buildQueryFailure,
  getConditions,
  parseMediaType,
  readJsonObject,
  readValidObject,
  refuseOtherMethods,
  respondWithProblem,
} from './requests.ts'

/** Enough for the longest URL and the longest title if every character is escaped. */
export const MAX_LINK_BYTES = 32 * 1024
export const LINKS_PAGE_LENGTH = 1000
export const UNKNOWN_CODES_LIMIT = { default: 100, max: 1000 }
const MAX_REMOVAL_BYTES = 16 * LIMITS.reasonCharacters

/** `now` returns milliseconds. It decides whether a link is reported as expired. */
export function createLinksApi(now: () => number): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  const nowSeconds = (): number => Math.floor(now() / 1000)

  app.put(ROUTES.apiLink, async (c) => {
    const code = c.req.param('code')
    const subject = code.slice(0, 100)
    const type = parseMediaType(c.req.raw, ['application/json'], 'change', subject)
    if (!type.ok) return respondWithProblem(c.var.publication, type.failure)
    const body = await readJsonObject(c.req.raw, 'change', subject, MAX_LINK_BYTES)
    if (!body.ok) return respondWithProblem(c.var.publication, body.failure)
    const draft = parseLinkDraft(body.value, code, c.var.publication)
    if (!draft.ok) return respondWithProblem(c.var.publication, draft.failure)
    const outcome = await c.var.reader.callDesk(
      (desk) => desk.putLink(draft.value, getConditions(c.req.raw)),
      `change "${subject}"`,
    )
    return respondWithOutcome(c.var.reader, outcome, nowSeconds())
  })

  app.delete(ROUTES.apiLink, async (c) => {
    const code = c.req.param('code')
    if (!CODE_GRAMMAR.test(code))
      return respondWithProblem(c.var.publication, buildUnknownLinkFailure('remove', code))
    const removal = await readValidObject(
      c.req.raw,
      RemovalSchema,
      'remove',
      code,
      MAX_REMOVAL_BYTES,
    )
    if (!removal.ok) return respondWithProblem(c.var.publication, removal.failure)
    const { legal } = removal.value
    const outcome = await c.var.reader.callDesk(
      (desk) => desk.removeLink(code, legal, getConditions(c.req.raw)),
      `remove "${code}"`,
    )
    return respondWithOutcome(c.var.reader, outcome, nowSeconds())
  })

  app.get(ROUTES.apiLink, async (c) => {
    const code = c.req.param('code')
    if (!CODE_GRAMMAR.test(code))
      return respondWithProblem(c.var.publication, buildUnknownLinkFailure('show', code))
    const link = await c.var.reader.callDesk((desk) => desk.getLink(code))
    if (!link.ok) return respondWithProblem(c.var.publication, link.failure)
    // The response is never 304. When the link expires, or a code appears that differs only in
    // case, the response changes although the revision does not.
    const headers = { ...API_HEADERS, ETag: formatRevisionTag(getLinkRevision(link.value)) }
    return c.json(buildLinkOutline(link.value, c.var.publication, nowSeconds()), 200, headers)
  })

  app.get(ROUTES.apiLinks, async (c) => {
    const after = c.req.query('after') ?? ''
    if (after !== '' && !CODE_GRAMMAR.test(after))
      return respondWithProblem(
        c.var.publication,
        buildQueryFailure('list links', 'after is not a code'),
      )
    const result = await c.var.reader.callDesk((desk) =>
      desk.listLinks(after, LINKS_PAGE_LENGTH + 1),
    )
    if (!result.ok) return respondWithProblem(c.var.publication, result.failure)
    const page = result.value.slice(0, LINKS_PAGE_LENGTH)
    const last = page.at(-1)
    const hasMore = result.value.length > LINKS_PAGE_LENGTH
    const next = hasMore && last ? apiLinksPath(last.code) : undefined
    const links = page.map((link) => buildLinkOutline(link, c.var.publication, nowSeconds()))
    return c.json(conformTo(LinksSchema, omitUndefined({ links, next })), 200, {
      ...API_HEADERS,
      ...buildLinkHeader(next),
    })
  })

  app.get(ROUTES.apiUnknownCodes, async (c) => {
    const limit = c.req.query('limit') ?? String(UNKNOWN_CODES_LIMIT.default)
    if (!/^[1-9]\d{0,3}$/.test(limit) || Number(limit) > UNKNOWN_CODES_LIMIT.max)
      return respondWithProblem(
        c.var.publication,
        buildQueryFailure(
          'list unknown codes',
          `limit is not a whole number from 1 to ${UNKNOWN_CODES_LIMIT.max}`,
        ),
      )
    const result = await c.var.reader.callDesk((desk) => desk.listUnknownCodes(Number(limit)))
    return result.ok
      ? c.json(buildUnknownCodesReport(result.value), 200, API_HEADERS)
      : respondWithProblem(c.var.publication, result.failure)
  })

  refuseOtherMethods(app, {
    [ROUTES.apiLink]: ['GET', 'PUT', 'DELETE'],
    [ROUTES.apiLinks]: ['GET', 'POST'],
    [ROUTES.apiUnknownCodes]: ['GET'],
  })
  return app
}

const buildUnknownLinkFailure = (action: string, code: string): Failure => ({
  reason: 'unknown-link',
  action,
  code: code.slice(0, 100),
})

/**
 * Responds to a change. Refreshes the cached links of this isolate first. Then a client that has
 * the response never gets the old link from this isolate.
 */
function respondWithOutcome(
  reader: Reader,
  outcome: Result<WithLinks<LinkOutcome>>,
  nowSeconds: number,
): Response {
  const { publication } = reader
  if (!outcome.ok) return respondWithProblem(publication, outcome.failure)
  const { link, created, links } = outcome.value
  reader.refreshLinks(links)
  return Response.json(buildLinkReceipt(outcome.value, publication, nowSeconds), {
    status: created ? 201 : 200,
    headers: {
      ...API_HEADERS,
      ETag: formatRevisionTag(getLinkRevision(link)),
      ...(created && { Location: apiLinkPath(link.code) }),
    },
  })
}
