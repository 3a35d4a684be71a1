/**
 * Lists of links as CSV (RFC 4180): read from other shorteners and from an export of ours, written
 * for both.
 */
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { defined } from '../text/json.ts'

/** What a list says of a link, in the order of a list without a header. */
const ORDER = ['code', 'url', 'title', 'created'] as const
/** Columns of an export, the first of them in that order. */
export const COLUMNS = [
  ...ORDER,
  'status',
  'article',
  'primary',
  'expires',
  'removed',
  'legal',
  'updated',
  'revision',
  'short_url',
] as const
export type Column = (typeof COLUMNS)[number]

/**
 * One record: the line of the file on which it begins, how many bytes it has, and what it says;
 * empty cells are left out. `fault`: why that cannot be told.
 */
export type Row = {
  line: number
  bytes: number
  cells: Partial<Record<Column, string>>
  fault?: string
}
export type Header = { columns: (Column | undefined)[]; unknown: string[] }

/** The list cannot be read on from this line. */
export class UnreadableList extends Error {
  readonly line: number

  constructor(line: number, why: string) {
    super(why)
    this.line = line
  }
}

/**
 * The records of a file, in UTF-8 with or without a byte order mark. `onHeader` hears of a first
 * row that is one.
 */
export async function* readLinkFile(
  path: string,
  onHeader: (header: Header) => void = () => undefined,
): AsyncGenerator<Row> {
  let columns: (Column | undefined)[] | undefined
  for await (const record of recordsOf(createReadStream(path, { highWaterMark: 1 << 18 }))) {
    const { line, bytes, cells } = record
    if (columns === undefined) {
      const header = headerOf(cells)
      if (header) {
        columns = header.columns
        const twice = columns.find((name, index) => name && columns?.indexOf(name) !== index)
        if (twice) throw new UnreadableList(line, `two columns are called ${twice}`)
        onHeader(header)
        continue
      }
      columns = [...ORDER]
    }
    const fault = faultOf(cells.length, columns.length)
    yield defined({ line, bytes, cells: named(columns, cells), fault })
  }
}

function faultOf(cells: number, columns: number): string | undefined {
  if (cells >= 2 && cells <= columns) return undefined
  const found = cells === 1 ? 'is 1 cell' : `are ${cells} cells`
  return `there ${found}, separated by commas, where 2 to ${columns} are known`
}

function named(columns: readonly (Column | undefined)[], cells: readonly string[]): Row['cells'] {
  const row: Row['cells'] = {}
  for (const [index, name] of columns.entries()) {
    const cell = cells[index]?.trim() ?? ''
    if (name && cell !== '') row[name] = cell
  }
  return row
}

/** The first row is a header when it names code and url. */
function headerOf(cells: readonly string[]): Header | undefined {
  const names = cells.map((cell) => cell.trim().toLowerCase())
  if (!names.includes('code') || !names.includes('url')) return undefined
  const columns = names.map((name) => COLUMNS.find((column) => column === name))
  return { columns, unknown: names.filter((_, index) => columns[index] === undefined) }
}

type CsvRecord = { line: number; bytes: number; cells: string[] }

async function* recordsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRecord> {
  const ready: CsvRecord[] = []
  // Counted here: the parser counts line ends of two characters within quotes twice.
  let next = 1
  let before = { bytes: 0, empty: 0 }
  const parser = Readable.from(utf8(chunks, () => next)).compose(
    parse({
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: MAX_RECORD,
      on_record: (cells: string[], { bytes, empty_lines: empty }) => {
        const line = next + empty - before.empty
        const within = cells.reduce((sum, cell) => sum + lineEndsIn(cell), 0)
        ready.push({ line, bytes: bytes - before.bytes, cells })
        next = line + within + 1
        before = { bytes, empty }
        return cells
      },
    }),
  )
  try {
    for await (const _ of parser) yield* ready.splice(0)
  } catch (cause) {
    yield* ready.splice(0)
    if (!(cause instanceof CsvError)) throw cause
    const empty = 'empty_lines' in cause ? Number(cause['empty_lines']) : before.empty
    throw new UnreadableList(next + empty - before.empty, WHY[cause.code] ?? cause.message)
  }
  yield* ready.splice(0)
}

/**
 * Far more than a link can have: who forgot a quotation mark would else have the whole file in
 * memory.
 */
const MAX_RECORD = 256 * 1024

const lineEndsIn = (cell: string): number => cell.match(/\r\n|\n|\r/g)?.length ?? 0

const WHY: Readonly<Record<string, string>> = {
  CSV_MAX_RECORD_SIZE: 'it is endless; perhaps a quotation mark is never closed',
  CSV_QUOTE_NOT_CLOSED: 'a quotation mark is opened here and never closed',
  CSV_INVALID_CLOSING_QUOTE: 'something follows a closing quotation mark',
  INVALID_OPENING_QUOTE: 'a quotation mark stands in a cell that does not begin with one',
}

/**
 * Hands the bytes on, and throws when they are no UTF-8: the parser would put question marks where
 * they are.
 */
async function* utf8(
  chunks: AsyncIterable<Uint8Array>,
  lineNow: () => number,
): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const refuse = () =>
    new UnreadableList(lineNow(), 'it is not UTF-8 here or further on; save the file as UTF-8')
  for await (const chunk of chunks) {
    try {
      decoder.decode(chunk, { stream: true })
    } catch {
      throw refuse()
    }
    yield chunk
  }
  try {
    decoder.decode()
  } catch {
    throw refuse()
  }
}

/** One line of CSV with its end. */
export const csvLine = (cells: readonly string[]): string =>
  `${cells.map((cell) => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\r\n`
