/**
 * Imports the lines of an export (`records.ts`) into an empty desk, page by page. An interrupted
 * import continues where it stopped, and a page that is sent twice changes nothing.
 *
 * The desk is closed until the end record has been compared with the imported lines. Therefore
 * nobody can publish during the import, and readers never see an incomplete desk.
 */
import * as v from 'valibot'
import { fail, ok, type Result } from '../../model/failures.ts'
import type { Publication } from '../../model/publication.ts'
import type { Ledger, RecordCounts } from '../ledger/ledger.ts'
import { CHECKED_NAMES_SETTING } from '../opening.ts'
import type { ImportStatus } from '../protocol.ts'
import { beginSweep, endSweep } from '../sweep.ts'
import { type ExportLine, getKind, KIND_NAMES, KINDS, type KindName } from './kinds.ts'
import { chainDigest, FORMAT_VERSION, type ImportEntry, type ImportPage } from './records.ts'

/** Ledger settings: the progress of the current import, and the final state of the finished one. */
const CURRENT_IMPORT_SETTING = 'import'
const FINISHED_IMPORT_SETTING = 'imported'

const ProgressSchema = v.object({ export: v.string(), lines: v.number(), digest: v.string() })
/** Name of the export, number of imported lines, and digest of these lines without the header. */
type ImportProgress = v.InferOutput<typeof ProgressSchema>

const readProgress = (ledger: Ledger, setting: string): ImportProgress | undefined => {
  const stored = ledger.findSetting(setting)
  return stored === undefined ? undefined : v.parse(ProgressSchema, JSON.parse(stored))
}

export const isImporting = (ledger: Ledger): boolean =>
  ledger.findSetting(CURRENT_IMPORT_SETTING) !== undefined

export const wasImported = (ledger: Ledger): boolean =>
  ledger.findSetting(FINISHED_IMPORT_SETTING) !== undefined

export function getImportStatus(ledger: Ledger): ImportStatus {
  const current = readProgress(ledger, CURRENT_IMPORT_SETTING)
  if (current) return { state: 'under-way', export: current.export, lines: current.lines }
  const done = readProgress(ledger, FINISHED_IMPORT_SETTING)
  if (done) return { state: 'done', export: done.export, lines: done.lines }
  return isEmpty(ledger) ? { state: 'empty' } : { state: 'occupied' }
}

const isEmpty = (ledger: Ledger): boolean =>
  ledger.listArticleIds('', 1).length === 0 && ledger.listCodes('', 1).length === 0

const failRefused = (name: string, why: string) =>
  fail({ reason: 'import-refused', action: `import "${name}"`, why })

/**
 * Imports the lines of a page that were not imported yet. The end record finishes the import. `now`
 * is in milliseconds.
 */
export function importPage(
  ledger: Ledger,
  publication: Publication,
  page: ImportPage,
  now: number,
): Result<ImportStatus> {
  const name = page.export
  let progress = readProgress(ledger, CURRENT_IMPORT_SETTING)
  // This is not an error: the caller sends the last page again if it has received no response.
  if (!progress && readProgress(ledger, FINISHED_IMPORT_SETTING)?.export === name)
    return ok(getImportStatus(ledger))
  if (!progress && !isEmpty(ledger)) return fail({ reason: 'not-empty', subject: name })
  const headerFault = findHeaderFault(page, publication)
  if (headerFault !== undefined) return failRefused(name, headerFault)
  if (progress && progress.export !== name)
    return failRefused(name, `the import of "${progress.export}" is under way`)
  const importedLines = progress?.lines ?? 0
  if (page.line > importedLines + 1)
    return failRefused(
      name,
      `line ${importedLines + 1} was expected next, but line ${page.line} was sent`,
    )

  const newEntries = page.entries.filter(({ line }) => line > importedLines)
  ledger.transaction(() => {
    if (!progress) clearDesk(ledger)
    progress = newEntries.reduce((before, entry) => {
      const { record } = entry
      if (record.record === 'end') return before
      if (record.record === 'desk') return { ...before, lines: entry.line }
      restoreLine(ledger, record)
      return { ...before, lines: entry.line, digest: chainDigest(before.digest, entry.digest) }
    }, progress ?? { export: name, lines: 0, digest: '' })
    ledger.setSetting(CURRENT_IMPORT_SETTING, JSON.stringify(progress))
  })
  const end = newEntries.at(-1)
  return end && progress ? finishImport(ledger, end, progress, now) : ok(getImportStatus(ledger))
}

