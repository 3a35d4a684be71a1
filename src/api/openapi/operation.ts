/**
 * One row of the description: an address, a method, what is sent and what comes back. Pure data
 * until assembled.
 */
import type { Reason } from '../../model/failures.ts'
import { NDJSON_TYPES } from '../../text/ndjson.ts'
import { HEADER_NAMES, type HeaderName, headersOf } from './headers.ts'
import { problemAnswer, statusOf } from './problems.ts'
import { type Schema, type SchemaName, schemaOf } from './schemas.ts'

/** By name. In one operation, parameters, request and answer of one name are one example. */
export type Examples = Readonly<Record<string, unknown>>

export type Parameter = {
  name: string
  in: 'path' | 'query' | 'header'
  meaning: string
  schema: Schema
  required?: true
  examples?: Examples
}

export const IF_MATCH: Parameter = {
  name: 'If-Match',
  in: 'header',
  meaning: 'Entity-tags of the state that may be changed, or * for any; compared strongly.',
  schema: { type: 'string' },
}
export const ifNoneMatch = (meaning: string): Parameter => ({
  name: 'If-None-Match',
  in: 'header',
  meaning,
  schema: { type: 'string' },
})

export type Content = { schema: Schema; examples: Examples; more?: Record<string, unknown> }

/** A body that is one JSON object of a schema. */
export const jsonBody = (required: boolean, schema: SchemaName, examples: Examples) => ({
  required,
  content: { 'application/json': { schema: schemaOf(schema), examples } },
})

/** A body of lines, under each of its media types; examples stand under the first. */
export const linesBody = (content: Content) => ({
  required: true,
  content: Object.fromEntries(
    NDJSON_TYPES.map((type, index) => [type, index === 0 ? content : { ...content, examples: {} }]),
  ),
})

/** The same, each line an object of one schema. */
export const objectsBody = (line: SchemaName, examples: Examples) =>
  linesBody({
    schema: {
      type: 'string',
      description: 'JSON objects, one a line (NDJSON); x-line-schema describes one.',
    },
    more: { 'x-line-schema': schemaOf(line) },
    examples,
  })

export type Answer = {
  status: number
  meaning: string
  headers?: readonly HeaderName[]
  /** Headers that some answers of this status have. */
  sometimes?: readonly HeaderName[]
  /** None: the answer has no body. */
  json?: { schema: SchemaName; examples: Examples }
  /** Lines of JSON instead. */
  ndjson?: Content
}

export type Operation = {
  /** A pattern of `ROUTES`. */
  route: string
  method: 'get' | 'put' | 'post' | 'delete'
  /** What programs made from the description call it. */
  id: string
  summary: string
  meaning: string
  tag: 'articles' | 'links' | 'desk' | 'monitoring'
  /** Needs no token. */
  open?: true
  parameters?: readonly Parameter[]
  body?: { required: boolean; content: Readonly<Record<string, Content>> }
  answers: readonly Answer[]
  problems: readonly Reason[]
}

/** `/api/articles/:id` is `/api/articles/{id}` in OpenAPI. */
const templateOf = (route: string): string => route.replace(/:(\w+)/g, '{$1}')

/** The Paths Object: every operation under its address, in the order given. */
export function pathsOf(operations: readonly Operation[]): Record<string, Record<string, object>> {
  const paths: Record<string, Record<string, object>> = {}
  for (const operation of operations) {
    const path = templateOf(operation.route)
    paths[path] = { ...paths[path], [operation.method]: described(operation) }
  }
  return paths
}

function described(operation: Operation): object {
  const { id, summary, meaning, tag, open, parameters, body } = operation
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: meaning,
    ...(open && { security: [] }),
    ...(parameters && { parameters: parameters.map(parameterOf) }),
    ...(body && {
      requestBody: { required: body.required, content: mapValues(body.content, contentOf) },
    }),
    responses: responsesOf(operation),
  }
}

const parameterOf = ({ name, in: where, meaning, schema, required, examples }: Parameter) => ({
  name,
  in: where,
  description: meaning,
  ...((required || where === 'path') && { required: true }),
  schema,
  ...(examples && { examples: namedExamples(examples) }),
})

const contentOf = ({ schema, examples, more }: Content) => ({
  schema,
  ...more,
  ...(Object.keys(examples).length > 0 && { examples: namedExamples(examples) }),
})

const namedExamples = (examples: Examples) => mapValues(examples, (value) => ({ value }))

/**
 * Answers by status; one whose status problems have too has both bodies, told apart by media type.
 */
function responsesOf({ answers, problems }: Operation): Record<string, object> {
  const statuses = new Set([...answers.map(({ status }) => status), ...problems.map(statusOf)])
  const response = (status: number): object => {
    const answer = answers.find((each) => each.status === status)
    const reasons = problems.filter((reason) => statusOf(reason) === status)
    if (!answer) return problemAnswer(reasons)
    const { meaning, headers = [], sometimes = [], json, ndjson } = answer
    const problem = reasons.length > 0 ? problemAnswer(reasons) : undefined
    const ofProblems = HEADER_NAMES.filter((name) => problem?.headers?.[name])
    const both = headersOf(headers, [...sometimes, ...ofProblems])
    return {
      description: meaning,
      ...(Object.keys(both).length > 0 && { headers: both }),
      ...(json && {
        content: {
          'application/json': contentOf({ ...json, schema: schemaOf(json.schema) }),
          ...problem?.content,
        },
      }),
      ...(ndjson && { content: { [NDJSON_TYPES[0]]: contentOf(ndjson) } }),
    }
  }
  return Object.fromEntries(
    [...statuses].sort((a, b) => a - b).map((status) => [status, response(status)]),
  )
}

const mapValues = <T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
