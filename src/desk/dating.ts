/**
 * The dates of an article: when its substance last changed. Programs recognize a correction, a
 * withdrawal and a republished article by a later date. All times are in seconds.
 */
import type { Draft } from '../model/article.ts'
import type { StoredArticle } from './ledger/ledger.ts'

/**
 * Changes within one second get increasing times, so the last change may be ahead of the clock. A
 * time further ahead than this was set by a wrong clock.
 */
const MAX_CLOCK_LEAD_SECONDS = 3600

/** Returns whether a wrong clock has set this time. */
export const isWronglyDated = (time: number, now: number): boolean =>
  time > now + MAX_CLOCK_LEAD_SECONDS

/**
 * Returns when the substance of the article last changed. `publicVersion` is the version that
 * readers have, if any.
 *
 * A new correction must be later than that version (RFC 4287 section 4.2.15). If the draft's
 * `updated` is not later, it was left in the manuscript from an earlier change and is ignored. The
 * result is never earlier than the last correction.
 */
export function resolveUpdated(
  draft: Draft,
  publicVersion: StoredArticle | undefined,
  published: number,
  hasNewCorrection: boolean,
  now: number,
): number {
  // A republished article must be newer than the tombstone that readers may have (RFC 6721
  // section 3).
  const earliest = Math.max(
    published,
    (publicVersion?.withdrawn?.when ?? Number.NEGATIVE_INFINITY) + 1,
  )
  const hasWrongDate =
    publicVersion && isWronglyDated(publicVersion.updated, Math.max(now, published))
  const previous = hasWrongDate ? Math.max(now, published) : publicVersion?.updated
  if (!hasNewCorrection) {
    const defaultUpdated = publicVersion?.withdrawn ? now : (previous ?? published)
    const lastCorrectedAt = publicVersion?.corrections.at(-1)?.at ?? Number.NEGATIVE_INFINITY
    // `updated` may become earlier only if `published` becomes earlier too.
    const minUpdated = publicVersion && published >= publicVersion.published ? previous : undefined
    return Math.max(
      earliest,
      lastCorrectedAt,
      minUpdated ?? earliest,
      draft.updated ?? defaultUpdated,
    )
  }
  const previousUpdated = previous ?? Number.NEGATIVE_INFINITY
  const newUpdated =
    draft.updated !== undefined && draft.updated > previousUpdated ? draft.updated : now
  return Math.max(earliest, previousUpdated + 1, newUpdated)
}
