/**
 * The sweep makes the whole wire equal to the ledger again: after KV was emptied or damaged, or
 * after settings or renderers have changed. It only enqueues targets; the drain writes their
 * current content. It proceeds page by page, so that publishing continues, and stores its position
 * in the ledger.
 */
import { foldCode } from '../model/code.ts'
import { linkTarget, type Target } from '../wire/targets.ts'
import { isTracked } from './documents/planners.ts'
import { listArticleTargets } from './editing.ts'
import { type Ledger, PRIORITY } from './ledger/ledger.ts'

/** Target of the outbox row that continues the sweep. */
export const SWEEP_TARGET = 'sweep:'
const POSITION_SETTING = 'sweep'
const PAGE_SIZE = 200

/**
 * `renew` enqueues every key that the ledger tracks. `rebuild` also deletes all other keys, which
 * are listed in the stage `strangers`.
 */
export type SweepKind = 'renew' | 'rebuild'
type SweepStage = 'articles' | 'links' | 'documents' | 'strangers'
type SweepPosition = { kind: SweepKind; stage: SweepStage; after: string }

/** Lists one page of the keys in KV. The result has no cursor if it is the last page. */
export type ListWire = (
  cursor: string | undefined,
) => Promise<{ targets: Target[]; cursor?: string }>

/**
 * Begins a sweep, or restarts the current one. If the current sweep is a rebuild, the new one is a
 * rebuild too.
 */
export function beginSweep(ledger: Ledger, kind: SweepKind, now: number): void {
  ledger.transaction(() => {
    const current = readPosition(ledger)
    savePosition(ledger, {
      kind: current?.kind === 'rebuild' ? 'rebuild' : kind,
      stage: 'articles',
      after: '',
    })
    ledger.enqueue(SWEEP_TARGET, ledger.incrementSequence(), now, PRIORITY.backlog)
  })
}

/** Returns whether a rebuild is in progress. */
export const isRebuilding = (ledger: Ledger): boolean => readPosition(ledger)?.kind === 'rebuild'

/** Ends the current sweep, if there is one. */
export const endSweep = (ledger: Ledger): void => ledger.removeSetting(POSITION_SETTING)

/** Advances the sweep by one page. Returns whether it is finished. */
export async function advanceSweep(
  ledger: Ledger,
  now: () => number,
  listWire: ListWire,
): Promise<boolean> {
  const position = readPosition(ledger)
  if (!position) return true
  const wirePage =
    position.stage === 'strangers' ? await listWire(position.after || undefined) : undefined
  return ledger.transaction(() => {
    // If the sweep was restarted while the page was being listed, the page is obsolete.
    if (JSON.stringify(readPosition(ledger)) !== JSON.stringify(position)) return false
    const nextPosition = wirePage
      ? sweepUnknownKeys(ledger, wirePage, now())
      : sweepLedger(ledger, position, now())
    if (nextPosition) savePosition(ledger, { kind: position.kind, ...nextPosition })
    else endSweep(ledger)
    return nextPosition === undefined
  })
}

type NextSweepPosition = { stage: SweepStage; after: string } | undefined

function sweepLedger(ledger: Ledger, position: SweepPosition, now: number): NextSweepPosition {
  const sequence = ledger.incrementSequence()
  const enqueue = (target: Target): void => {
    ledger.markUnsent(target)
    ledger.enqueue(target, sequence, now, PRIORITY.backlog)
  }
  if (position.stage === 'articles') {
    const ids = ledger.listPublishedArticleIds(position.after, PAGE_SIZE)
    for (const id of ids) for (const target of listArticleTargets(ledger, id)) enqueue(target)
    const last = ids.at(-1)
    return ids.length < PAGE_SIZE || last === undefined
      ? { stage: 'links', after: '' }
      : { stage: 'articles', after: last }
  }
  if (position.stage === 'links') {
    const links = ledger.listLinks(position.after, PAGE_SIZE)
    for (const { code } of links) enqueue(linkTarget(foldCode(code)))
    const last = links.at(-1)
    return links.length < PAGE_SIZE || last === undefined
      ? { stage: 'documents', after: '' }
      : { stage: 'links', after: last.code }
  }
  const targets = ledger.listTrackedTargets(position.after, PAGE_SIZE)
  for (const target of targets) enqueue(target)
  const last = targets.at(-1)
  if (targets.length === PAGE_SIZE && last !== undefined) return { stage: 'documents', after: last }
  return position.kind === 'rebuild' ? { stage: 'strangers', after: '' } : undefined
}

/** Enqueues every key that the ledger does not track. The drain then deletes it. */
function sweepUnknownKeys(
  ledger: Ledger,
  page: { targets: Target[]; cursor?: string },
  now: number,
): NextSweepPosition {
  const sequence = ledger.incrementSequence()
  for (const target of page.targets)
    if (!isTracked(ledger, target)) ledger.enqueue(target, sequence, now, PRIORITY.backlog)
  return page.cursor === undefined ? undefined : { stage: 'strangers', after: page.cursor }
}

function readPosition(ledger: Ledger): SweepPosition | undefined {
  const stored = ledger.findSetting(POSITION_SETTING)
  return stored === undefined ? undefined : (JSON.parse(stored) as SweepPosition)
}

const savePosition = (ledger: Ledger, position: SweepPosition): void =>
  ledger.setSetting(POSITION_SETTING, JSON.stringify(position))
