/**
 * Exports a desk as lines (`records.ts`), page by page, while publishing continues.
 *
 * Each page is read in one turn, but the pages together are not a snapshot. Therefore the log of
 * changes comes last, and whatever has changed since the export began is exported again. The export
 * ends only when one turn has exported all remaining changes. Later lines override earlier ones.
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
 * Limits of a page. The desk builds a page in one turn, and serves no other request during that
 * turn. An article that exceeds the limits has a page of its own. Header and end are not counted as
 * lines.
 */
export const PAGE_LIMITS = { bytes: 4 * 1024 * 1024, lines: 5_000 }
/** Reserved for header and end, which are always added. */
const RESERVED_BYTES = 2048
const BATCH_SIZE = 500

const CursorSchema = v.strictObject({
  stage: v.picklist(Object.values(KINDS).map(({ stage }) => stage)),
  /** Key of the last exported row. In `changes`, the target of the last exported document. */
  after: v.string(),
  /**
   * In `memberships`, the position of the last exported row in its channel. In `changes`, the
   * number of the last exported change.
   */
  position: nonNegativeInteger,
  /** The last change before the export began. Articles changed later are exported again. */
  change: nonNegativeInteger,
  /** Links whose last change has at most this number have been exported again. */
  linked: nonNegativeInteger,
  /** Documents rendered in this second or later are exported again. */
  since: nonNegativeInteger,
  /** The second in which the current pass over links and documents began. */
  looked: nonNegativeInteger,
  /** Number of lines exported so far. */
  lines: nonNegativeInteger,
  /** Digest of these lines without the header. */
  digest: v.string(),
})
/** The progress of an export. */
export type ExportCursor = v.InferOutput<typeof CursorSchema>
type ExportPosition = Omit<ExportCursor, 'lines' | 'digest'>
/** `cursor` is where the next page begins. It is absent on the last page. */
export type ExportPage = { text: string; cursor?: string }

/** Parses the cursor of an earlier page. Returns `undefined` for anything else. */
export function parseCursor(text: string): ExportCursor | undefined {
  const parsed = parseJson(text)
  const cursor = parsed.ok ? v.safeParse(CursorSchema, parsed.value) : undefined
  return cursor?.success ? cursor.output : undefined
}

/** Exports one page: the first one if there is no cursor. `now` is in milliseconds. */
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
 * Builds the first line. Its `export` is the name of this export, which all its pages share.
 * Exports of equal desks have different names, but the lines after the header are equal.
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

  /** Adds the header or the end, even to a full page. The digest does not include them. */
  addFrame(record: DeskRecord): void {
    this.#append(JSON.stringify(record))
  }

  /** Adds records that must stay together. Returns false if they belong on the next page. */
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

/** Records that must stay together, and the position after them. */
type ExportStep = { records: DeskRecord[]; position: ExportPosition }

/**
 * Yields all remaining records from a position on. Rows are read only when they are needed. The
 * caller must consume the generator in one turn.
 */
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

/** Yields the lines of one kind after a position, each with the position after it. */
function* readRows<Name extends KindName>(
  ledger: Ledger,
  name: Name,
  from: RowPosition,
): Generator<[line: ExportLine<Name>, position: RowPosition]> {
  const { listRows, getPosition } = getKind(name)
  const read = (last: ExportedRows[Name] | undefined) =>
    listRows(ledger, last ? getPosition(last) : from, BATCH_SIZE)
  for (const row of readBatches(read)) yield [buildLine(name, row), getPosition(row)]
}

/**
 * Yields the log of changes and, once more, the articles changed since the export began. Then
 * yields the links changed and the documents rendered since then.
 *
 * Repeats the pass over links and documents until one turn covers it completely, so that no
 * concurrent write is missed. Documents are found by Last-Modified, which is never earlier than the
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
    const startsInThisCall = position.after === ''
    if (startsInThisCall) position = { ...position, looked: nowSeconds }
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
    if (startsInThisCall) return
    position = { ...position, after: '', since: position.looked }
    yield { records: [], position }
  }
}

/**
 * Returns the current records of an article: the article, its codes, its current and former
 * memberships, and the channels of these memberships.
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

/** Yields all rows, read in consecutive batches of `BATCH_SIZE`. */
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
