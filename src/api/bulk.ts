/**
 * Handles many changes in one request. The body is NDJSON, and the response has one result for each
 * line, in order.
 *
 * A refused line does not affect the others. A client that received no response can send the same
 * lines again. `articles-bulk.ts` and `links-bulk.ts` supply what is different for articles and
 * links.
 */
import { buildProblem } from '../http/problem.ts'
import { type Failure, fail, ok, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import type { Problem } from '../model/responses.ts'
import { splitIntoBatches } from '../text/batches.ts'
import { NDJSON_TYPES, type NdjsonLine, splitLines } from '../text/ndjson.ts'
import { parseMediaType, readBody } from './requests.ts'

/**
 * Reads the lines of an NDJSON body. If it has too many lines or bytes, it is refused before a line
 * is parsed.
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

/** A checked line. `draft` is the draft for the desk, or the failure that refuses the line. */
export type CheckedLine<Draft> = { line: number; draft: Result<Draft> }

/** Sends lines of one kind to the desk and turns the outcomes into results. */
export type LineHandler<Checked extends CheckedLine<Draft>, Draft, Outcome, LineResult> = {
  /** The limits of one call to the desk, as `splitIntoBatches` needs them. */
  batchLimits: readonly number[]
  /** Returns how much a line adds to the total of each limit. */
  weigh: (line: Checked) => readonly number[]
  /** Sends drafts to the desk. Returns one outcome for each, in order. */
  callDesk: (drafts: Draft[]) => Promise<Result<Result<Outcome>[]>>
  buildAcceptedResult: (line: Checked, draft: Draft, outcome: Outcome) => LineResult
  buildRefusedResult: (line: Checked, problem: Problem) => LineResult
}

/**
 * Sends all lines to the desk and returns a result for each line. If a call to the desk fails and
 * no line was accepted, the whole request fails like that call, so that the client can retry it.
 */
export async function processLines<Checked extends CheckedLine<Draft>, Draft, Outcome, LineResult>(
  lines: Iterable<Checked>,
  { siteUrl }: Publication,
  {
    batchLimits,
    weigh,
    callDesk,
    buildAcceptedResult,
    buildRefusedResult,
  }: LineHandler<Checked, Draft, Outcome, LineResult>,
): Promise<Result<{ results: LineResult[]; accepted: number; refused: number }>> {
  const results: LineResult[] = []
  let refusedCount = 0
  // After a failed call, the remaining lines get the same failure without another call. The client
  // can send them again.
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
      return buildRefusedResult(line, buildProblem(failure, siteUrl))
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
          ? buildAcceptedResult(line, draft.value, outcome.value)
          : refuse(line, outcome?.failure ?? { reason: 'internal' }),
      )
    }
  }
  return deskFailure && refusedCount === results.length
    ? fail(deskFailure)
    : ok({ results, accepted: results.length - refusedCount, refused: refusedCount })
}
