/**
 * Publishes many manuscripts in one request (`POST /api/articles`), with one manuscript on each
 * line. Each line is accepted or refused independently of the others (`bulk.ts`). Sending the same
 * lines again changes nothing.
 */
import { Hono } from 'hono'
import type { ArticleOutcome } from '../desk/protocol.ts'
import { type PreparedManuscript, prepareLine } from '../manuscript/prepare.ts'
import type { Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { BulkResponseSchema, conformTo, type LineResult } from '../model/responses.ts'
import { ROUTES } from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import type { AppEnv } from '../serving/app-type.ts'
import { omitUndefined } from '../text/json.ts'
import type { NdjsonLine } from '../text/ndjson.ts'
import { buildLineReceipt } from './article-receipt.ts'
import { type CheckedLine, type LineHandler, processLines, readLines } from './bulk.ts'
import { API_HEADERS, respondWithProblem } from './requests.ts'

export const MAX_LINES = 500
export const MAX_BULK_BYTES = 32 * 1024 * 1024
const BODY_LIMITS = { lines: MAX_LINES, bytes: MAX_BULK_BYTES }
/**
 * A request with at most this many lines counts as news. Feeds and pages of a request with more
 * lines are delayed, because it counts as bulk.
 */
const MAX_NEWS_LINES = 25
/**
 * A call to the desk gets at most this many drafts, so that the desk can serve readers and other
 * editors between two calls.
 */
const MAX_DRAFTS_PER_CALL = 25
/**
 * Keeps a call to the desk below 32 MiB, the limit of a message to a Durable Object. A single
 * article can have 1.3 million characters.
 */
const MAX_CHARACTERS_PER_CALL = 2_000_000

export const articlesBulkApi = new Hono<AppEnv>()

articlesBulkApi.post(ROUTES.apiArticles, async (c) => {
  const { publication, reader } = c.var
  const lines = await readLines(c.req.raw, 'publish', 'articles', BODY_LIMITS)
  if (!lines.ok) return respondWithProblem(publication, lines.failure)
  const isBulk = lines.value.length > MAX_NEWS_LINES
  const prepared = prepareLines(lines.value, publication)
  const result = await processLines(prepared, publication, createManuscriptHandler(reader, isBulk))
  return result.ok
    ? c.json(conformTo(BulkResponseSchema, result.value), 200, API_HEADERS)
    : respondWithProblem(publication, result.failure)
})

const createManuscriptHandler = (
  reader: Reader,
  isBulk: boolean,
): LineHandler<PreparedLine, PreparedManuscript, ArticleOutcome, LineResult> => ({
  batchLimits: [MAX_DRAFTS_PER_CALL, MAX_CHARACTERS_PER_CALL],
  weigh: weighLine,
  callDesk: async (prepared) => {
    const drafts = prepared.map(({ draft }) => draft)
    const result = await reader.callDesk((desk) => desk.publishAll(drafts, isBulk), 'publish')
    reader.invalidateCodes(listCodes(result))
    return result
  },
  buildAcceptedResult: ({ line }, prepared, outcome): LineResult => ({
    line,
    id: outcome.article.id,
    status: outcome.created ? 201 : 200,
    receipt: buildLineReceipt(outcome, prepared, reader.publication),
  }),
  buildRefusedResult: ({ line, id }, problem): LineResult => ({
    line,
    ...omitUndefined({ id }),
    status: problem.status,
    problem,
  }),
})

const listCodes = (result: Result<Result<ArticleOutcome>[]>): string[] =>
  result.ok ? result.value.flatMap((each) => (each.ok ? [each.value.article.code] : [])) : []

type PreparedLine = CheckedLine<PreparedManuscript> & { id: string | undefined }

/**
 * Prepares lines one at a time, so that the drafts of a large body are never in memory together.
 */
function* prepareLines(lines: NdjsonLine[], publication: Publication): Generator<PreparedLine> {
  for (const line of lines) {
    const { id, ...draft } = prepareLine(line, publication)
    yield { line: line.number, id, draft }
  }
}

/** Returns how many drafts and characters a line adds to a call to the desk. */
function weighLine({ draft }: PreparedLine): [drafts: number, characters: number] {
  if (!draft.ok) return [0, 0]
  const { html, source } = draft.value.draft.story
  return [1, html.length + source.text.length]
}
