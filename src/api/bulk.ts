/**
 * Many changes in one request: NDJSON in, one answer a line out, in order. A bad line does not
 * affect the others (rule U-28). A client that received no answer sends the same lines again.
 */
import { problemOf } from '../http/problem.ts'
import type { Problem } from '../model/answers.ts'
import { type Failure, fail, ok, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { batchesOf } from '../text/batches.ts'
import { type Line, linesOf, NDJSON_TYPES } from '../text/ndjson.ts'
import { mediaTypeOf, readBody } from './requests.ts'

/**
 * All lines of a body of NDJSON, or nothing: the bounds are checked before the first line is looked
 * at.
 */
export async function readLines(
  request: Request,
  action: string,
  subject: string,
  most: { lines: number; bytes: number },
): Promise<Result<Line[]>> {
  const type = mediaTypeOf(request, NDJSON_TYPES, action, subject)
  if (!type.ok) return type
  const body = await readBody(request, action, subject, most.bytes)
  if (!body.ok) return body
  const lines: Line[] = []
  for (const line of linesOf(body.value)) {
    if (lines.length === most.lines)
      return fail({ reason: 'too-many-lines', action, subject, limit: most.lines })
    lines.push(line)
  }
  if (lines.length > 0) return ok(lines)
  return fail({ reason: 'unparsable', action, subject, why: 'the body has no lines' })
}

/** A line after it was checked: the draft for the desk, or why the line is refused. */
export type CheckedLine<Draft> = { line: number; draft: Result<Draft> }

/** How lines of one kind are handed to the desk and answered. */
export type LineHandling<Checked extends CheckedLine<Draft>, Draft, Outcome, Answer> = {
  /** Limits of one call to the desk, and how much a line adds to each (`batchesOf`). */
  limits: readonly number[]
  weigh: (line: Checked) => readonly number[]
  /** Hands drafts to the desk. Returns one outcome for each, in order. */
  ask: (drafts: Draft[]) => Promise<Result<Result<Outcome>[]>>
  accepted: (line: Checked, draft: Draft, outcome: Outcome) => Answer
  refused: (line: Checked, problem: Problem) => Answer
}

/**
 * Hands all lines to the desk and answers each. Fails as a whole if the desk did not answer and
 * nothing was accepted, so that the client knows it can retry the whole call.
 */
export async function takeLines<Checked extends CheckedLine<Draft>, Draft, Outcome, Answer>(
  lines: Iterable<Checked>,
  { siteUrl }: Publication,
  { limits, weigh, ask, accepted, refused }: LineHandling<Checked, Draft, Outcome, Answer>,
): Promise<Result<{ results: Answer[]; accepted: number; refused: number }>> {
  const results: Answer[] = []
  let refusals = 0
  // Once the desk has not answered it is not asked for the rest: the caller sends those lines
  // again.
  let unanswered: Failure | undefined
  for await (const batch of batchesOf(lines, limits, weigh)) {
    const drafts = batch.flatMap(({ draft }) => (draft.ok ? [draft.value] : []))
    const asked: Result<Result<Outcome>[]> = unanswered
      ? fail(unanswered)
      : drafts.length === 0
        ? ok([])
        : await ask(drafts)
    if (!asked.ok) unanswered = asked.failure
    const outcomes = asked.ok ? asked.value.values() : undefined
    const refuse = (line: Checked, failure: Failure): Answer => {
      refusals += 1
      return refused(line, problemOf(failure, siteUrl))
    }
    for (const line of batch) {
      const { draft } = line
      if (!draft.ok) {
        results.push(refuse(line, draft.failure))
        continue
      }
      const outcome = asked.ok ? outcomes?.next().value : asked
      results.push(
        outcome?.ok
          ? accepted(line, draft.value, outcome.value)
          : refuse(line, outcome?.failure ?? { reason: 'internal' }),
      )
    }
  }
  return unanswered && refusals === results.length
    ? fail(unanswered)
    : ok({ results, accepted: results.length - refusals, refused: refusals })
}
