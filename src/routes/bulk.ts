/**
 * Many manuscripts in one request: NDJSON in, one answer a line out, in order. A bad line hides no other
 * (RULES U-28); to send the same again changes nothing, so a caller who heard no answer sends it again.
 */
import { Hono } from 'hono'
import { BulkAnswerSchema, describedBy, type LineAnswer } from '../answer.ts'
import type { Draft } from '../article.ts'
import type { Outcome } from '../desk/editing.ts'
import { type Failure, fail, ok, type Result } from '../failure.ts'
import { problemOf } from '../http/problem.ts'
import { prepareLine } from '../manuscript.ts'
import { type Line, linesOf, NDJSON_TYPES } from '../ndjson.ts'
import type { Publication } from '../publication.ts'
import { ROUTES } from '../urls.ts'
import { HEADERS, mediaTypeOf, problem, readBody } from './api.ts'
import { type App, askDesk } from './context.ts'
import { lineReceipt } from './receipt.ts'

export const MAX_LINES = 500
export const MAX_BULK_BYTES = 32 * 1024 * 1024
/** So few are news: feeds and pages do not wait for more of them. */
const FEW_LINES = 25
/** Drafts handed to the desk at once: few enough that readers and other editors get their turns in between. */
const DRAFTS_AT_ONCE = 25
/** And so many characters: a message to an object holds 32 MiB, and one article up to 1.3 M characters. */
const CHARACTERS_AT_ONCE = 2_000_000

type Waiting = { line: number; draft: Draft; removed: string[] }

export const bulk = new Hono<App>()

bulk.post(ROUTES.apiArticles, async (c) => {
  const lines = await readLines(c.req.raw, mediaTypeOf(c, NDJSON_TYPES, 'publish', 'articles'))
  if (!lines.ok) return problem(c, lines.failure)
  const { publication } = c.var
  const answers = new Map<number, LineAnswer>()
  const refuse = (line: number, id: string | undefined, failure: Failure): void => {
    const told = problemOf(failure, publication.siteUrl)
    answers.set(line, {
      line,
      ...(id !== undefined && { id }),
      status: told.status,
      problem: told,
    })
  }
  let deaf: Failure | undefined
  const publish = async (waiting: Waiting[]): Promise<void> => {
    const asked: Result<Result<Outcome>[]> = deaf
      ? fail(deaf)
      : await askDesk(c, (stub) =>
          stub.publishAll(
            waiting.map(({ draft }) => draft),
            lines.value.length > FEW_LINES,
          ),
        )
    if (!asked.ok) deaf = asked.failure
    for (const [index, { line, draft, removed }] of waiting.entries()) {
      const outcome = asked.ok ? asked.value[index] : asked
      if (!outcome?.ok) refuse(line, draft.id, outcome?.failure ?? { reason: 'internal' })
      else answers.set(line, accepted(line, outcome.value, removed, publication))
    }
  }
  let waiting: Waiting[] = []
  let characters = 0
  for (const line of lines.value) {
    const prepared = prepareLine(line, publication)
    if (!prepared.ok) {
      refuse(line.number, prepared.id, prepared.failure)
      continue
    }
    const { draft, removed } = prepared.value
    waiting.push({ line: line.number, draft, removed })
    characters += draft.story.html.length + draft.story.source.text.length
    if (waiting.length === DRAFTS_AT_ONCE || characters >= CHARACTERS_AT_ONCE) {
      await publish(waiting)
      waiting = []
      characters = 0
    }
  }
  if (waiting.length > 0) await publish(waiting)
  const results = lines.value.flatMap(({ number }) => answers.get(number) ?? [])
  const refused = results.filter((answer) => 'problem' in answer).length
  // When the desk took nothing at all, the whole call can be tried again later, and a caller should hear so.
  if (deaf && refused === results.length) return problem(c, deaf)
  const answer = { results, accepted: results.length - refused, refused }
  return c.json(describedBy(BulkAnswerSchema, answer), 200, HEADERS)
})

/** All lines, or nothing: the bounds are checked before the first line is looked at. */
async function readLines(request: Request, type: Result<string>): Promise<Result<Line[]>> {
  if (!type.ok) return type
  const body = await readBody(request, 'publish', 'articles', MAX_BULK_BYTES)
  if (!body.ok) return body
  const lines: Line[] = []
  for (const line of linesOf(body.value)) {
    if (lines.length === MAX_LINES) return fail({ reason: 'too-many-lines', limit: MAX_LINES })
    lines.push(line)
  }
  if (lines.length > 0) return ok(lines)
  const why = 'the body has no lines'
  return fail({ reason: 'unparsable', action: 'publish', subject: 'articles', why })
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
