/**
 * The import: lines of an export (`records.ts`) into an empty desk, page by page. It can break off
 * at any line and go on from there, and a page that comes twice changes nothing. Until the end
 * record has been compared with what came, the desk is closed: nobody publishes, and readers are
 * not told half of the truth.
 */
import * as v from 'valibot'
import { fail, ok, type Result } from '../../model/failures.ts'
import type { Publication } from '../../model/publication.ts'
import type { Counts, Ledger } from '../ledger/ledger.ts'
import { TOLD_NAMES } from '../opening.ts'
import type { Standing } from '../protocol.ts'
import { beginSweep, endSweep } from '../sweep.ts'
import { KINDS, type KindName, kindOf, type Line, NAMES } from './kinds.ts'
import { chain, type Entry, FORMAT_VERSION, type ImportPage } from './records.ts'

/** Settings of the ledger: the import under way, and the one that was finished. */
const UNDER_WAY = 'import'
const FINISHED = 'imported'

const ProgressSchema = v.object({ export: v.string(), lines: v.number(), digest: v.string() })
/**
 * The export's name, how many of its lines were taken, and the digest of them without the header.
 */
type Progress = v.InferOutput<typeof ProgressSchema>

const progressOf = (ledger: Ledger, name: string): Progress | undefined => {
  const kept = ledger.setting(name)
  return kept === undefined ? undefined : v.parse(ProgressSchema, JSON.parse(kept))
}

export const importIsUnderWay = (ledger: Ledger): boolean => ledger.setting(UNDER_WAY) !== undefined

export const importHasEnded = (ledger: Ledger): boolean => ledger.setting(FINISHED) !== undefined

export function standingOf(ledger: Ledger): Standing {
  const underWay = progressOf(ledger, UNDER_WAY)
  if (underWay) return { state: 'under-way', export: underWay.export, lines: underWay.lines }
  const done = progressOf(ledger, FINISHED)
  if (done) return { state: 'done', export: done.export, lines: done.lines }
  return isEmpty(ledger) ? { state: 'empty' } : { state: 'occupied' }
}

const isEmpty = (ledger: Ledger): boolean =>
  ledger.articleIds('', 1).length === 0 && ledger.allCodes('', 1).length === 0

const refused = (name: string, why: string) =>
  fail({ reason: 'import-refused', action: `import "${name}"`, why })

/**
 * Takes what it has not yet got of a page. `now` in milliseconds. The end record finishes the
 * import.
 */
export function takePage(
  ledger: Ledger,
  publication: Publication,
  page: ImportPage,
  now: number,
): Result<Standing> {
  const name = page.export
  let progress = progressOf(ledger, UNDER_WAY)
  // The last answer may have been lost on its way.
  if (!progress && progressOf(ledger, FINISHED)?.export === name) return ok(standingOf(ledger))
  if (!progress && !isEmpty(ledger)) return fail({ reason: 'not-empty', subject: name })
  const headerFault = faultOfHeader(page, publication)
  if (headerFault !== undefined) return refused(name, headerFault)
  if (progress && progress.export !== name)
    return refused(name, `the import of "${progress.export}" is under way`)
  const known = progress?.lines ?? 0
  if (page.line > known + 1)
    return refused(name, `its line ${known + 1} comes next, not line ${page.line}`)

  const fresh = page.entries.filter(({ line }) => line > known)
  ledger.transaction(() => {
    if (!progress) clearDesk(ledger)
    progress = fresh.reduce((before, entry) => {
      const { record } = entry
      if (record.record === 'end') return before
      if (record.record === 'desk') return { ...before, lines: entry.line }
      restore(ledger, record)
      return { ...before, lines: entry.line, digest: chain(before.digest, entry.digest) }
    }, progress ?? { export: name, lines: 0, digest: '' })
    ledger.setSetting(UNDER_WAY, JSON.stringify(progress))
  })
  const end = fresh.at(-1)
  return end && progress ? finish(ledger, end, progress, now) : ok(standingOf(ledger))
}

/** Forgets all that an import under way has brought. */
export function abandonImport(ledger: Ledger): Result<Standing> {
  const progress = progressOf(ledger, UNDER_WAY)
  if (!progress)
    return fail({ reason: 'import-refused', action: 'abandon an import', why: 'none is under way' })
  ledger.transaction(() => {
    clearDesk(ledger)
    ledger.removeSetting(UNDER_WAY)
  })
  return ok(standingOf(ledger))
}

/** Of an empty desk only what readers of its empty feeds have left behind. */
function clearDesk(ledger: Ledger): void {
  ledger.clear()
  endSweep(ledger)
}

/** What forbids to begin with this page; a page that does not begin with line 1 says nothing. */
function faultOfHeader({ export: name, entries }: ImportPage, { tag }: Publication) {
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

const restore = <Name extends KindName>(ledger: Ledger, line: Line<Name>): void =>
  kindOf(line.record).restore(ledger, line)

/** Compares what came with what was exported, opens the desk, and owes everything to the world. */
function finish(
  ledger: Ledger,
  { record }: Entry,
  progress: Progress,
  now: number,
): Result<Standing> {
  if (record.record !== 'end') return ok(standingOf(ledger))
  const missing = differenceOf(record.counts, ledger.counts())
  const why =
    record.lines !== progress.lines
      ? `${record.lines} lines should come before its end, and ${progress.lines} came`
      : record.digest !== progress.digest
        ? 'its digest is not that of the lines that came; something was changed on the way'
        : missing
  if (why !== undefined) return refused(progress.export, `${why}; abandon it and begin anew`)
  ledger.transaction(() => {
    ledger.countFrom(record.change)
    ledger.countMembers()
    ledger.countMonths()
    ledger.removeSetting(UNDER_WAY)
    ledger.removeSetting(TOLD_NAMES)
    ledger.setSetting(FINISHED, JSON.stringify({ ...progress, lines: progress.lines + 1 }))
    // Also deletes what an earlier desk has left on this wire.
    beginSweep(ledger, 'rebuild', now)
  })
  return ok(standingOf(ledger))
}

function differenceOf(wanted: Partial<Counts>, found: Counts): string | undefined {
  const kind = NAMES.find((name) => KINDS[name].compared && (wanted[name] ?? 0) !== found[name])
  return kind && `${wanted[kind]} records of kind ${kind} should be there, and ${found[kind]} are`
}
