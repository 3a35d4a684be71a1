/**
 * `dateline links export` writes all codes for escrow, as CSV and as NDJSON, with checksums. Other
 * shorteners and `links import` read the CSV. The files appear only when all are complete.
 */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { DeskClient, Link } from '../client/client.ts'
import { createRetry } from '../client/retrying.ts'
import { AtomicFile } from './atomic-file.ts'
import { formatFileError } from './backup.ts'
import { type CommandContext, connect } from './commands.ts'
import { COLUMNS, formatCsvLine } from './link-file.ts'

const CSV = 'links.csv'
const NDJSON = 'links.ndjson'
const CHECKSUMS = 'SHA256SUMS'

/** Writes the files into the folder, which it creates if needed. Returns the exit code. */
export async function exportLinks(context: CommandContext, folder: string): Promise<number> {
  const desk = connect(context)
  if (!desk) return 1
  const path = resolve(context.workingFolder, folder)
  const files: AtomicFile[] = []
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    for (const name of [CSV, NDJSON, CHECKSUMS]) files.push(await AtomicFile.open(join(path, name)))
    const [csv, ndjson, checksums] = files
    if (!csv || !ndjson || !checksums) return 1
    const result = await writeLinks(context, desk.client, csv, ndjson)
    if (!result.ok) {
      context.output.error(result.message)
      return 1
    }
    await checksums.write([csv, ndjson].map((file) => file.formatChecksum()).join(''))
    // Commits the checksums last. After an interruption, the old checksums do not match the new
    // files.
    for (const file of files) await file.commit()
    context.output.item(
      { links: result.links, files: files.map(({ path: filePath }) => filePath) },
      [`${result.links} ${result.links === 1 ? 'link' : 'links'} exported to ${folder}`],
      false,
    )
    return 0
  } catch (cause) {
    context.output.error(`Cannot write to "${folder}": ${formatFileError(cause)}`)
    return 1
  } finally {
    for (const file of files) await file.discard()
  }
}

type WriteResult = { ok: true; links: number } | { ok: false; message: string }

async function writeLinks(
  context: CommandContext,
  client: DeskClient,
  csv: AtomicFile,
  ndjson: AtomicFile,
): Promise<WriteResult> {
  const retry = createRetry(context)
  await csv.write(formatCsvLine(COLUMNS))
  let links = 0
  for (let next: string | undefined; ; ) {
    const pagePath = next
    const response = await retry(() => client.listLinks(pagePath))
    if (!response.ok) return { ok: false, message: response.problem.detail }
    const { links: pageLinks } = response.value
    await csv.write(pageLinks.map(formatRow).join(''))
    await ndjson.write(pageLinks.map((link) => `${JSON.stringify(link)}\n`).join(''))
    links += pageLinks.length
    next = response.value.next
    if (next === undefined) return { ok: true, links }
  }
}

const formatRow = (link: Link): string =>
  formatCsvLine(COLUMNS.map((column) => String(link[column] ?? '')))
