/**
 * The format of an export: NDJSON with everything that a desk stores, between a header and an end
 * record (docs/storage.md). Schemas only validate and never transform, so a record keeps its keys
 * and their order through import and export. Equal desks therefore produce equal lines.
 */
import * as v from 'valibot'
import { fail, ok, type Result } from '../../model/failures.ts'
import { nonNegativeInteger, positiveInteger, storedToken } from '../../model/stored.ts'
import { digest } from '../../text/digest.ts'
import { isRecord, parseJson } from '../../text/json.ts'
import { splitLines } from '../../text/ndjson.ts'
import { decodeUtf8 } from '../../text/utf8.ts'
import { KIND_NAMES, KINDS } from './kinds.ts'

/**
 * Increased when an older desk would misunderstand the lines. A new optional key does not need a
 * new version, because an older desk refuses lines with that key and names the key.
 */
export const FORMAT_VERSION = 3

/** Format versions 1 and 2 had no links. */
const CountsSchema = v.strictObject({
  ...v.entriesFromList(KIND_NAMES, nonNegativeInteger),
  link: v.exactOptional(nonNegativeInteger),
})

const HeaderSchema = v.strictObject({
  record: v.literal('desk'),
  version: positiveInteger,
  export: storedToken,
  tag: v.strictObject({ authority: v.string(), date: v.string() }),
  exported: v.string(),
  change: nonNegativeInteger,
  /** Numbers of rows when the export began. Changes during the export may add lines. */
  counts: CountsSchema,
})
const EndSchema = v.strictObject({
  record: v.literal('end'),
  change: nonNegativeInteger,
  lines: positiveInteger,
  counts: CountsSchema,
  digest: v.string(),
})
const RecordSchema = v.variant('record', [
  HeaderSchema,
  ...Object.values(KINDS).map(({ schema }) => schema),
  EndSchema,
])

export type DeskRecord = v.InferOutput<typeof RecordSchema>

/**
 * Returns the digest of all lines so far, given the digest of the lines before and the digest of
 * the new line.
 */
export const chainDigest = (previous: string, lineDigest: string): string =>
  digest(previous + lineDigest)

/** A parsed record with the number of its line in the whole export and the digest of the line. */
export type ImportEntry = { line: number; digest: string; record: DeskRecord }
/** Consecutive lines of the named export. `line` is the number of the first one. */
export type ImportPage = { export: string; line: number; entries: ImportEntry[] }

/**
 * Parses a page whose first line has the number `line`. If a line is faulty, the whole page fails
 * as `unparsable` or `invalid`, with the number of the first such line.
 */
export function parsePage(name: string, line: number, body: Uint8Array): Result<ImportPage> {
  const entries: ImportEntry[] = []
  for (const { number, bytes } of splitLines(body)) {
    const entry = parseEntry(name, line + number - 1, bytes)
    if (!entry.ok) return entry
    if (entries.at(-1)?.record.record === 'end')
      return failInvalid(name, entry.value.line, 'the line follows the end record', '')
    entries.push(entry.value)
  }
  if (entries.length > 0) return ok({ export: name, line, entries })
  return fail({ reason: 'unparsable', action: 'import', subject: name, why: 'there are no lines' })
}

function parseEntry(name: string, line: number, bytes: Uint8Array): Result<ImportEntry> {
  const failUnparsable = (why: string) =>
    fail({ reason: 'unparsable', action: 'import', subject: name, why: `line ${line}: ${why}` })
  const text = decodeUtf8(bytes, true)?.replace(/\r$/, '')
  if (text === undefined) return failUnparsable('the line is not UTF-8')
  const parsed = parseJson(text, 'line')
  if (!parsed.ok) return failUnparsable(parsed.why)
  const { value } = parsed
  if (!v.is(RecordSchema, value)) return failInvalid(name, line, ...describeFault(value))
  if ((line === 1) !== (value.record === 'desk'))
    return failInvalid(name, line, 'the header must be the first line', '/record')
  return ok({ line, digest: digest(text), record: value })
}

function describeFault(value: unknown): [why: string, pointer: string] {
  const kind = isRecord(value) ? value['record'] : undefined
  const issue = v.safeParse(RecordSchema, value).issues?.[0]
  const path = issue?.path?.map(({ key }) => String(key)) ?? []
  if (path.length === 0 || path[0] === 'record')
    return ['the line is not a record of an export', '/record']
  const keyPath = path.join('.').slice(0, 100)
  return [`"${keyPath}" of the ${String(kind)} record is missing or invalid`, `/${path.join('/')}`]
}

const failInvalid = (subject: string, line: number, why: string, pointer: string) =>
  fail({
    reason: 'invalid',
    action: 'import',
    subject,
    faults: [{ detail: `line ${line}: ${why}`, pointer, line }],
  })
