/**
 * Imports many short links that another system published earlier (`POST /api/links`).
 *
 * An existing link is never changed. A line is refused if its code already belongs to another page
 * or article. With `?check=true` nothing changes, and the results say what would happen.
 */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { LinkOutcome } from '../desk/protocol.ts'
import { CODE_GRAMMAR } from '../model/code.ts'
import { fail, type Result } from '../model/failures.ts'
import { type LinkDraft, parseLinkLine } from '../model/link.ts'
import type { Publication } from '../model/publication.ts'
import { conformTo, LinkBulkResponseSchema, type LinkLineResult } from '../model/responses.ts'
import { ROUTES } from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import type { AppEnv } from '../serving/app-type.ts'
import { omitUndefined, parseJson } from '../text/json.ts'
import type { NdjsonLine } from '../text/ndjson.ts'
import { decodeUtf8 } from '../text/utf8.ts'
import { type CheckedLine, type LineHandler, processLines, readLines } from './bulk.ts'
import { buildLinkReceipt } from './link-receipt.ts'
import { API_HEADERS, buildQueryFailure, respondWithProblem } from './requests.ts'

export const MAX_LINK_LINES = 1000
export const MAX_LINKS_BYTES = 2 * 1024 * 1024
const BODY_LIMITS = { lines: MAX_LINK_LINES, bytes: MAX_LINKS_BYTES }
/**
 * A call to the desk gets at most this many lines, so that the desk can serve readers and other
 * editors between two calls.
 */
const MAX_LINES_PER_CALL = 250

const CheckSchema = v.optional(v.picklist(['true', 'false']), 'false')

/** `now` returns milliseconds. */
export function createLinksBulkApi(now: () => number): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  app.post(ROUTES.apiLinks, async (c) => {
    const { publication, reader } = c.var
    const check = v.safeParse(CheckSchema, c.req.query('check'))
    if (!check.success)
      return respondWithProblem(
        publication,
        buildQueryFailure('import links', 'check is neither true nor false'),
      )
    const lines = await readLines(c.req.raw, 'import', 'links', BODY_LIMITS)
    if (!lines.ok) return respondWithProblem(publication, lines.failure)
    const handler = createLinkHandler(reader, check.output === 'true', Math.floor(now() / 1000))
    const result = await processLines(prepareLines(lines.value, publication), publication, handler)
    return result.ok
      ? c.json(conformTo(LinkBulkResponseSchema, result.value), 200, API_HEADERS)
      : respondWithProblem(publication, result.failure)
  })
  return app
}

const createLinkHandler = (
  reader: Reader,
  isDryRun: boolean,
  nowSeconds: number,
): LineHandler<PreparedLine, LinkDraft, LinkOutcome, LinkLineResult> => ({
  batchLimits: [MAX_LINES_PER_CALL],
  weigh: () => [1],
  callDesk: async (drafts) => {
    const result = await reader.callDesk(
      (desk) => desk.importLinks(drafts, isDryRun),
      'import links',
    )
    if (!isDryRun) reader.invalidateCodes(listCodes(result))
    return result
  },
  buildAcceptedResult: ({ line }, _, outcome): LinkLineResult => ({
    line,
    code: outcome.link.code,
    status: outcome.created ? 201 : 200,
    receipt: buildLinkReceipt(outcome, reader.publication, nowSeconds),
  }),
  buildRefusedResult: ({ line, code }, problem): LinkLineResult => ({
    line,
    ...omitUndefined({ code }),
    status: problem.status,
    problem,
  }),
})

const listCodes = (result: Result<Result<LinkOutcome>[]>): string[] =>
  result.ok ? result.value.flatMap((each) => (each.ok ? [each.value.link.code] : [])) : []

type PreparedLine = CheckedLine<LinkDraft> & { code: string | undefined }

function* prepareLines(lines: NdjsonLine[], publication: Publication): Generator<PreparedLine> {
  for (const line of lines) yield prepareLine(line, publication)
}

function prepareLine({ number, bytes }: NdjsonLine, publication: Publication): PreparedLine {
  const unparsable = (why: string): PreparedLine => ({
    line: number,
    code: undefined,
    draft: fail({ reason: 'unparsable', action: 'import', subject: `line ${number}`, why }),
  })
  const text = decodeUtf8(bytes)
  if (text === undefined) return unparsable('it is not UTF-8')
  const parsed = parseJson(text, 'line')
  if (!parsed.ok) return unparsable(parsed.why)
  const lineCode = v.safeParse(LineCodeSchema, parsed.value)
  const draft = parseLinkLine(parsed.value, publication)
  return { line: number, code: lineCode.success ? lineCode.output.code : undefined, draft }
}
const LineCodeSchema = v.object({ code: v.pipe(v.string(), v.regex(CODE_GRAMMAR)) })
