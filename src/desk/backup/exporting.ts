/**
 * The export: a desk as lines (`records.ts`), page by page, while publishing goes on. Each page is
 * read in one turn, but pages are no snapshot. So the log of changes is told last: whatever changed
 * after the export began is told again, and the last page ends in a turn in which nothing is left
 * to tell. Later lines overrule.
 */
import * as v from 'valibot'
import { ok, type Result } from '../../model/failures.ts'
import { nonNegativeInteger } from '../../model/stored.ts'
import { byteLength } from '../../text/characters.ts'
import { digest, digestValue } from '../../text/digest.ts'
import { parseJson } from '../../text/json.ts'
import { formatTime } from '../../text/time.ts'
import type { Ledger, PageLink, RecordCounts, RenderedDocument } from '../ledger/ledger.ts'
import {
  type ExportedRows,
  type ExportLine,
  getKind,
  KIND_NAMES,
  KINDS,
  type KindName,
  type RowPosition,
} from './kinds.ts'
import { chainDigest, type DeskRecord, FORMAT_VERSION } from './records.ts'

/**
 * A page is no larger in bytes, unless one article alone is, and has no more lines beside header
 * and end: it is one turn of the desk, in which nobody else is answered.
 */
export const PAGE_LIMITS = { bytes: 4 * 1024 * 1024, lines: 5_000 }
/** Kept free for header and end, which no page is too full for. */
const RESERVED_BYTES = 2048
const BATCH_SIZE = 500

const CursorSchema = v.strictObject({
  stage: v.picklist(Object.values(KINDS).map(({ stage }) => stage)),
  /** Key of the row that was told last; of `changes`: of the document. */
  after: v.string(),
  /** Of `memberships`: the position of that row; of `changes`: the change that was told last. */
  position: nonNegativeInteger,
  /** The last change when the export began: articles of later ones are told again. */
  change: nonNegativeInteger,
  /** The last change of a link that was told again. */
  linked: nonNegativeInteger,
  /**
   * Documents rendered in this second or later are told again; and when this look at them began.
   */
  since: nonNegativeInteger,
  looked: nonNegativeInteger,
  /** Lines told so far, and the digest of them without the header. */
  lines: nonNegativeInteger,
  digest: v.string(),
})
/** Where an export stands. */
export type ExportCursor = v.InferOutput<typeof CursorSchema>
type ExportPosition = Omit<ExportCursor, 'lines' | 'digest'>
/** `cursor`: where to go on; absent when the export has ended. */
export type ExportPage = { text: string; cursor?: string }

/** The cursor that an earlier page gave; `undefined` for anything else. */
export function parseCursor(text: string): ExportCursor | undefined {
  const parsed = parseJson(text)
  const cursor = parsed.ok ? v.safeParse(CursorSchema, parsed.value) : undefined
  return cursor?.success ? cursor.output : undefined
}

/** One page, from the beginning when there is no cursor. `now` in milliseconds. */
export function exportPage(
  ledger: Ledger,
  tag: { authority: string; date: string },
  cursor: ExportCursor | undefined,
  now: number,
  limits = PAGE_LIMITS,
): Result<ExportPage> {
  const nowSeconds = Math.floor(now / 1000)
  const page = new PageBuilder(cursor, limits)
  let position: ExportPosition = cursor ?? getStartPosition(ledger.getLastChange(), nowSeconds)
  if (!cursor) page.addFrame(buildHeader(tag, position.change, now, ledger.countRecords()))
  for (const step of readSteps(ledger, position, nowSeconds)) {
    if (!page.add(step.records)) {
      const { lines, digest } = page
      return ok({ text: page.text, cursor: JSON.stringify({ ...position, lines, digest }) })
    }
    position = step.position
  }
  page.addFrame({
    record: 'end',
    change: ledger.getLastChange(),
    lines: page.lines,
    counts: ledger.countRecords(),
    digest: page.digest,
  })
  return ok({ text: page.text })
}

const getStartPosition = (change: number, nowSeconds: number): ExportPosition => ({
  stage: 'articles',
  after: '',
  position: 0,
  change,
  linked: change,
  since: nowSeconds,
  looked: nowSeconds,
})

/**
 * The name says which export pages belong to; equal desks have other names but equal lines after
 * them.
 */
function buildHeader(
  tag: { authority: string; date: string },
  change: number,
  now: number,
  counts: RecordCounts,
) {
  const { authority, date } = tag
  return {
    record: 'desk',
    version: FORMAT_VERSION,
    export: digestValue({ authority, date, change, now }),
    tag: { authority, date },
    exported: formatTime(Math.floor(now / 1000)),
    change,
    counts,
  } satisfies DeskRecord
}

class PageBuilder {
  text = ''
  lines: number
  digest: string
  readonly #limits: typeof PAGE_LIMITS
  #bytes = RESERVED_BYTES
  #addedLines = 0

  constructor(cursor: ExportCursor | undefined, limits: typeof PAGE_LIMITS) {
    this.#limits = limits
    this.lines = cursor?.lines ?? 0
    this.digest = cursor?.digest ?? ''
  }

  /** Adds the header or the end: no page is too full for them, and the digest leaves them out. */
  addFrame(record: DeskRecord): void {
    this.#append(JSON.stringify(record))
  }

