/**
 * Every way to fail on purpose. A failure is a value that carries what its sentence needs; the rest
 * throws. To add one, add a row to the file of its subject in `failures/`: the union, the answers
 * over HTTP and the description of the API follow from it.
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

/** A failure with one of these reasons; with any reason by default. */
export type Failure<R extends FailureReason = FailureReason> = {
  [Each in R]: { reason: Each } & FailureData[Each]
}[R]

/** One row for each reason. */
export const FAILURES: { readonly [R in FailureReason]: FailureRow<FailureData[R]> } = FAILURE_ROWS
export const FAILURE_REASONS = Object.keys(FAILURE_ROWS) as FailureReason[]

/** The row that describes this failure. */
export const getFailureRow = <R extends FailureReason>(
  failure: Failure<R>,
): Omit<FailureRow<Failure<R>>, 'example'> => FAILURES[failure.reason]

/** The failure that the description of the API shows for a reason. */
export const getFailureExample = <R extends FailureReason>(reason: R): Failure<R> => ({
  reason,
  ...FAILURES[reason].example,
})

/** What a step that can fail on purpose returns. */
export type Result<T> = { ok: true; value: T } | { ok: false; failure: Failure }

export const ok = <T>(value: T): Result<T> => ({ ok: true, value })
export const fail = (failure: Failure): { ok: false; failure: Failure } => ({ ok: false, failure })

/** The sentence of a failure, for a person: `Cannot publish "slug": title is empty`. */
export const formatFailure = (failure: Failure): string => getFailureRow(failure).sentence(failure)
