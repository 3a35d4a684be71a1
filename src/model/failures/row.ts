/**
 * What every way to fail has: how it is told to a person, how it is answered over HTTP, and an
 * example. A row names its data once, and the `Failure` union is inferred from the rows.
 */
import type { Problem } from '../answers.ts'

/** Members of a problem beyond those that every problem has (RFC 9457 section 3.2). */
export type MoreMembers = Omit<Problem, 'type' | 'title' | 'status' | 'detail'>

export type Row<Data> = {
  readonly status: number
  /** The same for every failure of this kind. */
  readonly title: string
  /** What somebody who meets it can do. */
  readonly advice: string
  /** `Cannot publish "slug": title is empty`: what could not be done, to which, colon, why. */
  readonly sentence: (failure: Data) => string
  /** Shown in the description of the API. */
  readonly example: Data
  readonly members?: (failure: Data) => MoreMembers
  /** What the status demands beside the body: how long, which methods, which credentials. */
  readonly headers?: (failure: Data, siteUrl: string) => Record<string, string>
  /** `Cache-Control`; without it the answer is not stored. */
  readonly caching?: string
}

/** One row. `Data` is what the sentence needs besides the reason. */
export const row = <Data extends object>(parts: Row<Data>): Row<Data> => parts

/** The article of most examples. */
export const EXAMPLE_ID = 'technology-expo'
