/**
 * `dateline links import` imports the codes of another shortener. It first validates the whole
 * list, also with the desk, and then sends it. After an interruption, the same command resumes the
 * import.
 */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import * as v from 'valibot'
import type { ApiResponse, DeskClient, LinkBulkResponse } from '../client/client.ts'
import { createRetry, isTransient } from '../client/retrying.ts'
import { foldCode } from '../model/code.ts'
import { LinkLineSchema } from '../model/link.ts'
import { LinkOutlineSchema } from '../model/responses.ts'
import { splitIntoBatches } from '../text/batches.ts'
import { omitUndefined } from '../text/json.ts'
import { formatFileError } from './backup.ts'
import { type CommandContext, connect } from './commands.ts'
import { LinkFileError, type LinkFileHeader, readLinkFile } from './link-file.ts'
import type { Progress } from './output.ts'

export type ImportOptions = {
  /** Imports the other lines when some have faults. */
  skip: boolean
  /** Only checks the file. */
  dryRun: boolean
}

/** The maximum number of lines in one request. The desk accepts more. */
const BATCH_LINES = 1000
const BATCH_CHARACTERS = 500_000
/** How many codes are printed at most. `--json` prints all. */
const MAX_LISTED_CODES = 20

/** The statuses in our own exports. Other values are faults, because they may mean anything. */
const LINK_STATUSES: readonly string[] = LinkOutlineSchema.entries.status.pipe[0].options

type LinkEntry = { line: number; code: string; json: string }
/** How much was read so far, and how much of it was reported to the progress display. */
type ReadProgress = { bytes: number; links: number; reported: { bytes: number; links: number } }
type LinkResult = LinkBulkResponse['results'][number]

/**
 * Checks the file, and then imports it if the options and the faults allow it. Returns the exit
 * code.
 */
export async function importLinks(
  context: CommandContext,
  file: string,
  options: ImportOptions,
): Promise<number> {
  const desk = connect(context)
  if (!desk) return 1
  const linkImport = new LinkImport(context, desk.client, file)
  try {
    return await linkImport.run(options)
  } catch (cause) {
    linkImport.abort()
    const position = cause instanceof LinkFileError ? `${file}:${cause.line}` : file
    const message = cause instanceof LinkFileError ? cause.message : formatFileError(cause)
    context.output.error(`Cannot read "${position}": ${message}`)
    return 1
  }
}

class LinkImport {
  readonly #context: CommandContext
  readonly #client: DeskClient
  readonly #file: string
  readonly #path: string
  readonly #retry: ReturnType<typeof createRetry>
  /** Numbers of the lines with faults, which are not imported. */
  readonly #faulty = new Set<number>()
  /** How many lines are not sent because their status is not live. */
  #notLiveCount = 0
  #progress: Progress | undefined

  constructor(context: CommandContext, client: DeskClient, file: string) {
    this.#context = context
    this.#client = client
    this.#file = file
    this.#path = resolve(context.workingFolder, file)
    this.#retry = createRetry(context)
  }

  async run({ skip, dryRun }: ImportOptions): Promise<number> {
    const statsBefore = await this.#readStats()
    const checkResult = await this.#checkLinks(statsBefore.size)
    if (checkResult === undefined) return 1
    const faults = this.#faulty.size
    const { output } = this.#context
    if (dryRun || (faults > 0 && !skip)) {
      const { exactOnly, ...counts } = checkResult
      const report = {
        ...counts,
        faulty: faults,
        left_out: this.#notLiveCount,
        imported: false,
        exact_only: exactOnly,
      }
      const advice = [
        skip
          ? 'Nothing was imported; without --dry-run, the other lines are imported'
          : 'Nothing was imported; with --skip, the other lines are imported',
      ]
      const exactOnlyLines = dryRun ? formatExactOnly(exactOnly) : []
      output.item(report, faults > 0 ? [...exactOnlyLines, ...advice] : exactOnlyLines, faults > 0)
      return faults > 0 ? 1 : 0
    }
    const statsNow = await this.#readStats()
    if (statsNow.size !== statsBefore.size || statsNow.mtimeMs !== statsBefore.mtimeMs) {
      output.error(`Cannot import "${this.#file}": it has changed since it was checked`)
      return 1
    }
    return await this.#importLinks(statsBefore.size)
  }

  /** Ends the progress display after a read error. */
  abort(): void {
    this.#progress?.end('Stopped')
  }

