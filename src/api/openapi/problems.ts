/**
 * Describes problems (RFC 9457) in the OpenAPI document: a response and an example for each reason.
 * Both are built from the rows in `src/model/failures/`.
 */
import { buildProblem, getFailureHeaders, PROBLEMS } from '../../http/problem.ts'
import { FAILURE_REASONS, type FailureReason, getFailureExample } from '../../model/failures.ts'
import { STORAGE_REASONS } from '../../model/storage-failures.ts'
import { buildHeaders, HEADER_NAMES, type HeaderName } from './headers.ts'
import { schemaReference } from './schemas.ts'

/** The reasons for which every operation that needs the token can fail. */
export const COMMON_REASONS: readonly FailureReason[] = [
  'unauthorized',
  'internal',
  'settings-refused',
  ...STORAGE_REASONS,
  'unavailable',
]

/** The reasons for which an operation that accepts NDJSON can refuse the whole body. */
export const BULK_REASONS: readonly FailureReason[] = [
  'unparsable',
  'too-large',
  'unsupported-coding',
  'too-many-lines',
  'unsupported-type',
  'import-under-way',
  ...COMMON_REASONS,
]

export const getStatus = (reason: FailureReason): number => PROBLEMS[reason].status

/** Builds an example for each reason. They become components of the document. */
export const buildProblemExamples = (siteUrl: string) =>
  Object.fromEntries(
    FAILURE_REASONS.map((reason) => [
      reason,
      { summary: PROBLEMS[reason].title, value: buildProblem(getFailureExample(reason), siteUrl) },
    ]),
  )

/**
 * Lists the headers that all problems with these reasons have, then the headers that only some of
 * them have.
 */
function listProblemHeaders(reasons: readonly FailureReason[]): [HeaderName[], HeaderName[]] {
  const namesByReason = reasons.map((reason) =>
    Object.keys(getFailureHeaders(getFailureExample(reason), 'https://news.example')),
  )
  const always = HEADER_NAMES.filter((name) => namesByReason.every((names) => names.includes(name)))
  const possible = HEADER_NAMES.filter((name) =>
    namesByReason.some((names) => names.includes(name)),
  )
  return [always, possible.filter((name) => !always.includes(name))]
}

/**
 * Describes a response that is a problem with one of these reasons. All of them must have the same
 * status.
 */
export function buildProblemResponse(reasons: readonly FailureReason[]) {
  const references = reasons.map((reason) => schemaReference(`problem-${reason}`))
  const headers = buildHeaders(...listProblemHeaders(reasons))
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
