/**
 * Many manuscripts in one request: NDJSON in, one answer a line out, in order. A bad line hides no other
 * (RULES U-28); to send the same again changes nothing, so a caller who heard no answer sends it again.
 */
import { Hono } from 'hono'
import type { Outcome } from '../desk/protocol.ts'
import { problemOf } from '../http/problem.ts'
import { type Prepared, prepareLine } from '../manuscript/prepare.ts'
import { BulkAnswerSchema, describedBy, type LineAnswer } from '../model/answers.ts'
import { type Failure, fail, ok, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { ROUTES } from '../model/urls.ts'

import type { App } from '../serving/app-type.ts'
import { batchesOf } from '../text/batches.ts'
import { defined } from '../text/json.ts'
import type { Line } from '../text/ndjson.ts'
import { lineReceipt } from './article-receipt.ts'
import { HEADERS, problem, readLines } from './requests.ts'

export const MAX_LINES = 500
export const MAX_BULK_BYTES = 32 * 1024 * 1024
const BOUNDS = { lines: MAX_LINES, bytes: MAX_BULK_BYTES }
/** So few are news: feeds and pages do not wait for more of them. */
const FEW_LINES = 25
/** Drafts handed to the desk at once: few enough that readers and other editors get their turns in between. */
const DRAFTS_AT_ONCE = 25
/** And so many characters: a message to an object holds 32 MiB, and one article up to 1.3 M characters. */
const CHARACTERS_AT_ONCE = 2_000_000

export const bulk = new Hono<App>()

bulk.post(ROUTES.apiArticles, async (c) => {
  const lines = await readLines(c.req.raw, 'publish', 'articles', BOUNDS)
  if (!lines.ok) return problem(c.var.publication, lines.failure)
  const { publication, reader } = c.var
  const inBulk = lines.value.length > FEW_LINES
  const results: LineAnswer[] = []
  // Once the desk has not answered it is not asked for the rest: the caller sends those lines again.
  let unanswered: Failure | undefined
  const limits = [DRAFTS_AT_ONCE, CHARACTERS_AT_ONCE]
  for await (const group of batchesOf(preparedLines(lines.value, publication), limits, weightOf)) {
    const drafts = group.flatMap(({ prepared }) => (prepared.ok ? [prepared.value.draft] : []))
    const asked: Result<Result<Outcome>[]> = unanswered
      ? fail(unanswered)
      : drafts.length === 0
        ? ok([])
        : await reader.askDesk((desk) => desk.publishAll(drafts, inBulk), 'publish')
    if (!asked.ok) unanswered = asked.failure
    reader.forgetProbes(codesIn(asked))
    const outcomes = asked.ok ? asked.value.values() : undefined
    for (const { line, id, prepared } of group) {
      if (!prepared.ok) {
        results.push(refused(line, id, prepared.failure, publication))
        continue
      }
      const outcome = asked.ok ? outcomes?.next().value : asked
      results.push(
        outcome?.ok
          ? accepted(line, outcome.value, prepared.value.removed, publication)
          : refused(line, id, outcome?.failure ?? { reason: 'internal' }, publication),
      )
    }
  }
  const refusals = results.filter((answer) => 'problem' in answer).length
  // When the desk took nothing at all, the whole call can be tried again later, and a caller should hear so.
  if (unanswered && refusals === results.length) return problem(c.var.publication, unanswered)
  return c.json(
    describedBy(BulkAnswerSchema, {
      results,
      accepted: results.length - refusals,
      refused: refusals,
    }),
    200,
    HEADERS,
  )
})

const codesIn = (asked: Result<Result<Outcome>[]>): string[] =>
  asked.ok ? asked.value.flatMap((each) => (each.ok ? [each.value.article.code] : [])) : []

type PreparedLine = { line: number; id: string | undefined; prepared: Result<Prepared> }

/** Prepares each line only when it is asked for: of a large body not all drafts are in memory at once. */
function* preparedLines(lines: Line[], publication: Publication): Generator<PreparedLine> {
  for (const line of lines) {
    const { id, ...prepared } = prepareLine(line, publication)
    yield { line: line.number, id, prepared }
  }
}

/** How many drafts and characters a line hands to the desk. */
function weightOf({ prepared }: PreparedLine): [drafts: number, characters: number] {
  if (!prepared.ok) return [0, 0]
  const { html, source } = prepared.value.draft.story
  return [1, html.length + source.text.length]
}

function accepted(
  line: number,
  outcome: Outcome,
  removed: string[],
  publication: Publication,
): LineAnswer {
  const { article, created } = outcome
  return {
    line,
    id: article.id,
    status: created ? 201 : 200,
    receipt: lineReceipt(outcome, removed, publication),
  }
}

function refused(
  line: number,
  id: string | undefined,
  failure: Failure,
  publication: Publication,
): LineAnswer {
  const problem = problemOf(failure, publication.siteUrl)
  return { line, ...defined({ id }), status: problem.status, problem }
}
