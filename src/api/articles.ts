/**
 * The publish API: parse, check, hand to the desk, answer. A 2xx means that the article is durable;
 * any other answer is problem+json (RFC 9457) and has changed nothing.
 */
import { Hono } from 'hono'
import { type Changed, type Outcome, revisionTag } from '../desk/protocol.ts'
import { matchesWeakly } from '../http/representation.ts'
import { prepareManuscript } from '../manuscript/prepare.ts'
import { MANUSCRIPT_TYPES, MAX_BODY_BYTES } from '../manuscript/read.ts'
import { ArticlesSchema, describedBy } from '../model/answers.ts'
import { WithdrawalSchema } from '../model/article.ts'
import { fail, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { LIMITS } from '../model/rules.ts'
import { apiArticlePath, apiArticlesPath, ID_GRAMMAR, ROUTES } from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import type { App } from '../serving/app-type.ts'
import { defined } from '../text/json.ts'
import { inFull, outline, receipt } from './article-receipt.ts'
import {
  badQuery,
  conditionsOf,
  HEADERS,
  linkToNext,
  mediaTypeOf,
  problem,
  readBody,
  readChecked,
  refuseOtherMethods,
} from './requests.ts'

const PAGE_LENGTH = 100
const MAX_WITHDRAWAL_BYTES = 16 * LIMITS.reasonCharacters

export const articlesApi = new Hono<App>()

articlesApi.put(ROUTES.apiArticle, async (c) => {
  const id = c.req.param('id')
  const { reader, publication } = c.var
  const manuscript = await readManuscript(c.req.raw, id, publication)
  if (!manuscript.ok) return problem(c.var.publication, manuscript.failure)
  const { draft, removed } = manuscript.value
  const outcome = await reader.askDesk(
    (desk) => desk.publish(draft, conditionsOf(c.req.raw)),
    `publish "${id}"`,
  )
  return answerOutcome(reader, outcome, removed)
})

articlesApi.delete(ROUTES.apiArticle, async (c) => {
  const id = c.req.param('id')
  const { reader } = c.var
  const withdrawal = await readChecked(
    c.req.raw,
    WithdrawalSchema,
    'withdraw',
    id.slice(0, 100),
    MAX_WITHDRAWAL_BYTES,
  )
  if (!withdrawal.ok) return problem(c.var.publication, withdrawal.failure)
  const outcome = await reader.askDesk(
    (desk) => desk.withdraw(id, withdrawal.value, conditionsOf(c.req.raw)),
    `withdraw "${id}"`,
  )
  return answerOutcome(reader, outcome, [])
})

articlesApi.get(ROUTES.apiArticle, async (c) => {
  const shown = await c.var.reader.askDesk((desk) => desk.show(c.req.param('id')))
  if (!shown.ok) return problem(c.var.publication, shown.failure)
  const etag = revisionTag(shown.value.revision)
  const known = c.req.header('If-None-Match')
  if (known !== undefined && matchesWeakly(known, etag)) {
    return new Response(null, { status: 304, headers: { ...HEADERS, ETag: etag } })
  }
  return c.json(inFull(shown.value, c.var.publication), 200, { ...HEADERS, ETag: etag })
})

articlesApi.get(ROUTES.apiArticles, async (c) => {
  const after = parseCursor(c.req.query('after'))
  if (after === null)
    return problem(
      c.var.publication,
      badQuery('list articles', 'after is not a cursor of this list'),
    )
  const listed = await c.var.reader.askDesk((desk) => desk.list(after, PAGE_LENGTH + 1))
  if (!listed.ok) return problem(c.var.publication, listed.failure)
  const page = listed.value.slice(0, PAGE_LENGTH)
  const last = page.at(-1)
  const next =
    listed.value.length > PAGE_LENGTH && last
      ? apiArticlesPath(`${last.published}.${last.id}`)
      : undefined
  const articles = page.map((article) => outline(article, c.var.publication))
  return c.json(describedBy(ArticlesSchema, defined({ articles, next })), 200, {
    ...HEADERS,
    ...linkToNext(next),
  })
})

refuseOtherMethods(articlesApi, {
  [ROUTES.apiArticle]: ['GET', 'PUT', 'DELETE'],
  [ROUTES.apiArticles]: ['GET', 'POST'],
})

articlesApi.all(ROUTES.api, (c) =>
  problem(c.var.publication, { reason: 'not-found', what: 'this part of the publish API' }),
)

/** What was changed is seen here before it is acknowledged. */
function answerOutcome(
  reader: Reader,
  outcome: Result<Changed<Outcome>>,
  removed: string[],
): Response {
  const { publication } = reader
  if (!outcome.ok) return problem(publication, outcome.failure)
  const { article, created, changed, links } = outcome.value
  if (changed) reader.refreshLinks(links, article.id)
  return Response.json(receipt(outcome.value, removed, publication), {
    status: created ? 201 : 200,
    headers: {
      ...HEADERS,
      ETag: revisionTag(article.revision),
      ...(created && { Location: apiArticlePath(article.id) }),
    },
  })
}

async function readManuscript(request: Request, id: string, publication: Publication) {
  const subject = id.slice(0, 100)
  if (!ID_GRAMMAR.test(id)) {
    const detail =
      'id is not 1 to 96 of a-z, 0-9 and -, beginning and ending with a letter or digit'
    return fail({
      reason: 'invalid',
      action: 'publish',
      subject,
      faults: [{ detail, pointer: '/id' }],
    })
  }
  const type = mediaTypeOf(request, MANUSCRIPT_TYPES, 'publish', subject)
  if (!type.ok) return type
  const body = await readBody(request, 'publish', subject, MAX_BODY_BYTES)
  return body.ok ? prepareManuscript(body.value, type.value, id, publication) : body
}

/** `null` for one that we did not give out. */
function parseCursor(
  cursor: string | undefined,
): { published: number; id: string } | undefined | null {
  if (cursor === undefined) return undefined
  const groups = /^(?<published>-?\d{1,12})\.(?<id>[a-z0-9-]{1,96})$/.exec(cursor)?.groups
  return groups?.['published'] && groups['id']
    ? { published: Number(groups['published']), id: groups['id'] }
    : null
}
