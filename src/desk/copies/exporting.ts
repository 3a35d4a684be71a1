/**
 * The export: a desk as lines (`records.ts`), page by page, while publishing goes on. Each page is
 * read in one turn, but pages are no snapshot. So the log of changes is told last: whatever changed
 * after the export began is told again, and the last page ends in a turn in which nothing is left
 * to tell. Later lines overrule.
 */
import * as v from 'valibot'
import { ok, type Result } from '../../model/failures.ts'
import { whole } from '../../model/stored.ts'
import { byteLength } from '../../text/characters.ts'
import { digest, digestOf } from '../../text/digest.ts'
import { parseJson } from '../../text/json.ts'
import { formatTime } from '../../text/time.ts'
import type { Counts, DocumentEntry, Ledger, PageLink } from '../ledger/ledger.ts'
import {
  KINDS,
  type KindName,
  kindOf,
  type Line,
  NAMES,
  type RowPlace,
  type Rows,
} from './kinds.ts'
import { chain, type DeskRecord, FORMAT_VERSION } from './records.ts'

/**
 * A page is no larger in bytes, unless one article alone is, and has no more lines beside header
 * and end: it is one turn of the desk, in which nobody else is answered.
 */
export const PAGE_LIMITS = { bytes: 4 * 1024 * 1024, lines: 5_000 }
/** Kept free for header and end, which no page is too full for. */
const SPARE_BYTES = 2048
const ROWS_AT_ONCE = 500

const CursorSchema = v.strictObject({
  stage: v.picklist(Object.values(KINDS).map(({ stage }) => stage)),
  /** Key of the row that was told last; of `changes`: of the document. */
  after: v.string(),
  /** Of `memberships`: the position of that row; of `changes`: the change that was told last. */
  position: whole,
  /** The last change when the export began: articles of later ones are told again. */
  change: whole,
  /** The last change of a link that was told again. */
  linked: whole,
  /**
   * Documents rendered in this second or later are told again; and when this look at them began.
   */
  since: whole,
  looked: whole,
  /** Lines told so far, and the digest of them without the header. */
  lines: whole,
  digest: v.string(),
})
/** Where an export stands. */
export type Cursor = v.InferOutput<typeof CursorSchema>
type Place = Omit<Cursor, 'lines' | 'digest'>
/** `cursor`: where to go on; absent when the export has ended. */
export type ExportPage = { text: string; cursor?: string }

/** The cursor that an earlier page gave; `undefined` for anything else. */
export function parseCursor(text: string): Cursor | undefined {
  const parsed = parseJson(text)
  const cursor = parsed.ok ? v.safeParse(CursorSchema, parsed.value) : undefined
  return cursor?.success ? cursor.output : undefined
}

/** One page, from the beginning when there is no cursor. `now` in milliseconds. */
export function exportPage(
  ledger: Ledger,
  tag: { authority: string; date: string },
  cursor: Cursor | undefined,
  now: number,
  limits = PAGE_LIMITS,
): Result<ExportPage> {
  const second = Math.floor(now / 1000)
  const page = new Page(cursor, limits)
  let place: Place = cursor ?? beginning(ledger.lastChange(), second)
  if (!cursor) page.addFrame(headerOf(tag, place.change, now, ledger.counts()))
  for (const step of steps(ledger, place, second)) {
    if (!page.add(step.records)) {
      const { lines, digest } = page
      return ok({ text: page.text, cursor: JSON.stringify({ ...place, lines, digest }) })
    }
    place = step.place
  }
  page.addFrame({
    record: 'end',
    change: ledger.lastChange(),
    lines: page.lines,
    counts: ledger.counts(),
    digest: page.digest,
  })
  return ok({ text: page.text })
}

const beginning = (change: number, second: number): Place => ({
  stage: 'articles',
  after: '',
  position: 0,
  change,
  linked: change,
  since: second,
  looked: second,
})

/**
 * The name says which export pages belong to; equal desks have other names but equal lines after
 * them.
 */
function headerOf(
  tag: { authority: string; date: string },
  change: number,
  now: number,
  counts: Counts,
) {
  const { authority, date } = tag
  return {
    record: 'desk',
    version: FORMAT_VERSION,
    export: digestOf({ authority, date, change, now }),
    tag: { authority, date },
    exported: formatTime(Math.floor(now / 1000)),
    change,
    counts,
  } satisfies DeskRecord
}

class Page {
  text = ''
  lines: number
  digest: string
  readonly #limits: typeof PAGE_LIMITS
  #bytes = SPARE_BYTES
  #added = 0

