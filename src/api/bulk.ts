/**
 * Many changes in one request: NDJSON in, one answer a line out, in order. A bad line hides no other
 * (RULES U-28), and whoever received no answer sends the same lines again.
 */
import { problemOf } from '../http/problem.ts'
import type { Problem } from '../model/answers.ts'
import { type Failure, fail, ok, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { batchesOf } from '../text/batches.ts'
import { type Line, linesOf, NDJSON_TYPES } from '../text/ndjson.ts'
import { mediaTypeOf, readBody } from './requests.ts'

/** All lines of a body of NDJSON, or nothing: the bounds are checked before the first line is looked at. */
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

/** A line once it is checked: what the desk is asked to take, or why the line is refused already. */
export type CheckedLine<Draft> = { line: number; draft: Result<Draft> }

/** How one kind of line is taken and answered. */
export type LineHandling<Checked extends CheckedLine<Draft>, Draft, Outcome, Answer> = {
  /** Bounds of what the desk is handed at once, and what a line adds to each (`batchesOf`). */
  limits: readonly number[]
  weigh: (line: Checked) => readonly number[]
  /** Hands drafts to the desk, which has one outcome for each, in order. */
  ask: (drafts: Draft[]) => Promise<Result<Result<Outcome>[]>>
  accepted: (line: Checked, draft: Draft, outcome: Outcome) => Answer
  refused: (line: Checked, problem: Problem) => Answer
}

/**
 * Hands all lines to the desk and answers each. Fails as a whole when the desk did not answer and
 * nothing was taken: then the caller should hear that the whole call can be tried again.
 */
export async function takeLines<Checked extends CheckedLine<Draft>, Draft, Outcome, Answer>(
  lines: Iterable<Checked>,
  { siteUrl }: Publication,
  { limits, weigh, ask, accepted, refused }: LineHandling<Checked, Draft, Outcome, Answer>,
): Promise<Result<{ results: Answer[]; accepted: number; refused: number }>> {
  const results: Answer[] = []
  let refusals = 0
  // Once the desk has not answered it is not asked for the rest: the caller sends those lines again.
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
