/**
 * The publish API: parse, check, hand to the desk, answer. A 2xx means that the article is durable; any
 * other answer is problem+json (RFC 9457) and has changed nothing.
 */
import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import { type KeptArticle, type Outcome, type Overview, revisionTag } from '../desk/protocol.ts'
import { matchesWeakly } from '../http/representation.ts'
import { prepareManuscript } from '../manuscript/prepare.ts'
import { MANUSCRIPT_TYPES, MAX_BODY_BYTES } from '../manuscript/read.ts'
import { ArticlesSchema, describedBy, OpenSchema, RebuildingSchema } from '../model/answers.ts'
import { type Withdrawal, WithdrawalSchema } from '../model/article.ts'
import { fail, ok, type Result } from '../model/failures.ts'
import { toFault } from '../model/faults.ts'
import { LIMITS } from '../model/rules.ts'
import { apiArticlePath, apiArticlesPath, ID_GRAMMAR, ROUTES } from '../model/urls.ts'
import { type App, askDesk, followDesk, HEALTH_KEY } from '../reader/context.ts'
import { outboxReport } from '../reader/outbox-report.ts'
import { inFull, outline, receipt } from './article-receipt.ts'
import { conditionsOf, HEADERS, mediaTypeOf, problem, readBody, readObject } from './requests.ts'
import { learnCodesOf } from './retargeting.ts'

const PAGE_LENGTH = 100
const MAX_WITHDRAWAL_BYTES = 16 * LIMITS.reasonCharacters

export const publish = new Hono<App>()

publish.put(ROUTES.apiArticle, async (c) => {
  const id = c.req.param('id')
  const manuscript = await readManuscript(c, id)
  if (!manuscript.ok) return problem(c, manuscript.failure)
  const { draft, removed } = manuscript.value
  const outcome = await askDesk<Outcome>(
    c,
    (stub) => stub.publish(draft, conditionsOf(c)),
    `publish "${id}"`,
  )
  return await answerOutcome(c, outcome, removed)
})

publish.delete(ROUTES.apiArticle, async (c) => {
  const id = c.req.param('id')
  const withdrawal = await readWithdrawal(c, id)
  if (!withdrawal.ok) return problem(c, withdrawal.failure)
  const outcome = await askDesk<Outcome>(
    c,
    (stub) => stub.withdraw(id, withdrawal.value, conditionsOf(c)),
    `withdraw "${id}"`,
  )
  return await answerOutcome(c, outcome, [])
})

publish.get(ROUTES.apiArticle, async (c) => {
  const shown = await askDesk<KeptArticle>(c, (stub) => stub.show(c.req.param('id')))
  if (!shown.ok) return problem(c, shown.failure)
  const etag = revisionTag(shown.value.revision)
  const known = c.req.header('If-None-Match')
  if (known !== undefined && matchesWeakly(known, etag)) {
    return new Response(null, { status: 304, headers: { ...HEADERS, ETag: etag } })
  }
  return c.json(inFull(shown.value, c.var.publication), 200, { ...HEADERS, ETag: etag })
})

publish.get(ROUTES.apiArticles, async (c) => {
  const after = parseCursor(c.req.query('after'))
  if (after === null)
    return problem(c, {
      reason: 'bad-query',
      action: 'list articles',
      why: 'after is not a cursor of this list',
    })
  const listed = await askDesk<KeptArticle[]>(c, (stub) => stub.list(after, PAGE_LENGTH + 1))
  if (!listed.ok) return problem(c, listed.failure)
  const page = listed.value.slice(0, PAGE_LENGTH)
  const last = page.at(-1)
  const next =
    listed.value.length > PAGE_LENGTH && last
      ? apiArticlesPath(`${last.published}.${last.id}`)
      : undefined
  const articles = page.map((article) => outline(article, c.var.publication))
  return c.json(describedBy(ArticlesSchema, { articles, ...(next && { next }) }), 200, {
    ...HEADERS,
    ...(next && { Link: `<${next}>; rel="next"` }),
  })
})

publish.get(ROUTES.apiOutbox, async (c) => {
  const owed = await askDesk<Overview>(c, (stub) => stub.overview())
  if (owed.ok) await followDesk(c, owed.value)
  return owed.ok ? c.json(outboxReport(owed.value), 200, HEADERS) : problem(c, owed.failure)
})

publish.post(ROUTES.apiRebuild, async (c) => {
  const begun = await askDesk(c, (stub) => stub.rebuild(), 'rebuild the wire')
  if (!begun.ok) return problem(c, begun.failure)
  c.get('memory').noteRebuild(true)
  c.get('shield').forget(HEALTH_KEY)
  return c.json(describedBy(RebuildingSchema, { rebuilding: true }), 202, HEADERS)
})

publish.post(ROUTES.apiWake, async (c) => {
  const woken = await askDesk(c, (stub) => stub.wake(), 'open the desk')
  if (!woken.ok) return problem(c, woken.failure)
  return c.json(describedBy(OpenSchema, { open: true }), 200, HEADERS)
})

for (const [path, allowed] of [
  [ROUTES.apiArticle, ['GET', 'HEAD', 'PUT', 'DELETE']],
  [ROUTES.apiArticles, ['GET', 'HEAD', 'POST']],
  [ROUTES.apiOutbox, ['GET', 'HEAD']],
  [ROUTES.apiRebuild, ['POST']],
  [ROUTES.apiWake, ['POST']],
] as const) {
  publish.all(path, (c) =>
    problem(c, { reason: 'method-not-allowed', method: c.req.method, allowed: [...allowed] }),
  )
}

publish.all(ROUTES.api, (c) =>
  problem(c, { reason: 'not-found', what: 'this part of the publish API' }),
)

async function answerOutcome(
  c: Context<App>,
  outcome: Result<Outcome>,
  removed: string[],
): Promise<Response> {
  if (!outcome.ok) return problem(c, outcome.failure)
  const { article, created, changed } = outcome.value
  if (changed) await learnCodesOf(c, article)
  return c.json(receipt(outcome.value, removed, c.var.publication), created ? 201 : 200, {
    ...HEADERS,
    ETag: revisionTag(article.revision),
    ...(created && { Location: apiArticlePath(article.id) }),
  })
}

async function readManuscript(c: Context<App>, id: string) {
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
  const type = mediaTypeOf(c, MANUSCRIPT_TYPES, 'publish', subject)
  if (!type.ok) return type
  const body = await readBody(c.req.raw, 'publish', subject, MAX_BODY_BYTES)
  return body.ok ? prepareManuscript(body.value, type.value, id, c.var.publication) : body
}

async function readWithdrawal(c: Context<App>, id: string): Promise<Result<Withdrawal>> {
  const subject = id.slice(0, 100)
  const body = await readObject(c.req.raw, 'withdraw', subject, MAX_WITHDRAWAL_BYTES)
  if (!body.ok) return body
  const withdrawal = v.safeParse(WithdrawalSchema, body.value)
  if (withdrawal.success) return ok(withdrawal.output)
  return fail({
    reason: 'invalid',
    action: 'withdraw',
    subject,
    faults: withdrawal.issues.map((issue) => toFault(issue, Object.keys(WithdrawalSchema.entries))),
  })
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
