/**
 * Cleans the stored texts again: `POST /api/reclean`. The desk keeps the source of every article,
 * so a better cleaning also mends what was published before it.
 *
 * Each article is read as an editor would read it, and sent back unchanged. So its dates, its short
 * code and its corrections stay as they are, and an article whose HTML stays the same is not
 * written. If a key other than the text is no longer accepted, only the text is cleaned.
 * `recleaning.operations.ts` documents the route for OpenAPI.
 */
import { Hono } from 'hono'
import type { ArticleOutcome, StoredArticle } from '../desk/protocol.ts'
import { buildProblem } from '../http/problem.ts'
import { isDateline } from '../manuscript/places.ts'
import { type PreparedManuscript, prepareManuscript } from '../manuscript/prepare.ts'
import type { Draft } from '../model/article.ts'
import { ok, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { conformTo, RecleanedPageSchema, type RecleanedText } from '../model/responses.ts'
import type { Story } from '../model/story.ts'
import { canonicalUrl, ID_GRAMMAR, ROUTES } from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
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

export const recleaningApi = new Hono<AppEnv>()

recleaningApi.post(ROUTES.apiReclean, async (c) => {
  const { reader, publication } = c.var
  const fault = findQueryFault(c.req.query())
  if (fault !== undefined) return respondWithProblem(publication, buildQueryFailure(ACTION, fault))
  const isDryRun = c.req.query('dry_run') === 'true'
  const listed = await reader.callDesk(
    (desk) => desk.listTexts(c.req.query('after') ?? '', PAGE_LENGTH),
    ACTION,
  )
  if (!listed.ok) return respondWithProblem(publication, listed.failure)
  const { articles, checked, last } = listed.value
  const cleaned = articles.map((article) => cleanAgain(article, publication))
  const outcomes = isDryRun ? ok(new Map()) : await publishChanged(cleaned, reader)
  if (!outcomes.ok) return respondWithProblem(publication, outcomes.failure)
  const results = cleaned.flatMap(({ draft, text }): RecleanedText[] => {
    const outcome = draft && outcomes.value.get(draft)
    if (outcome && !outcome.ok)
      return [{ ...text, problem: buildProblem(outcome.failure, publication.siteUrl) }]
    // Somebody else may have cleaned the text meanwhile.
    const isChanged = outcome ? outcome.value.changed : text.changes.length > 0
    return isChanged || text.problem ? [text] : []
  })
  const response = {
    checked,
    results,
    ...(last !== undefined && {
      next: `${ROUTES.apiReclean}?after=${last}${isDryRun ? '&dry_run=true' : ''}`,
    }),
  }
  return c.json(conformTo(RecleanedPageSchema, response), 200, API_HEADERS)
})

/** Refuses other parameters, so that a mistyped `dry_run` changes nothing. */
function findQueryFault(query: Record<string, string>): string | undefined {
  const { after = '', dry_run: dryRun = 'false', ...others } = query
  const [unknown] = Object.keys(others)
  if (unknown !== undefined)
    return `${unknown.slice(0, 40)} is not a parameter; use only "after" and "dry_run"`
  if (after !== '' && !ID_GRAMMAR.test(after)) return '"after" is not an id'
  return dryRun === 'true' || dryRun === 'false' ? undefined : '"dry_run" is neither true nor false'
}

/** Publishes the drafts of the texts that changed. The outcomes are in the order of the drafts. */
async function publishChanged(
  cleaned: CleanedAgain[],
  reader: Reader,
): Promise<Result<Map<Draft, Result<ArticleOutcome>>>> {
  const drafts = cleaned.flatMap(({ draft, text }) =>
    draft && text.changes.length > 0 ? [draft] : [],
  )
  if (drafts.length === 0) return ok(new Map())
  const isBulk = true
  const outcomes = await reader.callDesk((desk) => desk.publishAll(drafts, isBulk), ACTION)
  return outcomes.ok
    ? ok(
        new Map(
          drafts.flatMap((draft, index) => {
            const outcome = outcomes.value[index]
            return outcome ? [[draft, outcome]] : []
          }),
        ),
      )
    : outcomes
}

refuseOtherMethods(recleaningApi, { [ROUTES.apiReclean]: ['POST'] })

/** `draft` is absent if the article cannot be prepared at all. */
type CleanedAgain = { text: RecleanedText; draft?: Draft }

/**
 * Prepares the article that the API returns, as if an editor had sent it. If that is refused,
 * `problem` says why, and the draft has the stored keys with the cleaned text.
 */
function cleanAgain(article: StoredArticle, publication: Publication): CleanedAgain {
  const { id, story } = article
  const prepare = (manuscript: object): Result<PreparedManuscript> => {
    const bytes = new TextEncoder().encode(JSON.stringify(manuscript))
    return prepareManuscript(bytes, 'application/json', id, publication)
  }
  const whole = prepareWhole(article, publication, prepare)
  const problem = whole.ok ? {} : { problem: buildProblem(whole.failure, publication.siteUrl) }
  const prepared = whole.ok ? whole : prepareTextOnly(story, prepare)
  if (!prepared.ok) return { text: { id, changes: [], removed: [], ...problem } }
  const { draft, removed } = prepared.value
  const url = canonicalUrl(publication, article)
  // Stored texts have marks for our own addresses.
  const format = (value: unknown): string =>
    replaceMarks(formatValue(value), publication.siteUrl, url)
  return {
    draft,
    text: { id, changes: listChanges(story, draft.story, format), removed, ...problem },
  }
}

/**
 * Prepares an article with all keys. An earlier version may have taken a label of the text for a
 * place (`LIVE`). Such a dateline is left out if the text begins with it: then the words that the
 * key removes from the text stay without the key, so the HTML differs.
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
    // A manuscript needs a title. This one is not stored.
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
