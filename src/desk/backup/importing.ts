/**
 * The import: lines of an export (`records.ts`) into an empty desk, page by page. It can break off
 * at any line and go on from there, and a page that comes twice changes nothing. Until the end
 * record has been compared with what came, the desk is closed: nobody publishes, and readers are
 * not told half of the truth.
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

/** Settings of the ledger: the import under way, and the one that was finished. */
const CURRENT_IMPORT_SETTING = 'import'
const FINISHED_IMPORT_SETTING = 'imported'

const ProgressSchema = v.object({ export: v.string(), lines: v.number(), digest: v.string() })
/**
 * The export's name, how many of its lines were taken, and the digest of them without the header.
 */
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
 * Takes what it has not yet got of a page. `now` in milliseconds. The end record finishes the
 * import.
 */
export function importPage(
  ledger: Ledger,
  publication: Publication,
  page: ImportPage,
  now: number,
): Result<ImportStatus> {
  const name = page.export
  let progress = readProgress(ledger, CURRENT_IMPORT_SETTING)
  // The last answer may have been lost on its way.
  if (!progress && readProgress(ledger, FINISHED_IMPORT_SETTING)?.export === name)
    return ok(getImportStatus(ledger))
  if (!progress && !isEmpty(ledger)) return fail({ reason: 'not-empty', subject: name })
  const headerFault = findHeaderFault(page, publication)
  if (headerFault !== undefined) return failRefused(name, headerFault)
  if (progress && progress.export !== name)
    return failRefused(name, `the import of "${progress.export}" is under way`)
  const importedLines = progress?.lines ?? 0
  if (page.line > importedLines + 1)
    return failRefused(name, `its line ${importedLines + 1} comes next, not line ${page.line}`)

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

/** Forgets all that an import under way has brought. */
export function abandonImport(ledger: Ledger): Result<ImportStatus> {
  const progress = readProgress(ledger, CURRENT_IMPORT_SETTING)
  if (!progress)
    return fail({ reason: 'import-refused', action: 'abandon an import', why: 'none is under way' })
  ledger.transaction(() => {
    clearDesk(ledger)
    ledger.removeSetting(CURRENT_IMPORT_SETTING)
  })
  return ok(getImportStatus(ledger))
}

/** Of an empty desk only what readers of its empty feeds have left behind. */
function clearDesk(ledger: Ledger): void {
  ledger.clear()
  endSweep(ledger)
}

/** What forbids to begin with this page; a page that does not begin with line 1 says nothing. */
function findHeaderFault({ export: name, entries }: ImportPage, { tag }: Publication) {
  const header = entries[0]?.record
  if (header?.record !== 'desk') return undefined
  if (header.export !== name) return `the header names the export "${header.export}"`
  if (header.version > FORMAT_VERSION)
    return `it is of version ${header.version}, and this desk reads up to ${FORMAT_VERSION}`
  for (const [setting, theirs, ours] of [
    ['TAG_AUTHORITY', header.tag.authority, tag.authority],
    ['TAG_DATE', header.tag.date, tag.date],
  ] as const) {
    if (theirs !== ours)
      return `its ${setting} is "${theirs}" and that of this desk is "${ours}"; every feed id would change`
  }
  return undefined
}

const restoreLine = <Name extends KindName>(ledger: Ledger, line: ExportLine<Name>): void =>
  getKind(line.record).restore(ledger, line)

/** Compares what came with what was exported, opens the desk, and owes everything to the world. */
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
      ? `${record.lines} lines should come before its end, and ${progress.lines} came`
      : record.digest !== progress.digest
        ? 'its digest is not that of the lines that came; something was changed on the way'
        : difference
  if (why !== undefined) return failRefused(progress.export, `${why}; abandon it and begin anew`)
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
    // Also deletes what an earlier desk has left on this wire.
    beginSweep(ledger, 'rebuild', now)
  })
  return ok(getImportStatus(ledger))
}

function findDifference(expected: Partial<RecordCounts>, actual: RecordCounts): string | undefined {
  const kind = KIND_NAMES.find(
    (name) => KINDS[name].isCompared && (expected[name] ?? 0) !== actual[name],
  )
  return (
    kind && `${expected[kind]} records of kind ${kind} should be there, and ${actual[kind]} are`
  )
}
