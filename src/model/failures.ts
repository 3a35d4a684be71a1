/**
 * All expected failures. A failure is a value with the data that its sentence needs; everything
 * else is thrown. To add one, add a row to its subject's file in `failures/`: the union, the HTTP
 * responses and the description of the API follow from it.
 */
import { ARTICLE_FAILURES } from './failures/articles.ts'
import { DESK_FAILURES } from './failures/desk.ts'
import { LINK_FAILURES } from './failures/links.ts'
import { READING_FAILURES } from './failures/reading.ts'
import { REQUEST_FAILURES } from './failures/requests.ts'
import type { FailureRow } from './failures/row.ts'

export type { CodeOwner, SimilarCode } from './failures/links.ts'
export type { Alternative, Fault } from './failures/requests.ts'

const FAILURE_ROWS = {
  ...REQUEST_FAILURES,
  ...READING_FAILURES,
  ...ARTICLE_FAILURES,
  ...LINK_FAILURES,
  ...DESK_FAILURES,
}

export type FailureReason = keyof typeof FAILURE_ROWS
type FailureData = { [R in FailureReason]: (typeof FAILURE_ROWS)[R]['example'] }

/** A failure with one of the reasons `R`, or with any reason by default. */
export type Failure<R extends FailureReason = FailureReason> = {
  [Each in R]: { reason: Each } & FailureData[Each]
}[R]

/** One row for each reason. */
export const FAILURES: { readonly [R in FailureReason]: FailureRow<FailureData[R]> } = FAILURE_ROWS
export const FAILURE_REASONS = Object.keys(FAILURE_ROWS) as FailureReason[]

/** Returns the row that describes this failure. */
export const getFailureRow = <R extends FailureReason>(
  failure: Failure<R>,
): Omit<FailureRow<Failure<R>>, 'example'> => FAILURES[failure.reason]

/** Returns the failure that the description of the API shows as an example. */
export const getFailureExample = <R extends FailureReason>(reason: R): Failure<R> => ({
  reason,
  ...FAILURES[reason].example,
})

/** The result of a step that can fail in an expected way. */
export type Result<T> = { ok: true; value: T } | { ok: false; failure: Failure }

export const ok = <T>(value: T): Result<T> => ({ ok: true, value })
export const fail = (failure: Failure): { ok: false; failure: Failure } => ({ ok: false, failure })

/** Formats a failure as a sentence for people: `Cannot publish "slug": title is empty`. */
export const formatFailure = (failure: Failure): string => getFailureRow(failure).sentence(failure)