  #startProgress(size: number, title: string): Progress {
    const progress = this.#context.output.startProgress(size, title)
    this.#progress = {
      ...progress,
      end: (summary) => {
        this.#progress = undefined
        progress.end(summary)
      },
    }
    return this.#progress
  }

  #readStats = () => stat(this.#path)

  /**
   * Runs the first pass, which counts new and existing links. Returns `undefined` if the desk does
   * not respond.
   */
  async #checkLinks(
    size: number,
  ): Promise<{ new: number; unchanged: number; exactOnly: string[] } | undefined> {
    const progress = this.#startProgress(size, 'Checking')
    const counts = { new: 0, unchanged: 0 }
    const onHeader = ({ unknownColumns }: LinkFileHeader): void => {
      if (unknownColumns.length > 0)
        this.#context.output.line(`${this.#file}:1: ignored columns: ${unknownColumns.join(', ')}`)
    }
    const firstUses = new Map<string, { line: number; url: string }>()
    const exactOnly = new Set<string>()
    const readProgress = createReadProgress()
    for await (const batch of batchEntries(this.#readEntries(firstUses, onHeader, readProgress))) {
      const response = await this.#sendBatch(batch, true)
      if (!response.ok) {
        progress.end('Nothing was imported')
        this.#context.output.error(response.problem.detail)
        return undefined
      }
      for (const [entry, result] of pairWithResults(batch, response.value.results)) {
        const receipt = result?.receipt
        if (!receipt) {
          this.#recordFaults(entry.line, entry.code, [formatFailure(result)])
          continue
        }
        counts[result.status === 201 ? 'new' : 'unchanged'] += 1
        if (receipt.alike) for (const code of [receipt.code, ...receipt.alike]) exactOnly.add(code)
      }
      reportProgress(progress, readProgress)
    }
    const { links } = reportProgress(progress, readProgress)
    if (links === 0) throw new LinkFileError(1, 'it contains no links')
    const faults = this.#faulty.size
    progress.end(
      [
        `${links} ${links === 1 ? 'link' : 'links'} checked: ${counts.new} new, ${counts.unchanged} unchanged, ${faults} with faults`,
        ...(this.#notLiveCount > 0
          ? [`${this.#notLiveCount} skipped because they are not live`]
          : []),
      ].join('; '),
    )
    for (const code of findCaseVariants(firstUses.keys())) exactOnly.add(code)
    return { ...counts, exactOnly: [...exactOnly].sort() }
  }

  /** Runs the second pass, which imports the links. Returns the exit code. */
  async #importLinks(size: number): Promise<number> {
    const { output } = this.#context
    const progress = this.#startProgress(size, 'Importing')
    const counts = { new: 0, unchanged: 0, failed: 0 }
    const exactOnly = new Set<string>()
    const formatCounts = (): string => `${counts.new} new, ${counts.unchanged} unchanged`
    const readProgress = createReadProgress()
    const entries = this.#readEntries(undefined, () => undefined, readProgress)
    for await (const batch of batchEntries(entries)) {
      const response = await this.#sendBatch(batch, false)
      if (!response.ok) {
        progress.end(`${formatCounts()}; to continue, run the same import again`)
        output.error(response.problem.detail)
        return 1
      }
      for (const [entry, result] of pairWithResults(batch, response.value.results)) {
        const receipt = result?.receipt
        if (!receipt) {
          counts.failed += 1
          this.#reportFaults(entry.line, entry.code, [formatFailure(result)])
          continue
        }
        counts[result.status === 201 ? 'new' : 'unchanged'] += 1
        if (receipt.alike) for (const code of [receipt.code, ...receipt.alike]) exactOnly.add(code)
      }
      reportProgress(progress, readProgress)
    }
    reportProgress(progress, readProgress)
    const faulty = this.#faulty.size
    progress.end(
      `${formatCounts()}${faulty > 0 ? `, ${faulty} skipped` : ''}${counts.failed > 0 ? `, ${counts.failed} failed` : ''}`,
    )
    const codes = [...exactOnly].sort()
    output.item(
      { ...counts, faulty, left_out: this.#notLiveCount, imported: true, exact_only: codes },
      formatExactOnly(codes),
      false,
    )
    return counts.failed > 0 ? 1 : 0
  }

  /**
   * Yields the entries to send. In the first pass, which supplies `firstUses`, this method records
   * the first use of each code there and reports faults. In the second pass it skips the lines with
   * faults.
   */
  async *#readEntries(
    firstUses: Map<string, { line: number; url: string }> | undefined,
    onHeader: (header: LinkFileHeader) => void,
    readProgress: ReadProgress,
  ): AsyncGenerator<LinkEntry> {
    for await (const row of readLinkFile(this.#path, onHeader)) {
      const { line } = row
      readProgress.links += 1
      readProgress.bytes += row.bytes
      const { status, ...cells } = row.cells
      const isValidStatus = status === undefined || LINK_STATUSES.includes(status)
      if (isValidStatus && status !== undefined && status !== 'live') {
        if (firstUses) this.#notLiveCount += 1
        continue
      }
      const { code = '', url = '', title, created, expires } = cells
      const link = omitUndefined({ code, url, title, created, expires })
      if (firstUses) {
        const firstUse = firstUses.get(code)
        const faults = row.fault === undefined ? findLinkFaults(link) : [row.fault]
        if (!isValidStatus) faults.push(`status is not one of ${LINK_STATUSES.join(', ')}`)
        if (firstUse && firstUse.url !== url)
          faults.push(`code is already used in line ${firstUse.line}`)
        if (faults.length > 0) {
          this.#recordFaults(line, code, faults)
          continue
        }
        if (!firstUse) firstUses.set(code, { line, url })
      } else if (this.#faulty.has(line)) continue
      yield { line, code, json: JSON.stringify(link) }
    }
  }

  /**
   * Sends a batch. Returns a problem if the desk could not process a link for a transient reason,
   * because that is not a fault of the link.
   */
  async #sendBatch(batch: LinkEntry[], checkOnly: boolean): Promise<ApiResponse<LinkBulkResponse>> {
    const lines = batch.map(({ json }) => `${json}\n`).join('')
    const response = await this.#retry(
      () => this.#client.importLinks(lines, checkOnly),
      ({ results }) => results.some(isTransient),
    )
    const problem = response.ok ? response.value.results.find(isTransient)?.problem : undefined
    return problem ? { ok: false, problem } : response
  }

  #recordFaults(line: number, code: string, faults: string[]): void {
    this.#faulty.add(line)
    this.#reportFaults(line, code, faults)
  }

  #reportFaults(line: number, code: string, faults: string[]): void {
    const lines = faults.map((fault) => `${this.#file}:${line}: ${fault}`)
    this.#context.output.item({ file: this.#file, line, code, faults }, lines, true)
  }
}

