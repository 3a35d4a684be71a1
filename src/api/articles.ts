/**
 * Publishes, withdraws, reads and lists articles: `/api/articles` and `/api/articles/:id`.
 *
 * A 2xx response to a change means that the change is stored durably. Any other response is a
 * problem (RFC 9457), and nothing has changed. `articles.operations.ts` documents these routes for
 * OpenAPI, and `articles-bulk.ts` accepts many manuscripts in one request.
 */
import { Hono } from 'hono'
import { type ArticleOutcome, formatRevisionTag, type WithLinks } from '../desk/protocol.ts'
import { matchesWeakly } from '../http/representation.ts'
import { EMPTY_REPORT, prepareManuscript, type TextReport } from '../manuscript/prepare.ts'
import { MANUSCRIPT_TYPES, MAX_MANUSCRIPT_BYTES } from '../manuscript/read.ts'
import { WithdrawalSchema } from '../model/article.ts'
import { fail, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { ArticlesSchema, conformTo } from '../model/responses.ts'
import { LIMITS } from '../model/rules.ts'
import { apiArticlePath, apiArticlesPath, ID_GRAMMAR, ROUTES } from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import type { AppEnv } from '../serving/app-type.ts'
import { omitUndefined } from '../text/json.ts'
import { buildFullArticle, buildOutline, buildReceipt } from './article-receipt.ts'
import {
  API_HEADERS,
  buildLinkHeader,
  buildQueryFailure,
  getConditions,
  parseMediaType,
  readBody,
  readValidObject,
  refuseOtherMethods,
  respondWithProblem,
} from './requests.ts'

const PAGE_LENGTH = 100
const MAX_WITHDRAWAL_BYTES = 16 * LIMITS.reasonCharacters

export const articlesApi = new Hono<AppEnv>()

articlesApi.put(ROUTES.apiArticle, async (c) => {
  const id = c.req.param('id')
  const { reader, publication } = c.var
  const manuscript = await readManuscript(c.req.raw, id, publication)
  if (!manuscript.ok) return respondWithProblem(c.var.publication, manuscript.failure)
  const { draft } = manuscript.value
  const outcome = await reader.callDesk(
    (desk) => desk.publish(draft, getConditions(c.req.raw)),
    `publish "${id}"`,
  )
  return respondWithOutcome(reader, outcome, manuscript.value)
})

articlesApi.delete(ROUTES.apiArticle, async (c) => {
  const id = c.req.param('id')
  const { reader } = c.var
  const withdrawal = await readValidObject(
    c.req.raw,
    WithdrawalSchema,
    'withdraw',
    id.slice(0, 100),
    MAX_WITHDRAWAL_BYTES,
  )
  if (!withdrawal.ok) return respondWithProblem(c.var.publication, withdrawal.failure)
  const outcome = await reader.callDesk(
    (desk) => desk.withdraw(id, withdrawal.value, getConditions(c.req.raw)),
    `withdraw "${id}"`,
  )
  return respondWithOutcome(reader, outcome, EMPTY_REPORT)
})

articlesApi.get(ROUTES.apiArticle, async (c) => {
  const article = await c.var.reader.callDesk((desk) => desk.getArticle(c.req.param('id')))
  if (!article.ok) return respondWithProblem(c.var.publication, article.failure)
  const etag = formatRevisionTag(article.value.revision)
  const ifNoneMatch = c.req.header('If-None-Match')
  if (ifNoneMatch !== undefined && matchesWeakly(ifNoneMatch, etag)) {
    return new Response(null, { status: 304, headers: { ...API_HEADERS, ETag: etag } })
  }
  return c.json(buildFullArticle(article.value, c.var.publication), 200, {
    ...API_HEADERS,
    ETag: etag,
  })
})

articlesApi.get(ROUTES.apiArticles, async (c) => {
  const after = parseCursor(c.req.query('after'))
  if (after === null)
    return respondWithProblem(
      c.var.publication,
      buildQueryFailure('list articles', 'after is not a cursor of this list'),
    )
  const result = await c.var.reader.callDesk((desk) => desk.listArticles(after, PAGE_LENGTH + 1))
  if (!result.ok) return respondWithProblem(c.var.publication, result.failure)
  const page = result.value.slice(0, PAGE_LENGTH)
  const last = page.at(-1)
  const next =
    result.value.length > PAGE_LENGTH && last
      ? apiArticlesPath(`${last.published}.${last.id}`)
      : undefined
  const articles = page.map((article) => buildOutline(article, c.var.publication))
  return c.json(conformTo(ArticlesSchema, omitUndefined({ articles, next })), 200, {
    ...API_HEADERS,
    ...buildLinkHeader(next),
  })
})

refuseOtherMethods(articlesApi, {
  [ROUTES.apiArticle]: ['GET', 'PUT', 'DELETE'],
  [ROUTES.apiArticles]: ['GET', 'POST'],
})

articlesApi.all(ROUTES.api, (c) =>
  respondWithProblem(c.var.publication, {
    reason: 'not-found',
    subject: 'this part of the publish API',
  }),
)

/**
 * Responds to a change. Refreshes the cached links of this isolate first. Then a client that has
 * the response never gets the old state from this isolate.
 */
function respondWithOutcome(
  reader: Reader,
  outcome: Result<WithLinks<ArticleOutcome>>,
  report: TextReport,
): Response {
  const { publication } = reader
  if (!outcome.ok) return respondWithProblem(publication, outcome.failure)
  const { article, created, changed, links } = outcome.value
  if (changed) reader.refreshLinks(links, article.id)
  return Response.json(buildReceipt(outcome.value, report, publication), {
    status: created ? 201 : 200,
    headers: {
      ...API_HEADERS,
      ETag: formatRevisionTag(article.revision),
      ...(created && { Location: apiArticlePath(article.id) }),
    },
  })
}

async function readManuscript(request: Request, id: string, publication: Publication) {
  const subject = id.slice(0, 100)
  if (!ID_GRAMMAR.test(id)) {
    const detail =
      'id is not 1 to 96 characters of a-z, 0-9 and -, beginning and ending with a letter or digit'
    return fail({
      reason: 'invalid',
      action: 'publish',
      subject,
      faults: [{ detail, pointer: '/id' }],
    })
  }
  const type = parseMediaType(request, MANUSCRIPT_TYPES, 'publish', subject)
  if (!type.ok) return type
  const body = await readBody(request, 'publish', subject, MAX_MANUSCRIPT_BYTES)
  return body.ok ? prepareManuscript(body.value, type.value, id, publication) : body
}

/**
 * Parses the cursor of a page. Returns `undefined` if there is none, and `null` if this list cannot
 * have issued it.
 */
function parseCursor(
  cursor: string | undefined,
): { published: number; id: string } | undefined | null {
  if (cursor === undefined) return undefined
  const groups = /^(?<published>-?\d{1,12})\.(?<id>[a-z0-9-]{1,96})$/.exec(cursor)?.groups
  return groups?.['published'] && groups['id']
    ? { published: Number(groups['published']), id: groups['id'] }
    : null
}
