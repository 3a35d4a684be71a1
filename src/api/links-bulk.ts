/**
 * Links that were given out elsewhere before, many in one request. What leads there already is left
 * as it is. With `?check=true` nothing is changed.
 */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { LinkOutcome } from '../desk/protocol.ts'
import { describedBy, LinkBulkAnswerSchema, type LinkLineAnswer } from '../model/answers.ts'
import { CODE_GRAMMAR } from '../model/code.ts'
import { fail, type Result } from '../model/failures.ts'
import { type LinkDraft, prepareLinkLine } from '../model/link.ts'
import type { Publication } from '../model/publication.ts'
import { ROUTES } from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import type { App } from '../serving/app-type.ts'
import { defined, parseJson } from '../text/json.ts'
import type { Line } from '../text/ndjson.ts'
import { decodeUtf8 } from '../text/utf8.ts'
import { type CheckedLine, type LineHandling, readLines, takeLines } from './bulk.ts'
import { linkReceipt } from './link-receipt.ts'
import { badQuery, HEADERS, problem } from './requests.ts'

export const MAX_LINK_LINES = 1000
export const MAX_LINKS_BYTES = 2 * 1024 * 1024
const BOUNDS = { lines: MAX_LINK_LINES, bytes: MAX_LINKS_BYTES }
/**
 * Handed to the desk at once: few enough that readers and other editors get their turns in between.
 */
const LINES_AT_ONCE = 250

const CheckSchema = v.optional(v.picklist(['true', 'false']), 'false')

/** `now` in milliseconds. */
export function linksBulk(now: () => number): Hono<App> {
  const app = new Hono<App>()
  app.post(ROUTES.apiLinks, async (c) => {
    const { publication, reader } = c.var
    const check = v.safeParse(CheckSchema, c.req.query('check'))
    if (!check.success)
      return problem(publication, badQuery('import links', 'check is neither true nor false'))
    const lines = await readLines(c.req.raw, 'import', 'links', BOUNDS)
    if (!lines.ok) return problem(publication, lines.failure)
    const kind = inherited(reader, check.output === 'true', Math.floor(now() / 1000))
    const taken = await takeLines(preparedLines(lines.value, publication), publication, kind)
    return taken.ok
      ? c.json(describedBy(LinkBulkAnswerSchema, taken.value), 200, HEADERS)
      : problem(publication, taken.failure)
  })
  return app
}

/** `now` in seconds. */
const inherited = (
  reader: Reader,
  check: boolean,
  now: number,
): LineHandling<PreparedLine, LinkDraft, LinkOutcome, LinkLineAnswer> => ({
  limits: [LINES_AT_ONCE],
  weigh: () => [1],
  ask: async (drafts) => {
    const asked = await reader.askDesk((desk) => desk.inheritLinks(drafts, check), 'import links')
    if (!check) reader.forgetProbes(codesIn(asked))
    return asked
  },
  accepted: ({ line }, _, outcome): LinkLineAnswer => ({
    line,
    code: outcome.link.code,
    status: outcome.created ? 201 : 200,
    receipt: linkReceipt(outcome, reader.publication, now),
  }),
  refused: ({ line, code }, why): LinkLineAnswer => ({
    line,
    ...defined({ code }),
    status: why.status,
    problem: why,
  }),
})

const codesIn = (asked: Result<Result<LinkOutcome>[]>): string[] =>
  asked.ok ? asked.value.flatMap((each) => (each.ok ? [each.value.link.code] : [])) : []

type PreparedLine = CheckedLine<LinkDraft> & { code: string | undefined }

function* preparedLines(lines: Line[], publication: Publication): Generator<PreparedLine> {
  for (const line of lines) yield prepare(line, publication)
}

function prepare({ number, bytes }: Line, publication: Publication): PreparedLine {
  const unparsable = (why: string): PreparedLine => ({
    line: number,
    code: undefined,
    draft: fail({ reason: 'unparsable', action: 'import', subject: `line ${number}`, why }),
  })
  const text = decodeUtf8(bytes)
  if (text === undefined) return unparsable('it is not UTF-8')
  const parsed = parseJson(text, 'line')
  if (!parsed.ok) return unparsable(parsed.why)
  const named = v.safeParse(NamedSchema, parsed.value)
  const draft = prepareLinkLine(parsed.value, publication)
  return { line: number, code: named.success ? named.output.code : undefined, draft }
}
const NamedSchema = v.object({ code: v.pipe(v.string(), v.regex(CODE_GRAMMAR)) })
