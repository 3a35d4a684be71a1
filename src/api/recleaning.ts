/**
 * Cleans the stored texts again: `POST /api/reclean`. The desk keeps the source of every article,
 * so a better cleaning also mends what was published before it.
 *
 * Each article is read as an editor would read it, and sent back unchanged. So its dates, its code
 * and its corrections stay as they are, and an article whose HTML stays the same is not written. If
 * the desk no longer accepts another key of an article, only its text is cleaned.
 * `recleaning.operations.ts` documents the route for OpenAPI.
 */
import { Hono } from 'hono'
import type { StoredArticle } from '../desk/protocol.ts'
import { buildProblem } from '../http/problem.ts'
import { isDateline } from '../manuscript/places.ts'
import { type PreparedManuscript, prepareManuscript } from '../manuscript/prepare.ts'
import type { Draft } from '../model/article.ts'
import { ok, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { conformTo, RecleanedPageSchema, type RecleanedText } from '../model/responses.ts'
import type { Story } from '../model/story.ts'
import { canonicalUrl, ID_GRAMMAR, ROUTES } from '../model/urls.ts'
import type { AppEnv } from '../serving/app-type.ts'
import { replaceMarks } from '../text/characters.ts'
import { excerptDifference } from '../text/difference.ts'
import { omitUndefined } from '../text/json.ts'
import { canonicalizeLanguage } from '../text/language.ts'
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
/** Others are refused, so that a mistyped `dry_run` changes nothing. */
const QUERY_KEYS: ReadonlySet<string> = new Set(['after', 'dry_run'])

export const recleaningApi = new Hono<AppEnv>()

recleaningApi.post(ROUTES.apiReclean, async (c) => {
  const { reader, publication } = c.var
  const unknownKey = Object.keys(c.req.query()).find((key) => !QUERY_KEYS.has(key))
  if (unknownKey !== undefined) {
    const why = `${unknownKey.slice(0, 40)} is not a parameter; the parameters are after and dry_run`
    return respondWithProblem(publication, buildQueryFailure(ACTION, why))
  }
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
  const results = cleaned.flatMap(({ draft: _, ...text }) =>
    text.problem && text.changes.length === 0 ? [text] : [],
  )
  if (dryRun === 'true' || changed.length === 0)
    results.push(...changed.map(({ draft: _, ...text }) => text))
  else {
    const drafts = changed.flatMap(({ draft }) => draft ?? [])
    const outcomes = await reader.callDesk((desk) => desk.publishAll(drafts, true), ACTION)
    if (!outcomes.ok) return respondWithProblem(publication, outcomes.failure)
    for (const [index, { draft: _, ...text }] of changed.entries()) {
      const outcome = outcomes.value[index]
      if (outcome === undefined) continue
      if (!outcome.ok)
        results.push({ ...text, problem: buildProblem(outcome.failure, publication.siteUrl) })
      else if (outcome.value.changed || text.problem) results.push(text)
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

type CleanedAgain = RecleanedText & { draft?: Draft }

/**
 * Prepares an article as if it were sent as it was read. If that is refused, `problem` says why,
 * and the draft has the stored keys with the cleaned text.
 */
function cleanAgain(article: StoredArticle, publication: Publication): CleanedAgain {
  const { id, story } = article
  const prepare = (manuscript: object): Result<PreparedManuscript> => {
    const bytes = new TextEncoder().encode(JSON.stringify(manuscript))
    return prepareManuscript(bytes, 'application/json', id, publication)
  }
  const whole = prepareWhole(article, publication, prepare)
  const textOnly = whole.ok ? undefined : prepareTextOnly(story, prepare)
  const problem = whole.ok ? {} : { problem: buildProblem(whole.failure, publication.siteUrl) }
  const prepared = whole.ok ? whole : textOnly
  if (!prepared?.ok) return { id, changes: [], removed: [], ...problem }
  const { draft, removed } = prepared.value
  const url = canonicalUrl(publication, article)
  const format = (value: unknown): string =>
    replaceMarks(formatValue(value), publication.siteUrl, url)
  return { id, changes: listChanges(story, draft.story, format), removed, draft, ...problem }
}

/**
 * Prepares an article as it was read. An earlier version may have taken a label of the text for a
 * place (`LIVE`). Such a dateline is left out if the text begins with it.
 */
function prepareWhole(
  article: StoredArticle,
  publication: Publication,
  prepare: (manuscript: object) => Result<PreparedManuscript>,
): Result<PreparedManuscript> {
  const manuscript = buildFullArticle(article, publication)
  const whole = prepare(manuscript)
  if (!whole.ok || manuscript.dateline === undefined || isDateline(manuscript.dateline))
    return whole
  const { dateline: _, ...others } = manuscript
  const plain = prepare(others)
  const isInText = plain.ok && plain.value.draft.story.html !== whole.value.draft.story.html
  return isInText ? plain : whole
}

/** Prepares the text of a story without its other keys, and puts the result into the story. */
function prepareTextOnly(
  story: Story,
  prepare: (manuscript: object) => Result<PreparedManuscript>,
): Result<PreparedManuscript> {
  const language = canonicalizeLanguage(story.language)
  const prepared = prepare({
    title: 'Text',
    [story.source.form === 'markdown' ? 'body' : 'html']: story.source.text,
    ...omitUndefined({ language }),
  })
  if (!prepared.ok) return prepared
  const { value } = prepared
  const { html } = value.draft.story
  return ok({ ...value, draft: { ...value.draft, story: { ...story, html } } })
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
