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
import type { Row } from './failures/row.ts'

export type { LinkHolder, NearCode } from './failures/links.ts'
export type { Alternative, Fault } from './failures/requests.ts'

const ROWS = {
  ...REQUEST_FAILURES,
  ...READING_FAILURES,
  ...ARTICLE_FAILURES,
  ...LINK_FAILURES,
  ...DESK_FAILURES,
}

export type Reason = keyof typeof ROWS
type Data = { [R in Reason]: (typeof ROWS)[R]['example'] }

/** A failure with one of these reasons; with any reason by default. */
export type Failure<R extends Reason = Reason> = { [Each in R]: { reason: Each } & Data[Each] }[R]

/** One row for each reason. */
export const FAILURES: { readonly [R in Reason]: Row<Data[R]> } = ROWS
export const REASONS = Object.keys(ROWS) as Reason[]

/** The row that describes this failure. */
export const rowOf = <R extends Reason>(failure: Failure<R>): Omit<Row<Failure<R>>, 'example'> =>
  FAILURES[failure.reason]

/** The failure that the description of the API shows for a reason. */
export const exampleOf = <R extends Reason>(reason: R): Failure<R> => ({
  reason,
  ...FAILURES[reason].example,
})

/** What a step that can fail on purpose returns. */
export type Result<T> = { ok: true; value: T } | { ok: false; failure: Failure }

export const ok = <T>(value: T): Result<T> => ({ ok: true, value })
export const fail = (failure: Failure): { ok: false; failure: Failure } => ({ ok: false, failure })

/** The sentence of a failure, for a person: `Cannot publish "slug": title is empty`. */
export const sentence = (failure: Failure): string => rowOf(failure).sentence(failure)
