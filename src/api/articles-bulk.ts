/** Many manuscripts in one request. To send the same again changes nothing. */
import { Hono } from 'hono'
import type { Outcome } from '../desk/protocol.ts'
import { type Prepared, prepareLine } from '../manuscript/prepare.ts'
import { BulkAnswerSchema, describedBy, type LineAnswer } from '../model/answers.ts'
import type { Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { ROUTES } from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import type { App } from '../serving/app-type.ts'
import { defined } from '../text/json.ts'
import type { Line } from '../text/ndjson.ts'
import { lineReceipt } from './article-receipt.ts'
import { type CheckedLine, type LineHandling, readLines, takeLines } from './bulk.ts'
import { HEADERS, problem } from './requests.ts'

export const MAX_LINES = 500
export const MAX_BULK_BYTES = 32 * 1024 * 1024
const BOUNDS = { lines: MAX_LINES, bytes: MAX_BULK_BYTES }
/** So few are news: feeds and pages do not wait for more of them. */
const FEW_LINES = 25
/**
 * Drafts handed to the desk at once: few enough that readers and other editors get their turns in
 * between.
 */
const DRAFTS_AT_ONCE = 25
/**
 * And so many characters: a message to an object holds 32 MiB, and one article up to 1.3 M
 * characters.
 */
const CHARACTERS_AT_ONCE = 2_000_000

export const articlesBulk = new Hono<App>()

articlesBulk.post(ROUTES.apiArticles, async (c) => {
  const { publication, reader } = c.var
  const lines = await readLines(c.req.raw, 'publish', 'articles', BOUNDS)
  if (!lines.ok) return problem(publication, lines.failure)
  const inBulk = lines.value.length > FEW_LINES
  const prepared = preparedLines(lines.value, publication)
  const taken = await takeLines(prepared, publication, manuscripts(reader, inBulk))
  return taken.ok
    ? c.json(describedBy(BulkAnswerSchema, taken.value), 200, HEADERS)
    : problem(publication, taken.failure)
})

const manuscripts = (
  reader: Reader,
  inBulk: boolean,
): LineHandling<PreparedLine, Prepared, Outcome, LineAnswer> => ({
  limits: [DRAFTS_AT_ONCE, CHARACTERS_AT_ONCE],
  weigh: weightOf,
  ask: async (prepared) => {
    const drafts = prepared.map(({ draft }) => draft)
    const asked = await reader.askDesk((desk) => desk.publishAll(drafts, inBulk), 'publish')
    reader.forgetProbes(codesIn(asked))
    return asked
  },
  accepted: ({ line }, { removed }, outcome): LineAnswer => ({
    line,
    id: outcome.article.id,
    status: outcome.created ? 201 : 200,
    receipt: lineReceipt(outcome, removed, reader.publication),
  }),
  refused: ({ line, id }, why): LineAnswer => ({
    line,
    ...defined({ id }),
    status: why.status,
    problem: why,
  }),
})

const codesIn = (asked: Result<Result<Outcome>[]>): string[] =>
  asked.ok ? asked.value.flatMap((each) => (each.ok ? [each.value.article.code] : [])) : []

type PreparedLine = CheckedLine<Prepared> & { id: string | undefined }

/**
 * Prepares each line only when it is asked for: of a large body not all drafts are in memory at
 * once.
 */
function* preparedLines(lines: Line[], publication: Publication): Generator<PreparedLine> {
  for (const line of lines) {
    const { id, ...draft } = prepareLine(line, publication)
    yield { line: line.number, id, draft }
  }
}

/** How many drafts and characters a line hands to the desk. */
function weightOf({ draft }: PreparedLine): [drafts: number, characters: number] {
  if (!draft.ok) return [0, 0]
  const { html, source } = draft.value.draft.story
  return [1, html.length + source.text.length]
}
