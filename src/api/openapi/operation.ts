/**
 * The type of an operation of the API, and the functions that turn operations into the Paths Object
 * of OpenAPI. The `*.operations.ts` files contain the operations as plain data.
 */
import type { FailureReason } from '../../model/failures.ts'
import { NDJSON_TYPES } from '../../text/ndjson.ts'
import { buildHeaders, HEADER_NAMES, type HeaderName } from './headers.ts'
import { buildProblemResponse, getStatus } from './problems.ts'
import { type Schema, type SchemaName, schemaReference } from './schemas.ts'

/**
 * Examples by name. In an operation, the parameters, the request and the response with the same
 * name belong together.
 */
export type Examples = Readonly<Record<string, unknown>>

export type Parameter = {
  name: string
  in: 'path' | 'query' | 'header'
  description: string
  schema: Schema
  required?: true
  examples?: Examples
}

export const IF_MATCH: Parameter = {
  name: 'If-Match',
  in: 'header',
  description:
    'The change is made only if the current state has one of these entity-tags, which are compared strongly. The value * matches every state.',
  schema: { type: 'string' },
}
export const ifNoneMatch = (description: string): Parameter => ({
  name: 'If-None-Match',
  in: 'header',
  description,
  schema: { type: 'string' },
})

export type BodyContent = {
  schema: Schema
  examples: Examples
  extensions?: Record<string, unknown>
}

/** Describes a body that is one JSON object. */
export const jsonBody = (required: boolean, schema: SchemaName, examples: Examples) => ({
  required,
  content: { 'application/json': { schema: schemaReference(schema), examples } },
})

/**
 * Describes a body of NDJSON for each of its media types. Only the first media type has the
 * examples.
 */
export const ndjsonBody = (content: BodyContent) => ({
  required: true,
  content: Object.fromEntries(
    NDJSON_TYPES.map((type, index) => [type, index === 0 ? content : { ...content, examples: {} }]),
  ),
})

/** Describes a body of NDJSON whose lines all have the same schema. */
export const ndjsonObjectsBody = (line: SchemaName, examples: Examples) =>
  ndjsonBody({
    schema: {
      type: 'string',
      description:
        'NDJSON, with one JSON object on each line. x-line-schema has the schema of a line.',
    },
    extensions: { 'x-line-schema': schemaReference(line) },
    examples,
  })

export type OperationResponse = {
  status: number
  description: string
  headers?: readonly HeaderName[]
  /** Headers that only some responses with this status have. */
  optionalHeaders?: readonly HeaderName[]
  /** The body if it is JSON. A response without `json` and `ndjson` has no body. */
  json?: { schema: SchemaName; examples: Examples }
  /** The body if it is NDJSON. */
  ndjson?: BodyContent
}

export type Operation = {
  /** A pattern of `ROUTES`. */
  route: string
  method: 'get' | 'put' | 'post' | 'delete'
  /** Generated clients use it as a method name, so it must not change. */
  operationId: string
  summary: string
  description: string
  tag: 'articles' | 'links' | 'desk' | 'monitoring'
  /** If true, the operation needs no token. */
  isPublic?: true
  parameters?: readonly Parameter[]
  body?: { required: boolean; content: Readonly<Record<string, BodyContent>> }
  responses: readonly OperationResponse[]
  problems: readonly FailureReason[]
}

/** Converts `/api/articles/:id` to `/api/articles/{id}`. */
const formatPathTemplate = (route: string): string => route.replace(/:(\w+)/g, '{$1}')

/** Builds the Paths Object. Operations keep their order. */
export function buildPaths(
  operations: readonly Operation[],
): Record<string, Record<string, object>> {
  const paths: Record<string, Record<string, object>> = {}
  for (const operation of operations) {
    const path = formatPathTemplate(operation.route)
    paths[path] = { ...paths[path], [operation.method]: buildOperation(operation) }
  }
  return paths
}

function buildOperation(operation: Operation): object {
  const { operationId, summary, description, tag, isPublic, parameters, body } = operation
  return {
    operationId,
    tags: [tag],
    summary,
    description,
    ...(isPublic && { security: [] }),
    ...(parameters && { parameters: parameters.map(buildParameter) }),
    ...(body && {
      requestBody: { required: body.required, content: mapValues(body.content, buildContent) },
    }),
    responses: buildResponses(operation),
  }
}

const buildParameter = ({
  name,
  in: location,
  description,
  schema,
  required,
  examples,
}: Parameter) => ({
  name,
  in: location,
  description,
  ...((required || location === 'path') && { required: true }),
  schema,
  ...(examples && { examples: wrapExamples(examples) }),
})

const buildContent = ({ schema, examples, extensions }: BodyContent) => ({
  schema,
  ...extensions,
  ...(Object.keys(examples).length > 0 && { examples: wrapExamples(examples) }),
})

const wrapExamples = (examples: Examples) => mapValues(examples, (value) => ({ value }))

/**
 * Builds the responses by status. If a normal response and problems have the same status, the entry
 * describes both bodies, each under its media type.
 */
function buildResponses({ responses, problems }: Operation): Record<string, object> {
  const statuses = new Set([...responses.map(({ status }) => status), ...problems.map(getStatus)])
  const buildResponse = (status: number): object => {
    const response = responses.find((each) => each.status === status)
    const reasons = problems.filter((reason) => getStatus(reason) === status)
    if (!response) return buildProblemResponse(reasons)
    const { description, headers = [], optionalHeaders = [], json, ndjson } = response
    const problem = reasons.length > 0 ? buildProblemResponse(reasons) : undefined
    const problemHeaders = HEADER_NAMES.filter((name) => problem?.headers?.[name])
    const headerObjects = buildHeaders(headers, [...optionalHeaders, ...problemHeaders])
    return {
      description,
      ...(Object.keys(headerObjects).length > 0 && { headers: headerObjects }),
      ...(json && {
        content: {
          'application/json': buildContent({ ...json, schema: schemaReference(json.schema) }),
          ...problem?.content,
        },
      }),
      ...(ndjson && { content: { [NDJSON_TYPES[0]]: buildContent(ndjson) } }),
    }
  }
  return Object.fromEntries(
    [...statuses].sort((a, b) => a - b).map((status) => [status, buildResponse(status)]),
  )
}

const mapValues = <T, U>(record: Readonly<Record<string, T>>, transform: (value: T) => U) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, transform(value)]))
