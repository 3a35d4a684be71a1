/** Problems as the description of the API shows them: an answer and an example of each kind. */
import { failureHeaders, PROBLEMS, problemOf } from '../../http/problem.ts'
import { exampleOf, REASONS, type Reason } from '../../model/failures.ts'
import { STORAGE_REASONS } from '../../model/storage-failures.ts'
import { HEADER_NAMES, type HeaderName, headersOf } from './headers.ts'
import { schemaOf } from './schemas.ts'

/** What every address that wants the token may answer. */
export const ALWAYS: readonly Reason[] = [
  'unauthorized',
  'internal',
  'settings-refused',
  ...STORAGE_REASONS,
  'unavailable',
]

/** What an address that takes lines may answer of the whole body. */
export const OF_LINES: readonly Reason[] = [
  'unparsable',
  'too-large',
  'unsupported-coding',
  'too-many-lines',
  'unsupported-type',
  'import-under-way',
  ...ALWAYS,
]

export const statusOf = (reason: Reason): number => PROBLEMS[reason].status

/** One example a kind, for the components. */
export const problemExamples = (siteUrl: string) =>
  Object.fromEntries(
    REASONS.map((reason) => [
      reason,
      { summary: PROBLEMS[reason].title, value: problemOf(exampleOf(reason), siteUrl) },
    ]),
  )

/** Headers that all of these kinds bring, and those that only some do. */
function headersOfProblems(reasons: readonly Reason[]): [HeaderName[], HeaderName[]] {
  const brought = reasons.map((reason) =>
    Object.keys(failureHeaders(exampleOf(reason), 'https://news.example')),
  )
  const always = HEADER_NAMES.filter((name) => brought.every((names) => names.includes(name)))
  const some = HEADER_NAMES.filter((name) => brought.some((names) => names.includes(name)))
  return [always, some.filter((name) => !always.includes(name))]
}

/** An answer whose problem is one of these kinds, which have one status. */
export function problemAnswer(reasons: readonly Reason[]) {
  const references = reasons.map((reason) => schemaOf(`problem-${reason}`))
  const headers = headersOf(...headersOfProblems(reasons))
  return {
    description: reasons.map((reason) => PROBLEMS[reason].title).join('; or: '),
    ...(Object.keys(headers).length > 0 && { headers }),
    content: {
      'application/problem+json': {
        schema: references.length === 1 ? references[0] : { oneOf: references },
        examples: Object.fromEntries(
          reasons.map((reason) => [reason, { $ref: `#/components/examples/${reason}` }]),
        ),
      },
    },
  }
}