  /** Adds records that belong together; false when they must wait for the next page. */
  add(records: DeskRecord[]): boolean {
    const lines = records.map((record) => JSON.stringify(record))
    const bytes = lines.reduce((sum, line) => sum + byteLength(line) + 1, 0)
    const isFull =
      this.#bytes + bytes > this.#limits.bytes ||
      this.#addedLines + lines.length > this.#limits.lines
    if (isFull && this.#addedLines > 0) return false
    for (const line of lines) {
      this.#append(line)
      this.digest = chainDigest(this.digest, digest(line))
    }
    this.#bytes += bytes
    this.#addedLines += lines.length
    return true
  }

  #append(line: string): void {
    this.text += `${line}\n`
    this.lines += 1
  }
}
/** Records that belong together, and the place after them. */
type ExportStep = { records: DeskRecord[]; position: ExportPosition }

/** All that is left to tell from a place on. It is read as it is asked for, in one turn. */
function* readSteps(
  ledger: Ledger,
  from: ExportPosition,
  nowSeconds: number,
): Generator<ExportStep> {
  let position = from
  const firstIndex = KIND_NAMES.findIndex((name) => KINDS[name].stage === from.stage)
  for (const name of KIND_NAMES.slice(firstIndex)) {
    const { stage } = KINDS[name]
    if (stage !== position.stage) {
      position = { ...position, stage, after: '', position: 0 }
      yield { records: [], position }
    }
    if (name === 'audit') yield* readChanges(ledger, position, nowSeconds)
    else
      for (const [line, rowPosition] of readRows(ledger, name, position))
        yield { records: [line], position: { ...position, ...rowPosition } }
  }
}

const buildLine = <Name extends KindName>(
  record: Name,
  row: ExportedRows[Name],
): ExportLine<Name> => ({
  record,
  ...row,
})

/** The lines of one kind after a place, each with the place after it. */
function* readRows<Name extends KindName>(
  ledger: Ledger,
  name: Name,
  from: RowPosition,
): Generator<[line: ExportLine<Name>, place: RowPosition]> {
  const { listRows, getPosition } = getKind(name)
  const read = (last: ExportedRows[Name] | undefined) =>
    listRows(ledger, last ? getPosition(last) : from, BATCH_SIZE)
  for (const row of readBatches(read)) yield [buildLine(name, row), getPosition(row)]
}

/**
 * The log of changes; with those since the beginning, their articles again; then the links that
 * changed and the documents that were rendered meanwhile. Those are looked at until one look began
 * and ended in the same turn: none is missed then, because Last-Modified is never earlier than the
 * second of rendering.
 */
function* readChanges(
  ledger: Ledger,
  from: ExportPosition,
  nowSeconds: number,
): Generator<ExportStep> {
  let position = from
  const repeatedArticles = new Set<string>()
  for (const [line, rowPosition] of readRows(ledger, 'audit', from)) {
    const isRepeated = line.change > from.change && !repeatedArticles.has(line.article)
    if (isRepeated) repeatedArticles.add(line.article)
    position = { ...position, position: rowPosition.position }
    yield {
      records: [...(isRepeated ? readArticleRecords(ledger, line.article) : []), line],
      position,
    }
  }
  for (;;) {
    const isFullPass = position.after === ''
    if (isFullPass) position = { ...position, looked: nowSeconds }
    const { linked } = position
    for (const row of readBatches<PageLink>((last) =>
      ledger.listLinksChangedAfter(last?.change ?? linked, BATCH_SIZE),
    )) {
      position = { ...position, linked: row.change }
      yield { records: [buildLine('link', row)], position }
    }
    const { after, since } = position
    for (const row of readBatches<RenderedDocument>((last) =>
      ledger.listDocuments(last?.target ?? after, since, BATCH_SIZE),
    )) {
      position = { ...position, after: row.target }
      yield { records: [buildLine('document', row)], position }
    }
    if (isFullPass) return
    position = { ...position, after: '', since: position.looked }
    yield { records: [], position }
  }
}

/**
 * The present truth of an article: itself, its codes, its memberships, holes included, and their
 * channels.
 */
function readArticleRecords(ledger: Ledger, id: string): DeskRecord[] {
  const article = ledger.findArticle(id)
  const memberships = ledger.listMembershipsOfArticle(id)
  const channels = [...new Set(memberships.map(({ channel }) => channel))]
  return [
    ...(article ? [buildLine('article', article)] : []),
    ...ledger.listCodesOfArticle(id).map((row) => buildLine('code', row)),
    ...channels.flatMap((key) => {
      const row = ledger.findChannel(key)
      return row ? [buildLine('channel', row)] : []
    }),
    ...memberships.map((row) => buildLine('membership', row)),
  ]
}

/** All rows, in batches of `ROWS_AT_ONCE` that follow one another. */
function* readBatches<Row>(read: (last: Row | undefined) => Iterable<Row>): Generator<Row> {
  for (let last: Row | undefined; ; ) {
    let count = 0
    for (const row of read(last)) {
      yield row
      last = row
      count += 1
    }
    if (count < BATCH_SIZE) return
  }
}
