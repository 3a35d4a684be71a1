/**
 * Faults of a draft that depend on the article it changes and on the clock. The desk finds them
 * with the stored article. `check` finds those that a desk without articles would find.
 */
import { type Draft, RESERVED_CODE_MESSAGE } from './article.ts'
import { findFalseClaims, VALUES_OF_NEW_ARTICLE } from './claims.ts'
import type { Fault } from './failures.ts'
import { LIMITS } from './rules.ts'
import { isReservedCode } from './urls.ts'

/**
 * What the dates of a draft are compared with. `published` is the date that the article would get.
 * `publicUpdated` is the `updated` of the version that readers have, if any. `correctionCount` is
 * the number of corrections that the article would have. Times are in seconds.
 */
type Dates = {
  published: number
  isEmbargoed: boolean
  publicUpdated?: number | undefined
  correctionCount: number
}

/** Lists why a desk without articles would refuse the draft at `now`, which is in seconds. */
export function listNewArticleFaults(draft: Draft, now: number): Fault[] {
  const published = draft.published ?? now
  const dates = {
    published,
    isEmbargoed: published > now,
    correctionCount: new Set(draft.corrections).size,
  }
  const timeFault = findTimeFault(draft, dates, now)
  return [
    ...findFalseClaims(draft.claims ?? {}, VALUES_OF_NEW_ARTICLE),
    ...(draft.code !== undefined && isReservedCode(draft.code) ? [RESERVED_CODE_FAULT] : []),
    ...(timeFault ? [timeFault] : []),
  ]
}

/** A reserved code is refused unless it is in use already. */
export const RESERVED_CODE_FAULT: Fault = { detail: RESERVED_CODE_MESSAGE, pointer: '/code' }

/** Returns what is wrong with the dates of the draft or with its number of corrections. */
export function findTimeFault(
  draft: Pick<Draft, 'updated'>,
  { published, isEmbargoed, publicUpdated, correctionCount }: Dates,
  now: number,
): Fault | undefined {
  const { updated = published } = draft
  if (updated < published)
    return { detail: 'updated is earlier than published', pointer: '/updated' }
  // The stored `updated` may be ahead of the clock, because changes within one second get
  // increasing times.
  if (updated > Math.max(now, published, publicUpdated ?? now))
    return { detail: 'updated is in the future', pointer: '/updated' }
  const pointer = '/correction'
  if (correctionCount > 0 && isEmbargoed)
    return { detail: 'correction is sent for an article that was never public', pointer }
  if (correctionCount > LIMITS.corrections)
    return {
      detail: `correction brings this article to ${correctionCount} corrections, more than ${LIMITS.corrections}`,
      pointer,
    }
  return undefined
}
