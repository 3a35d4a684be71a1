/**
 * Many changes in one request: NDJSON in, one answer a line out, in order. A bad line does not
 * affect the others (rule U-28). A client that received no answer sends the same lines again.
 */
import { buildProblem } from '../http/problem.ts'
import { type Failure, fail, ok, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import type { Problem } from '../model/responses.ts'
import { splitIntoBatches } from '../text/batches.ts'
import { NDJSON_TYPES, type NdjsonLine, splitLines } from '../text/ndjson.ts'
import { parseMediaType, readBody } from './requests.ts'

/**
 * All lines of a body of NDJSON, or nothing: the bounds are checked before the first line is looked
 * at.
 */
export async function readLines(
  request: Request,
  action: string,
  subject: string,
  limits: { lines: number; bytes: number },
): Promise<Result<NdjsonLine[]>> {
  const type = parseMediaType(request, NDJSON_TYPES, action, subject)
  if (!type.ok) return type
  const body = await readBody(request, action, subject, limits.bytes)
  if (!body.ok) return body
  const lines: NdjsonLine[] = []
  for (const line of splitLines(body.value)) {
    if (lines.length === limits.lines)
      return fail({ reason: 'too-many-lines', action, subject, limit: limits.lines })
    lines.push(line)
  }
  if (lines.length > 0) return ok(lines)
  return fail({ reason: 'unparsable', action, subject, why: 'the body has no lines' })
}

/** A line after it was checked: the draft for the desk, or why the line is refused. */
export type CheckedLine<Draft> = { line: number; draft: Result<Draft> }

/** How lines of one kind are handed to the desk and answered. */
export type LineHandler<Checked extends CheckedLine<Draft>, Draft, Outcome, LineResult> = {
  /** Limits of one call to the desk, and how much a line adds to each (`batchesOf`). */
  batchLimits: readonly number[]
  weigh: (line: Checked) => readonly number[]
  /** Hands drafts to the desk. Returns one outcome for each, in order. */
  callDesk: (drafts: Draft[]) => Promise<Result<Result<Outcome>[]>>
  buildAccepted: (line: Checked, draft: Draft, outcome: Outcome) => LineResult
  buildRefused: (line: Checked, problem: Problem) => LineResult
}

/**
 * Hands all lines to the desk and answers each. Fails as a whole if the desk did not answer and
 * nothing was accepted, so that the client knows it can retry the whole call.
 */
export async function processLines<Checked extends CheckedLine<Draft>, Draft, Outcome, LineResult>(
  lines: Iterable<Checked>,
  { siteUrl }: Publication,
  {
    batchLimits,
    weigh,
    callDesk,
    buildAccepted,
    buildRefused,
  }: LineHandler<Checked, Draft, Outcome, LineResult>,
): Promise<Result<{ results: LineResult[]; accepted: number; refused: number }>> {
  const results: LineResult[] = []
  let refusedCount = 0
  // Once the desk has not answered it is not asked for the rest: the caller sends those lines
  // again.
  let deskFailure: Failure | undefined
  for await (const batch of splitIntoBatches(lines, batchLimits, weigh)) {
    const drafts = batch.flatMap(({ draft }) => (draft.ok ? [draft.value] : []))
    const deskResult: Result<Result<Outcome>[]> = deskFailure
      ? fail(deskFailure)
      : drafts.length === 0
        ? ok([])
        : await callDesk(drafts)
    if (!deskResult.ok) deskFailure = deskResult.failure
    const outcomes = deskResult.ok ? deskResult.value.values() : undefined
    const refuse = (line: Checked, failure: Failure): LineResult => {
      refusedCount += 1
      return buildRefused(line, buildProblem(failure, siteUrl))
    }
    for (const line of batch) {
      const { draft } = line
      if (!draft.ok) {
        results.push(refuse(line, draft.failure))
        continue
      }
      const outcome = deskResult.ok ? outcomes?.next().value : deskResult
      results.push(
        outcome?.ok
          ? buildAccepted(line, draft.value, outcome.value)
          : refuse(line, outcome?.failure ?? { reason: 'internal' }),
      )
    }
  }
  return deskFailure && refusedCount === results.length
    ? fail(deskFailure)
    : ok({ results, accepted: results.length - refusedCount, refused: refusedCount })
}
