/**
 * The sweep makes the whole wire equal to the ledger again: after KV was emptied or damaged, or
 * when settings or renderers changed. It goes in pages, keeps its place in the ledger, and lets
 * publishing go on: it only ever owes targets, and the drain writes the present truth of each.
 */
import { foldCode } from '../model/code.ts'
import { linkTarget, type Target } from '../wire/targets.ts'
import { isKnown } from './documents/planners.ts'
import { targetsOf } from './editing.ts'
import { type Ledger, PRIORITY } from './ledger/ledger.ts'

/** Target of the outbox row that carries the sweep on. */
export const SWEEP_TARGET = 'sweep:'
const PLACE = 'sweep'
const PAGE_LENGTH = 200

/**
 * `renew` writes everything again that the ledger knows; `rebuild` also deletes what it does not
 * know.
 */
export type SweepKind = 'renew' | 'rebuild'
type Stage = 'articles' | 'links' | 'documents' | 'strangers'
type Place = { kind: SweepKind; stage: Stage; after: string }

/** Lists one page of what is on the wire. */
export type ListWire = (
  cursor: string | undefined,
) => Promise<{ targets: Target[]; cursor?: string }>

/** Begins a sweep, or begins it anew; a rebuild under way is not weakened to a renewal. */
export function beginSweep(ledger: Ledger, kind: SweepKind, now: number): void {
  ledger.transaction(() => {
    const under = readPlace(ledger)
    savePlace(ledger, {
      kind: under?.kind === 'rebuild' ? 'rebuild' : kind,
      stage: 'articles',
      after: '',
    })
    ledger.owe(SWEEP_TARGET, ledger.nextSequence(), now, PRIORITY.backlog)
  })
}

/** Whether the sweep under way is a rebuild. */
export const isRebuilding = (ledger: Ledger): boolean => readPlace(ledger)?.kind === 'rebuild'

/** Forgets the sweep under way, if there is one. */
export const endSweep = (ledger: Ledger): void => ledger.removeSetting(PLACE)

/** Takes the sweep one page further; returns whether it is finished. */
export async function advanceSweep(
  ledger: Ledger,
  now: () => number,
  listWire: ListWire,
): Promise<boolean> {
  const place = readPlace(ledger)
  if (!place) return true
  const strangers =
    place.stage === 'strangers' ? await listWire(place.after || undefined) : undefined
  return ledger.transaction(() => {
    // Begun anew while the page was on its way: that sweep goes first.
    if (JSON.stringify(readPlace(ledger)) !== JSON.stringify(place)) return false
    const next = strangers
      ? sweepStrangers(ledger, strangers, now())
      : sweepLedger(ledger, place, now())
    if (next) savePlace(ledger, { kind: place.kind, ...next })
    else endSweep(ledger)
    return next === undefined
  })
}

type Next = { stage: Stage; after: string } | undefined

function sweepLedger(ledger: Ledger, place: Place, now: number): Next {
  const sequence = ledger.nextSequence()
  const owe = (target: Target): void => {
    ledger.markUnsent(target)
    ledger.owe(target, sequence, now, PRIORITY.backlog)
  }
  if (place.stage === 'articles') {
    const ids = ledger.knownIds(place.after, PAGE_LENGTH)
    for (const id of ids) for (const target of targetsOf(ledger, id)) owe(target)
    const last = ids.at(-1)
    return ids.length < PAGE_LENGTH || last === undefined
      ? { stage: 'links', after: '' }
      : { stage: 'articles', after: last }
  }
  if (place.stage === 'links') {
    const links = ledger.links(place.after, PAGE_LENGTH)
    for (const { code } of links) owe(linkTarget(foldCode(code)))
    const last = links.at(-1)
    return links.length < PAGE_LENGTH || last === undefined
      ? { stage: 'documents', after: '' }
      : { stage: 'links', after: last.code }
  }
  const targets = ledger.documentTargets(place.after, PAGE_LENGTH)
  for (const target of targets) owe(target)
  const last = targets.at(-1)
  if (targets.length === PAGE_LENGTH && last !== undefined)
    return { stage: 'documents', after: last }
  return place.kind === 'rebuild' ? { stage: 'strangers', after: '' } : undefined
}

/**
 * Owes every key that the ledger does not know: the drain finds that it should hold nothing, and
 * deletes it.
 */
function sweepStrangers(
  ledger: Ledger,
  page: { targets: Target[]; cursor?: string },
  now: number,
): Next {
  const sequence = ledger.nextSequence()
  for (const target of page.targets)
    if (!isKnown(ledger, target)) ledger.owe(target, sequence, now, PRIORITY.backlog)
  return page.cursor === undefined ? undefined : { stage: 'strangers', after: page.cursor }
}

function readPlace(ledger: Ledger): Place | undefined {
  const kept = ledger.setting(PLACE)
  return kept === undefined ? undefined : (JSON.parse(kept) as Place)
}

const savePlace = (ledger: Ledger, place: Place): void =>
  ledger.setSetting(PLACE, JSON.stringify(place))
