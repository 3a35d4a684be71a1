/**
 * What an editor should look at although it is accepted. Each warning is a sentence, like the ones
 * of `failures.ts`.
 */
import { formatTime } from '../text/time.ts'

/** A story that waits longer was more likely given a wrong year. */
const LONG_EMBARGO_SECONDS = 366 * 86_400

/** The warning about an embargo that ends more than a year after `now`; times in seconds. */
export const listEmbargoWarnings = (published: number, now: number): string[] =>
  published - now > LONG_EMBARGO_SECONDS
    ? [`published is more than a year ahead: nobody sees the story before ${formatTime(published)}`]
    : []

/**
 * The warning about an `updated` that is earlier than the one that stands, which stays; times in
 * seconds.
 */
export const listUpdatedWarnings = (requested: number | undefined, updated: number): string[] =>
  requested !== undefined && requested < updated
    ? [
        `updated stays ${formatTime(updated)}, because ${formatTime(requested)} in the manuscript is earlier`,
      ]
    : []
