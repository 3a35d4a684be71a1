/**
 * Warnings about accepted input that an editor should check. Each is a sentence, like those of
 * `failures.ts`.
 */
import { formatTime } from '../text/time.ts'

/** A longer embargo probably has a mistyped year. */
const LONG_EMBARGO_SECONDS = 366 * 86_400

/** Warns about an embargo that ends more than a year after `now`. Times are in seconds. */
export const listEmbargoWarnings = (published: number, now: number): string[] =>
  published - now > LONG_EMBARGO_SECONDS
    ? [
        `published is more than a year in the future: readers do not see the story before ${formatTime(published)}`,
      ]
    : []

/**
 * Warns about an `updated` that is earlier than the stored one. The stored one is not changed.
 * Times are in seconds.
 */
export const listUpdatedWarnings = (requested: number | undefined, updated: number): string[] =>
  requested !== undefined && requested < updated
    ? [
        `updated stays ${formatTime(updated)}, because ${formatTime(requested)} in the manuscript is earlier`,
      ]
    : []
