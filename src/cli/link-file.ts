/**
 * Reads and writes lists of links as CSV (RFC 4180). It reads lists of other shorteners and our own
 * exports. A fault of one row is returned with the row; an unreadable file throws `LinkFileError`.
 */
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { omitUndefined } from '../text/json.ts'

/** The columns of a list without a header, in this order. */
const HEADERLESS_COLUMNS = ['code', 'url', 'title', 'created'] as const
/** The columns of an export. They begin with those of a list without a header. */
export const COLUMNS = [
  ...HEADERLESS_COLUMNS,
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
 * One record: its first line in the file, its length in bytes, and its non-empty cells. `fault` is
 * the reason why the record is invalid.
 */
export type LinkFileRow = {
  line: number
  bytes: number
  cells: Partial<Record<Column, string>>
  fault?: string
}
export type LinkFileHeader = { columns: (Column | undefined)[]; unknownColumns: string[] }

/** Thrown if the list cannot be read beyond this line. */
export class LinkFileError extends Error {
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

/**
 * Yields the records of a UTF-8 file with or without a byte order mark. Calls `onHeader` if the
 * first row is a header.
 */
export async function* readLinkFile(
  path: string,
  onHeader: (header: LinkFileHeader) => void = () => undefined,
): AsyncGenerator<LinkFileRow> {
  let columns: (Column | undefined)[] | undefined
  for await (const record of parseRecords(createReadStream(path, { highWaterMark: 1 << 18 }))) {
    const { line, bytes, cells } = record
    if (columns === undefined) {
      const header = parseHeader(cells)
      if (header) {
        columns = header.columns
        const duplicate = columns.find((name, index) => name && columns?.indexOf(name) !== index)
        if (duplicate) throw new LinkFileError(line, `two columns are called ${duplicate}`)
        onHeader(header)
        continue
      }
      columns = [...HEADERLESS_COLUMNS]
    }
    const fault = findCellCountFault(cells.length, columns.length)
    yield omitUndefined({ line, bytes, cells: nameCells(columns, cells), fault })
  }
}

function findCellCountFault(cellCount: number, columnCount: number): string | undefined {
  if (cellCount >= 2 && cellCount <= columnCount) return undefined
  const cells = cellCount === 1 ? '1 cell' : `${cellCount} cells`
  return `the row has ${cells} instead of 2 to ${columnCount}, separated by commas`
}

function nameCells(
  columns: readonly (Column | undefined)[],
  cells: readonly string[],
): LinkFileRow['cells'] {
  const row: LinkFileRow['cells'] = {}
  for (const [index, name] of columns.entries()) {
    const cell = cells[index]?.trim() ?? ''
    if (name && cell !== '') row[name] = cell
  }
  return row
}

/**
 * Parses a header, which names at least the columns code and url. Returns `undefined` for any other
 * row.
 */
function parseHeader(cells: readonly string[]): LinkFileHeader | undefined {
  const names = cells.map((cell) => cell.trim().toLowerCase())
  if (!names.includes('code') || !names.includes('url')) return undefined
  const columns = names.map((name) => COLUMNS.find((column) => column === name))
  return { columns, unknownColumns: names.filter((_, index) => columns[index] === undefined) }
}

type CsvRecord = { line: number; bytes: number; cells: string[] }

async function* parseRecords(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRecord> {
  const parsedRecords: CsvRecord[] = []
  // Lines are counted here, because the parser counts CR LF within quotes twice.
  let nextLine = 1
  let previous = { bytes: 0, emptyLines: 0 }
  const parser = Readable.from(validateUtf8(chunks, () => nextLine)).compose(
    parse({
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: MAX_RECORD_SIZE,
      on_record: (cells: string[], { bytes, empty_lines: emptyLines }) => {
        const line = nextLine + emptyLines - previous.emptyLines
        const innerLineEnds = cells.reduce((sum, cell) => sum + countLineEnds(cell), 0)
        parsedRecords.push({ line, bytes: bytes - previous.bytes, cells })
        nextLine = line + innerLineEnds + 1
        previous = { bytes, emptyLines }
        return cells
      },
    }),
  )
  try {
    for await (const _ of parser) yield* parsedRecords.splice(0)
  } catch (cause) {
    yield* parsedRecords.splice(0)
    if (!(cause instanceof CsvError)) throw cause
    const emptyLines = 'empty_lines' in cause ? Number(cause['empty_lines']) : previous.emptyLines
    throw new LinkFileError(
      nextLine + emptyLines - previous.emptyLines,
      CSV_ERROR_MESSAGES[cause.code] ?? cause.message,
    )
  }
  yield* parsedRecords.splice(0)
}

/**
 * Limits a record to far more than a link needs. Otherwise a missing quotation mark would cause the
 * whole file to be read into memory.
 */
const MAX_RECORD_SIZE = 256 * 1024

const countLineEnds = (cell: string): number => cell.match(/\r\n|\n|\r/g)?.length ?? 0

const CSV_ERROR_MESSAGES: Readonly<Record<string, string>> = {
  CSV_MAX_RECORD_SIZE: 'the row is too long; perhaps a quotation mark is never closed',
  CSV_QUOTE_NOT_CLOSED: 'a quotation mark is opened here and never closed',
  CSV_INVALID_CLOSING_QUOTE: 'something follows a closing quotation mark',
  INVALID_OPENING_QUOTE: 'a cell contains a quotation mark but does not begin with one',
}

/**
 * Yields the chunks unchanged. Throws if they are not UTF-8, because the parser would replace
 * invalid bytes.
 */
async function* validateUtf8(
  chunks: AsyncIterable<Uint8Array>,
  getCurrentLine: () => number,
): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const createError = () =>
    new LinkFileError(
      getCurrentLine(),
      'this line or a later one is not UTF-8; save the file as UTF-8',
    )
  for await (const chunk of chunks) {
    try {
      decoder.decode(chunk, { stream: true })
    } catch {
      throw createError()
    }
    yield chunk
  }
  try {
    decoder.decode()
  } catch {
    throw createError()
  }
}

/** Formats one line of CSV with its line end. */
export const formatCsvLine = (cells: readonly string[]): string =>
  `${cells.map((cell) => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\r\n`
