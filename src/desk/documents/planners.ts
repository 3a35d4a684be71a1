/**
 * Finds the planner of a target, and calls it. Each kind of target has one planner; the code does
 * not compile if a kind has none. Start here to see what decides the content of a key.
 */
import type { Publication } from '../../model/publication.ts'
import { type ParsedTarget, parseTarget, type Target, type TargetKind } from '../../wire/targets.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { ARTICLE_PLANNERS } from './articles.ts'
import { CHANNEL_PLANNERS } from './channels.ts'
import { DISCOVERY_PLANNERS } from './discovery.ts'
import { LINK_PLANNERS } from './links.ts'
import type { PlannedContent, Planner, Planners } from './plan.ts'

const PLANNERS: Planners = {
  ...ARTICLE_PLANNERS,
  ...LINK_PLANNERS,
  ...CHANNEL_PLANNERS,
  ...DISCOVERY_PLANNERS,
}

const getPlanner = <K extends TargetKind>(parsed: ParsedTarget<K>): Planner<K> =>
  PLANNERS[parsed.kind]

/** Plans the current content of a target. A malformed target is absent. `now` is in seconds. */
export function planTarget(
  ledger: Ledger,
  publication: Publication,
  target: Target,
  now: number,
): PlannedContent {
  const parsed = parseTarget(target)
  return parsed ? getPlanner(parsed).plan(ledger, publication, parsed, now) : { kind: 'absent' }
}

/**
 * Returns whether the target is a document of a channel, and has content: it is a complete archive
 * page, or the channel is permanent or has had a public article.
 */
export function hasChannelContent(ledger: Ledger, target: Target): boolean {
  const parsed = parseTarget(target)
  return parsed !== undefined && (getPlanner(parsed).hasContent?.(ledger, parsed) ?? false)
}

/** Returns whether the target has no content now. `now` is in milliseconds. */
export function isAbsent(
  ledger: Ledger,
  publication: Publication,
  target: Target,
  now: number,
): boolean {
  const parsed = parseTarget(target)
  if (!parsed) return true
  const { plan, hasContent } = getPlanner(parsed)
  return hasContent
    ? !hasContent(ledger, parsed)
    : plan(ledger, publication, parsed, Math.floor(now / 1000)).kind === 'absent'
}

/** Returns whether the ledger tracks this key. A rebuild deletes the other keys. */
export function isTracked(ledger: Ledger, target: Target): boolean {
  const parsed = parseTarget(target)
  const tracked = parsed && getPlanner(parsed).isTracked?.(ledger, parsed)
  return tracked ?? ledger.findDocument(target) !== undefined
}
