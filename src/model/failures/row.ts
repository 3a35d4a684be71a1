/**
 * The definition of a failure: its message, its HTTP response and an example. The type of its data
 * is declared once, in its row, and the `Failure` union is inferred from all rows.
 */
import type { Problem } from '../responses.ts'

/** Members of a problem besides type, title, status and detail (RFC 9457 section 3.2). */
export type ProblemMembers = Omit<Problem, 'type' | 'title' | 'status' | 'detail'>

export type FailureRow<Data> = {
  readonly status: number
  /** The same for every failure of this kind. */
  readonly title: string
  /** What a person who gets this failure can do. */
  readonly advice: string
  /** A sentence of the form `Cannot publish "slug": title is empty`. */
  readonly sentence: (failure: Data) => string
  /** An example for the description of the API. */
  readonly example: Data
  readonly members?: (failure: Data) => ProblemMembers
  /** Headers that belong to the status, such as `Retry-After`, `Allow` or `WWW-Authenticate`. */
  readonly headers?: (failure: Data, siteUrl: string) => Record<string, string>
  /** `Cache-Control`. Without it the response is not cached. */
  readonly cacheControl?: string
}

/** Defines one row. `Data` is what the sentence needs besides the reason. */
export const row = <Data extends object>(definition: FailureRow<Data>): FailureRow<Data> =>
  definition

/** The id of the article in most examples. */
export const EXAMPLE_ID = 'technology-expo'