/** Abandons the current import and deletes everything it has imported. */
export function abandonImport(ledger: Ledger): Result<ImportStatus> {
  const progress = readProgress(ledger, CURRENT_IMPORT_SETTING)
  if (!progress)
    return fail({
      reason: 'import-refused',
      action: 'abandon an import',
      why: 'no import is under way',
    })
  ledger.transaction(() => {
    clearDesk(ledger)
    ledger.removeSetting(CURRENT_IMPORT_SETTING)
  })
  return ok(getImportStatus(ledger))
}

/**
 * Empties the ledger. Even a desk without articles may have rows: the tracked documents of its
 * empty feeds.
 */
function clearDesk(ledger: Ledger): void {
  ledger.clear()
  endSweep(ledger)
}

/**
 * Returns why an export with this header cannot be imported here. Returns `undefined` if it can, or
 * if the page does not begin with the header.
 */
function findHeaderFault({ export: name, entries }: ImportPage, { tag }: Publication) {
  const header = entries[0]?.record
  if (header?.record !== 'desk') return undefined
  if (header.export !== name) return `the header names the export "${header.export}"`
  if (header.version > FORMAT_VERSION)
    return `its format version is ${header.version}, but this desk reads versions up to ${FORMAT_VERSION}`
  for (const [setting, theirs, ours] of [
    ['TAG_AUTHORITY', header.tag.authority, tag.authority],
    ['TAG_DATE', header.tag.date, tag.date],
  ] as const) {
    if (theirs !== ours)
      return `its ${setting} is "${theirs}", but this desk has "${ours}"; every feed id would change`
  }
  return undefined
}

const restoreLine = <Name extends KindName>(ledger: Ledger, line: ExportLine<Name>): void =>
  getKind(line.record).restore(ledger, line)

/** Compares the imported lines with the end record, ends the import, and begins a rebuild. */
function finishImport(
  ledger: Ledger,
  { record }: ImportEntry,
  progress: ImportProgress,
  now: number,
): Result<ImportStatus> {
  if (record.record !== 'end') return ok(getImportStatus(ledger))
  const difference = findDifference(record.counts, ledger.countRecords())
  const why =
    record.lines !== progress.lines
      ? `its end record counts ${record.lines} lines, but ${progress.lines} were imported`
      : record.digest !== progress.digest
        ? 'its digest differs from the digest of the imported lines, so some lines were changed'
        : difference
  if (why !== undefined)
    return failRefused(progress.export, `${why}; abandon the import and start again`)
  ledger.transaction(() => {
    ledger.raiseSequenceTo(record.change)
    ledger.recountMembers()
    ledger.recountMonths()
    ledger.removeSetting(CURRENT_IMPORT_SETTING)
    ledger.removeSetting(CHECKED_NAMES_SETTING)
    ledger.setSetting(
      FINISHED_IMPORT_SETTING,
      JSON.stringify({ ...progress, lines: progress.lines + 1 }),
    )
    // The rebuild also deletes keys that a previous desk has left in KV.
    beginSweep(ledger, 'rebuild', now)
  })
  return ok(getImportStatus(ledger))
}

function findDifference(expected: Partial<RecordCounts>, actual: RecordCounts): string | undefined {
  const kind = KIND_NAMES.find(
    (name) => KINDS[name].isCompared && (expected[name] ?? 0) !== actual[name],
  )
  return (
    kind &&
    `its end record counts ${expected[kind]} records of kind ${kind}, but the desk has ${actual[kind]}`
  )
}
