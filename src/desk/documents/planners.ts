/**
 * The planners, one for each kind of target, and the questions that the desk asks them. A kind
 * without a planner does not compile.
 */
import type { Publication } from '../../model/publication.ts'
import { type Kind, type ParsedTarget, parseTarget, type Target } from '../../wire/targets.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { ARTICLE_PLANNERS } from './articles.ts'
import { CHANNEL_PLANNERS } from './channels.ts'
import { DISCOVERY_PLANNERS } from './discovery.ts'
import { LINK_PLANNERS } from './links.ts'
import type { Planned, Planner, Planners } from './plan.ts'

const PLANNERS: Planners = {
  ...ARTICLE_PLANNERS,
  ...LINK_PLANNERS,
  ...CHANNEL_PLANNERS,
  ...DISCOVERY_PLANNERS,
}

const plannerOf = <K extends Kind>(parsed: ParsedTarget<K>): Planner<K> => PLANNERS[parsed.kind]

/** Returns what the target should hold now. `now` in seconds. */
export function planOf(
  ledger: Ledger,
  publication: Publication,
  target: Target,
  now: number,
): Planned {
  const parsed = parseTarget(target)
  return parsed ? plannerOf(parsed).plan(ledger, publication, parsed, now) : { kind: 'absent' }
}

/**
 * Whether the target is a document of a channel that has had a public article, or of a complete
 * archive page.
 */
export function channelIsOpen(ledger: Ledger, target: Target): boolean {
  const parsed = parseTarget(target)
  return parsed !== undefined && (plannerOf(parsed).hasBegun?.(ledger, parsed) ?? false)
}

/** Whether there is nothing to render. `now` in milliseconds. */
export function isAbsent(
  ledger: Ledger,
  publication: Publication,
  target: Target,
  now: number,
): boolean {
  const parsed = parseTarget(target)
  if (!parsed) return true
  const { plan, hasBegun } = plannerOf(parsed)
  return hasBegun
    ? !hasBegun(ledger, parsed)
    : plan(ledger, publication, parsed, Math.floor(now / 1000)).kind === 'absent'
}

/** Whether the ledger knows anything that belongs at this key. */
export function isKnown(ledger: Ledger, target: Target): boolean {
  const parsed = parseTarget(target)
  const known = parsed && plannerOf(parsed).isKnown?.(ledger, parsed)
  return known ?? ledger.document(target) !== undefined
}