const createReadProgress = (): ReadProgress => ({
  bytes: 0,
  links: 0,
  reported: { bytes: 0, links: 0 },
})

function reportProgress(progress: Progress, readProgress: ReadProgress): ReadProgress {
  progress.advance(
    readProgress.bytes - readProgress.reported.bytes,
    readProgress.links - readProgress.reported.links,
  )
  readProgress.reported = { bytes: readProgress.bytes, links: readProgress.links }
  return readProgress
}

const batchEntries = (entries: AsyncIterable<LinkEntry>): AsyncIterable<LinkEntry[]> =>
  splitIntoBatches(entries, [BATCH_LINES, BATCH_CHARACTERS], ({ json }) => [1, json.length])

/** Finds the faults that can be found without the desk. Only the desk knows the allowed hosts. */
function findLinkFaults(link: { code: string; url: string }): string[] {
  const empty = (['code', 'url'] as const).filter((key) => link[key] === '')
  if (empty.length > 0) return empty.map((key) => `${key} is empty`)
  const parsed = v.safeParse(LinkLineSchema, link, { abortPipeEarly: true })
  return parsed.success ? [] : parsed.issues.map(({ message }) => message)
}

const pairWithResults = (
  batch: LinkEntry[],
  results: LinkResult[],
): [LinkEntry, LinkResult | undefined][] => batch.map((entry, index) => [entry, results[index]])

/** Formats the faults that the desk reported for a link. */
function formatFailure(result: LinkResult | undefined): string {
  const problem = result?.problem
  if (!problem) return 'the desk returned no result for this link'
  return problem.errors.length > 0
    ? problem.errors.map(({ detail }) => detail).join('; ')
    : problem.detail
}

function formatExactOnly(codes: string[]): string[] {
  if (codes.length === 0) return []
  const unlistedCount = codes.length - MAX_LISTED_CODES
  return [
    `${codes.length} codes differ from others only in case, and work only exactly as written:`,
    `  ${codes.slice(0, MAX_LISTED_CODES).join(' ')}${unlistedCount > 0 ? ` and ${unlistedCount} more; --json lists all` : ''}`,
  ]
}

/** Finds the codes that differ from another one only in case. */
function findCaseVariants(codes: Iterable<string>): string[] {
  const firstByFoldedCode = new Map<string, string>()
  return [...codes].flatMap((code) => {
    const firstCode = firstByFoldedCode.get(foldCode(code))
    if (firstCode === undefined) firstByFoldedCode.set(foldCode(code), code)
    return firstCode === undefined ? [] : [firstCode, code]
  })
}