  constructor(cursor: Cursor | undefined, limits: typeof PAGE_LIMITS) {
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
    const full =
      this.#bytes + bytes > this.#limits.bytes || this.#added + lines.length > this.#limits.lines
    if (full && this.#added > 0) return false
    for (const line of lines) {
      this.#append(line)
      this.digest = chain(this.digest, digest(line))
    }
    this.#bytes += bytes
    this.#added += lines.length
    return true
  }

  #append(line: string): void {
    this.text += `${line}\n`
    this.lines += 1
  }
}
/** Records that belong together, and the place after them. */
type Step = { records: DeskRecord[]; place: Place }

/** All that is left to tell from a place on. It is read as it is asked for, in one turn. */
function* steps(ledger: Ledger, from: Place, second: number): Generator<Step> {
  let place = from
  const first = NAMES.findIndex((name) => KINDS[name].stage === from.stage)
  for (const name of NAMES.slice(first)) {
    const { stage } = KINDS[name]
    if (stage !== place.stage) {
      place = { ...place, stage, after: '', position: 0 }
      yield { records: [], place }
    }
    if (name === 'audit') yield* changes(ledger, place, second)
    else
      for (const [line, after] of rows(ledger, name, place))
        yield { records: [line], place: { ...place, ...after } }
  }
}

const lineOf = <Name extends KindName>(record: Name, row: Rows[Name]): Line<Name> => ({
  record,
  ...row,
})

/** The lines of one kind after a place, each with the place after it. */
function* rows<Name extends KindName>(
  ledger: Ledger,
  name: Name,
  from: RowPlace,
): Generator<[line: Line<Name>, place: RowPlace]> {
  const { page, placeOf } = kindOf(name)
  const read = (last: Rows[Name] | undefined) =>
    page(ledger, last ? placeOf(last) : from, ROWS_AT_ONCE)
  for (const row of batches(read)) yield [lineOf(name, row), placeOf(row)]
}

/**
 * The log of changes; with those since the beginning, their articles again; then the links that
 * changed and the documents that were rendered meanwhile. Those are looked at until one look began
 * and ended in the same turn: none is missed then, because Last-Modified is never earlier than the
 * second of rendering.
 */
function* changes(ledger: Ledger, from: Place, second: number): Generator<Step> {
  let place = from
  const told = new Set<string>()
  for (const [line, after] of rows(ledger, 'audit', from)) {
    const again = line.change > from.change && !told.has(line.article)
    if (again) told.add(line.article)
    place = { ...place, position: after.position }
    yield { records: [...(again ? everythingOf(ledger, line.article) : []), line], place }
  }
  for (;;) {
    const whole = place.after === ''
    if (whole) place = { ...place, looked: second }
    const { linked } = place
    for (const row of batches<PageLink>((last) =>
      ledger.linksChangedAfter(last?.change ?? linked, ROWS_AT_ONCE),
    )) {
      place = { ...place, linked: row.change }
      yield { records: [lineOf('link', row)], place }
    }
    const { after, since } = place
    for (const row of batches<DocumentEntry>((last) =>
      ledger.documents(last?.target ?? after, since, ROWS_AT_ONCE),
    )) {
      place = { ...place, after: row.target }
      yield { records: [lineOf('document', row)], place }
    }
    if (whole) return
    place = { ...place, after: '', since: place.looked }
    yield { records: [], place }
  }
}

/**
 * The present truth of an article: itself, its codes, its memberships, holes included, and their
 * channels.
 */
function everythingOf(ledger: Ledger, id: string): DeskRecord[] {
  const article = ledger.article(id)
  const memberships = ledger.membershipsOf(id)
  const channels = [...new Set(memberships.map(({ channel }) => channel))]
  return [
    ...(article ? [lineOf('article', article)] : []),
    ...ledger.codesOf(id).map((row) => lineOf('code', row)),
    ...channels.flatMap((key) => {
      const row = ledger.channel(key)
      return row ? [lineOf('channel', row)] : []
    }),
    ...memberships.map((row) => lineOf('membership', row)),
  ]
}

/** All rows, in batches of `ROWS_AT_ONCE` that follow one another. */
function* batches<Row>(read: (last: Row | undefined) => Iterable<Row>): Generator<Row> {
  for (let last: Row | undefined; ; ) {
    let count = 0
    for (const row of read(last)) {
      yield row
      last = row
      count += 1
    }
    if (count < ROWS_AT_ONCE) return
  }
}
