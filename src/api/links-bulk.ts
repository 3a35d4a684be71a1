/**
 * Links that were given out elsewhere before, many in one request: NDJSON in, one answer a line out, in order. What leads
 * there already is left as it is, so whoever heard no answer sends the same again. With `?check=true` nothing is changed.
 */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { LinkOutcome } from '../desk/protocol.ts'
import { problemOf } from '../http/problem.ts'
import { describedBy, LinkBulkAnswerSchema, type LinkLineAnswer } from '../model/answers.ts'
import { CODE_GRAMMAR } from '../model/code.ts'
import { type Failure, fail, ok, type Result } from '../model/failures.ts'
import { type LinkDraft, prepareLinkLine } from '../model/link.ts'
import type { Publication } from '../model/publication.ts'
import { ROUTES } from '../model/urls.ts'
import type { Reader } from '../reader/reader.ts'
import type { App } from '../serving/app-type.ts'
import { defined, parseJson } from '../text/json.ts'
import type { Line } from '../text/ndjson.ts'
import { decodeUtf8 } from '../text/utf8.ts'
import { linkReceipt } from './link-receipt.ts'
import { HEADERS, problem, readLines } from './requests.ts'

export const MAX_LINK_LINES = 1000
export const MAX_LINKS_BYTES = 2 * 1024 * 1024
const BOUNDS = { lines: MAX_LINK_LINES, bytes: MAX_LINKS_BYTES }
/** Handed to the desk at once: few enough that readers and other editors get their turns in between. */
const DRAFTS_AT_ONCE = 250

const CheckSchema = v.optional(v.picklist(['true', 'false']), 'false')

/** `now` in milliseconds. */
export function linksBulk(now: () => number): Hono<App> {
  const app = new Hono<App>()
  app.post(ROUTES.apiLinks, async (c) => {
    const check = v.safeParse(CheckSchema, c.req.query('check'))
    if (!check.success)
      return problem(c.var.publication, {
        reason: 'bad-query',
        action: 'import links',
        why: 'check is neither true nor false',
      })
    const lines = await readLines(c.req.raw, 'import', 'links', BOUNDS)
    if (!lines.ok) return problem(c.var.publication, lines.failure)
    const told = await takeLines(
      c.var.reader,
      lines.value,
      check.output === 'true',
      Math.floor(now() / 1000),
    )
    if (!told.ok) return problem(c.var.publication, told.failure)
    const refused = told.value.filter((answer) => 'problem' in answer).length
    const accepted = told.value.length - refused
    const answer = describedBy(LinkBulkAnswerSchema, { results: told.value, accepted, refused })
    return c.json(answer, 200, HEADERS)
  })
  return app
}

type PreparedLine = { line: number; code: string | undefined; draft: Result<LinkDraft> }

/** `now` in seconds. Fails as a whole when the desk has taken nothing: the caller then tries again. */
async function takeLines(
  reader: Reader,
  lines: Line[],
  check: boolean,
  now: number,
): Promise<Result<LinkLineAnswer[]>> {
  const { publication } = reader
  const results: LinkLineAnswer[] = []
  // Once the desk has not answered it is not asked for the rest: the caller sends those lines again.
  let unanswered: Failure | undefined
  for (let start = 0; start < lines.length; start += DRAFTS_AT_ONCE) {
    const group = lines
      .slice(start, start + DRAFTS_AT_ONCE)
      .map((line) => prepare(line, publication))
    const drafts = group.flatMap(({ draft }) => (draft.ok ? [draft.value] : []))
    const asked: Result<Result<LinkOutcome>[]> = unanswered
      ? fail(unanswered)
      : drafts.length === 0
        ? ok([])
        : await reader.askDesk((desk) => desk.inheritLinks(drafts, check), 'import links')
    if (!asked.ok) unanswered = asked.failure
    if (!check) reader.forgetProbes(codesIn(asked))
    const outcomes = asked.ok ? asked.value.values() : undefined
    for (const { line, code, draft } of group) {
      const outcome = draft.ok ? (asked.ok ? outcomes?.next().value : asked) : draft
      results.push(
        outcome?.ok
          ? accepted(line, outcome.value, publication, now)
          : refused(line, code, outcome?.failure ?? { reason: 'internal' }, publication),
      )
    }
  }
  const nothing = results.every((answer) => 'problem' in answer)
  return unanswered && nothing ? fail(unanswered) : ok(results)
}

const codesIn = (asked: Result<Result<LinkOutcome>[]>): string[] =>
  asked.ok ? asked.value.flatMap((each) => (each.ok ? [each.value.link.code] : [])) : []

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

const accepted = (
  line: number,
  outcome: LinkOutcome,
  publication: Publication,
  now: number,
): LinkLineAnswer => ({
  line,
  code: outcome.link.code,
  status: outcome.created ? 201 : 200,
  receipt: linkReceipt(outcome, publication, now),
})

function refused(
  line: number,
  code: string | undefined,
  failure: Failure,
  publication: Publication,
): LinkLineAnswer {
  const told = problemOf(failure, publication.siteUrl)
  return { line, ...defined({ code }), status: told.status, problem: told }
}
