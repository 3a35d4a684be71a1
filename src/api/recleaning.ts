/**
 * Cleans the stored texts again: `POST /api/reclean`. The desk keeps the source of every article,
 * so a better cleaning also mends what was published before it.
 *
 * Each article is read as an editor would read it, and sent back unchanged. So its dates, its code
 * and its corrections stay as they are, and an article whose HTML stays the same is not written.
 * `recleaning.operations.ts` documents the route for OpenAPI.
 */
import { Hono } from 'hono'
import type { StoredArticle } from '../desk/protocol.ts'
import { buildProblem } from '../http/problem.ts'
import { type PreparedManuscript, prepareManuscript } from '../manuscript/prepare.ts'
import type { Draft } from '../model/article.ts'
import type { Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { conformTo, RecleanedPageSchema, type RecleanedText } from '../model/responses.ts'
import { canonicalUrl, ID_GRAMMAR, ROUTES } from '../model/urls.ts'
import type { AppEnv } from '../serving/app-type.ts'
import { replaceMarks } from '../text/characters.ts'
import { excerptDifference } from '../text/difference.ts'
import { buildFullArticle } from './article-receipt.ts'
import {
  API_HEADERS,
  buildQueryFailure,
  refuseOtherMethods,
  respondWithProblem,
} from './requests.ts'

/** How many articles one request cleans. The desk returns fewer if their texts are long. */
const PAGE_LENGTH = 20
const ACTION = 'clean texts again'

export const recleaningApi = new Hono<AppEnv>()

recleaningApi.post(ROUTES.apiReclean, async (c) => {
  const { reader, publication } = c.var
  const after = c.req.query('after') ?? ''
  const dryRun = c.req.query('dry_run') ?? 'false'
  if (after !== '' && !ID_GRAMMAR.test(after))
    return respondWithProblem(publication, buildQueryFailure(ACTION, 'after is not an id'))
  if (dryRun !== 'true' && dryRun !== 'false')
    return respondWithProblem(
      publication,
      buildQueryFailure(ACTION, 'dry_run is neither true nor false'),
    )
  const listed = await reader.callDesk((desk) => desk.listTexts(after, PAGE_LENGTH), ACTION)
  if (!listed.ok) return respondWithProblem(publication, listed.failure)
  const { articles, checked, last } = listed.value
  const cleaned = articles.map((article) => cleanAgain(article, publication))
  const changed = cleaned.filter(({ changes }) => changes.length > 0)
  const results = cleaned.flatMap(({ refusal }) => refusal ?? [])
  if (dryRun === 'true' || changed.length === 0)
    results.push(...changed.map(({ draft: _, refusal: __, ...text }) => text))
  else {
    const drafts = changed.flatMap(({ draft }) => draft ?? [])
    const outcomes = await reader.callDesk((desk) => desk.publishAll(drafts, true), ACTION)
    if (!outcomes.ok) return respondWithProblem(publication, outcomes.failure)
    for (const [index, { draft: _, refusal: __, ...text }] of changed.entries()) {
      const outcome = outcomes.value[index]
      if (outcome === undefined) continue
      results.push(
        outcome.ok
          ? text
          : { ...text, problem: buildProblem(outcome.failure, publication.siteUrl) },
      )
    }
  }
  const response = {
    checked,
    results,
    ...(last !== undefined && {
      next: `${ROUTES.apiReclean}?after=${last}${dryRun === 'true' ? '&dry_run=true' : ''}`,
    }),
  }
  return c.json(conformTo(RecleanedPageSchema, response), 200, API_HEADERS)
})

refuseOtherMethods(recleaningApi, { [ROUTES.apiReclean]: ['POST'] })

type CleanedAgain = Omit<RecleanedText, 'problem'> & { draft?: Draft; refusal?: RecleanedText }

/** Prepares an article as if it were sent as it was read. Reports an article that is refused. */
function cleanAgain(article: StoredArticle, publication: Publication): CleanedAgain {
  const { id } = article
  const bytes = new TextEncoder().encode(JSON.stringify(buildFullArticle(article, publication)))
  const prepared: Result<PreparedManuscript> = prepareManuscript(
    bytes,
    'application/json',
    id,
    publication,
  )
  if (!prepared.ok) {
    const problem = buildProblem(prepared.failure, publication.siteUrl)
    return { id, changes: [], removed: [], refusal: { id, changes: [], removed: [], problem } }
  }
  const { draft, removed } = prepared.value
  const url = canonicalUrl(publication, article)
  const format = (value: unknown): string =>
    replaceMarks(formatValue(value), publication.siteUrl, url)
  return { id, changes: listChanges(article.story, draft.story, format), removed, draft }
}

/** Lists the keys of a story whose values differ, with the first difference of each. */
function listChanges(
  before: object,
  after: object,
  format: (value: unknown) => string,
): RecleanedText['changes'] {
  const values = (story: object) => new Map<string, unknown>(Object.entries(story))
  const [old, current] = [values(before), values(after)]
  return [...new Set([...old.keys(), ...current.keys()])].flatMap((key) => {
    const [was, is] = [format(old.get(key)), format(current.get(key))]
    return was === is ? [] : [{ key, ...excerptDifference(was, is) }]
  })
}

const formatValue = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)
