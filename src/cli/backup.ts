/**
 * `dateline export` writes a desk to a file of lines, and `dateline import` reads it back, both
 * page by page.
 */
import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import * as v from 'valibot'
import type { DeskClient } from '../client/client.ts'
import { createRetry } from '../client/retrying.ts'
import { AtomicFile } from './atomic-file.ts'
import { type CommandContext, connect } from './commands.ts'
import { getFirstLine, getLastLine, readFirstAndLastLine, splitIntoPages } from './lines.ts'
import type { Output, Progress } from './output.ts'

const CountsSchema = v.looseObject({ article: v.number() })
const HeaderSchema = v.object({
  record: v.literal('desk'),
  export: v.string(),
  counts: v.record(v.string(), v.number()),
})
const EndSchema = v.object({ record: v.literal('end'), lines: v.number(), counts: CountsSchema })

/** The file name that means standard input or output. */
const STANDARD_STREAM = '-'

/**
 * Writes the export to a file, which appears only when it is complete, or to standard output, which
 * then contains nothing else. In the second case progress is shown only if standard error is a
 * terminal.
 */
export async function exportDesk(
  context: CommandContext,
  file: string,
  { stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>,
): Promise<number> {
  if (file === STANDARD_STREAM) {
    const exportContext = stderr.isTTY
      ? context
      : { ...context, output: silenceOutput(context.output) }
    stdout.on('error', () => undefined)
    const write = (text: string): Promise<void> =>
      new Promise((onWritten, onFailure) =>
        stdout.write(text, (cause) => (cause ? onFailure(cause) : onWritten())),
      )
    return (await writeExport(exportContext, write)) ? 0 : 1
  }
  try {
    const atomicFile = await AtomicFile.open(resolve(context.workingFolder, file))
    try {
      if (!(await writeExport(context, (text) => atomicFile.write(text)))) return 1
      await atomicFile.commit()
      return 0
    } finally {
      await atomicFile.discard()
    }
  } catch (cause) {
    context.output.error(`Cannot write "${file}": ${formatFileError(cause)}`)
    return 1
  }
}

/** Returns an output that prints only failures. */
function silenceOutput(output: Output): Output {
  const startProgress = (): Progress => ({ advance: () => undefined, end: () => undefined })
  return { ...output, line: () => undefined, startProgress }
}

/**
 * Writes the whole export including its end record. Returns whether that succeeded; if not, prints
 * why.
 */
async function writeExport(
  context: CommandContext,
  write: (text: string) => Promise<void>,
): Promise<boolean> {
  const desk = connect(context)
  if (!desk) return false
  let progress: Progress | undefined
  let lineCount = 0
  const abort = (message: string): false => {
    progress?.end(`Stopped after line ${lineCount}`)
    context.output.error(message)
    return false
  }
  const retry = createRetry(context)
  for (let next: string | undefined; ; ) {
    const pagePath = next
    const response = await retry(() => desk.client.readExportPage(pagePath))
    if (!response.ok) return abort(response.problem.detail)
    const { text } = response.value
    const bytes = Buffer.from(text)
    progress ??= context.output.startProgress(countExpectedLines(getFirstLine(bytes)), 'Exporting')
    try {
      await write(text)
    } catch (cause) {
      return abort(`Cannot write the export: ${formatFileError(cause)}`)
    }
    const count = text.split('\n').length - 1
    lineCount += count
    progress.advance(count, count)
    next = response.value.next
    if (next !== undefined) continue
    const endRecord = parseRecord(EndSchema, getLastLine(bytes))
    if (!endRecord) return abort(`Cannot export from ${desk.client.url}: the end record is missing`)
    progress.end(`${endRecord.counts.article} articles exported, ${lineCount} lines`)
    return true
  }
}

/** Estimates the number of lines of an export from its header. */
function countExpectedLines(line: string): number {
  const header = parseRecord(HeaderSchema, line)
  return Object.values(header?.counts ?? {}).reduce((sum, count) => sum + count, 2)
}

/**
 * Imports a file or standard input into an empty desk, or resumes an interrupted import of the same
 * export.
 */
export async function importDesk(
  context: CommandContext,
  file: string,
  stdin: AsyncIterable<Uint8Array<ArrayBuffer>>,
): Promise<number> {
  const fail = (message: string): number => {
    context.output.error(message)
    return 1
  }
  const desk = connect(context)
  if (!desk) return 1
  const path = resolve(context.workingFolder, file)
  try {
    if (file !== STANDARD_STREAM) {
      const { first, last } = await readFirstAndLastLine(path)
      if (!parseRecord(HeaderSchema, first)) return fail(formatNotAnExport(file))
      if (!parseRecord(EndSchema, last)) return fail(formatTruncatedExport(file))
    }
    const chunks =
      file === STANDARD_STREAM ? stdin : createReadStream(path, { highWaterMark: 1 << 20 })
    return await importPages(context, desk.client, file, chunks)
  } catch (cause) {
    return fail(`Cannot read "${file}": ${formatFileError(cause)}`)
  }
}

async function importPages(
  context: CommandContext,
  client: DeskClient,
  file: string,
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
): Promise<number> {
  let exportName = ''
  let importedLines = 0
  let progress: Progress | undefined
  let lastImportedLine = 0
  const abort = (message: string): number => {
    progress?.end(
      lastImportedLine > 0
        ? `${lastImportedLine} lines imported; to continue, run the same import again`
        : 'Nothing was imported',
    )
    context.output.error(message)
    return 1
  }
  const retry = createRetry(context)
  for await (const page of splitIntoPages(chunks)) {
    if (page.firstLine === 1) {
      const line = getFirstLine(page.bytes)
      const header = parseRecord(HeaderSchema, line)
      if (!header) return abort(formatNotAnExport(file))
      const status = await retry(() => client.readImportStatus())
      if (!status.ok) return abort(status.problem.detail)
      exportName = header.export
      if (status.value.export === exportName) {
        if (status.value.state === 'done') {
          context.output.line(`The desk has already imported "${file}"`)
          return 0
        }
        importedLines = status.value.lines ?? 0
      }
      progress = context.output.startProgress(countExpectedLines(line), 'Importing')
    }
    const lastLine = page.firstLine + page.lineCount - 1
    if (lastLine > importedLines) {
      const response = await retry(() => client.importPage(exportName, page.firstLine, page.bytes))
      if (!response.ok) return abort(response.problem.detail)
      if (response.value.state === 'done') {
        const endRecord = parseRecord(EndSchema, getLastLine(page.bytes))
        progress?.end(`${endRecord?.counts.article ?? 0} articles imported, ${lastLine} lines`)
        return 0
      }
    }
    lastImportedLine = lastLine
    progress?.advance(page.lineCount, page.lineCount)
  }
  return abort(formatTruncatedExport(file))
}

const formatNotAnExport = (file: string): string =>
  `Cannot import "${file}": its first line is not the header of an export`
const formatTruncatedExport = (file: string): string =>
  `Cannot import "${file}": it is incomplete, the end record is missing`

export async function abandonImport(context: CommandContext): Promise<number> {
  const desk = connect(context)
  if (!desk) return 1
  const response = await desk.client.abandonImport()
  if (!response.ok) {
    context.output.error(response.problem.detail)
    return 1
  }
  context.output.line('The import is abandoned; the desk is empty and open')
  return 0
}

function parseRecord<TSchema extends v.GenericSchema>(
  schema: TSchema,
  line: string,
): v.InferOutput<TSchema> | undefined {
  try {
    return v.parse(schema, JSON.parse(line))
  } catch {
    return undefined
  }
}

/** Describes why a file could not be read or written. */
export function formatFileError(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
  return code === 'ENOENT' ? 'there is no such file or folder' : code
}
