/**
 * Uses the API's description as a contract: finds the description of a response, and reports how
 * the response deviates from it.
 */
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

export type NamedExamples = Record<string, { value: unknown }>
export type Content = Record<
  string,
  { schema: object; examples?: NamedExamples } & Record<string, unknown>
>
type Reference = { $ref: string }
type DescribedHeader = { required: boolean; schema: object; example: string }
export type Described = {
  description: string
  headers?: Record<string, Reference | DescribedHeader>
  content?: Content
}
export type DescribedOperation = {
  operationId: string
  tags: string[]
  security?: object[]
  parameters?: {
    name: string
    in: 'path' | 'query' | 'header'
    required?: boolean
    schema: object
    examples?: NamedExamples
  }[]
  requestBody?: { required: boolean; content: Content }
  responses: Record<string, Described>
}
export type Description = {
  openapi: string
  info: { version: string; description: string }
  servers: { url: string }[]
  security: object[]
  paths: Record<string, Record<string, DescribedOperation>>
  components: {
    schemas: Record<string, Record<string, unknown>>
    responses: Record<string, Described>
    examples: NamedExamples
    headers: Record<string, DescribedHeader>
  }
}

/** Programs rely on these headers, so a response may have one only if its description lists it. */
const DECISIVE_HEADERS = [
  'ETag',
  'Location',
  'Link',
  'Retry-After',
  'WWW-Authenticate',
  'Allow',
  'Accept',
  'Last-Modified',
  'Content-Location',
]

/** The formats with characters outside of ASCII, which `ajv-formats` does not have. */
const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  iri: (text) => IRI_CHARACTERS.test(text) && URL.canParse(text),
  'iri-reference': (text) => IRI_CHARACTERS.test(text) && URL.canParse(text, 'https://base.test'),
  'idn-email': (text) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/u.test(text),
}
/** The characters of RFC 3987 section 2.2, and of escapes. */
const IRI_CHARACTERS =
  /^[\w\-.~!$&'()*+,;=:@/?#[\]%\u{a0}-\u{d7ff}\u{f900}-\u{fdcf}\u{fdf0}-\u{ffef}\u{10000}-\u{efffd}]*$/u

export type Operation = { path: string; method: string; operation: DescribedOperation }

export class Contract {
  readonly description: Description
  readonly #ajv: InstanceType<typeof Ajv2020.default>
  readonly #validators = new Map<string, ValidateFunction>()

  constructor(description: Description) {
    this.description = description
    this.#ajv = new Ajv2020.default({
      allErrors: true,
      strict: true,
      strictTypes: false,
      strictRequired: false,
    })
    addFormats.default(this.#ajv)
    for (const [name, test] of Object.entries(FORMATS)) this.#ajv.addFormat(name, test)
    // The top-level keys of an OpenAPI document are not keywords of JSON Schema, so Ajv must be
    // told to accept them. Any other unknown keyword is an error.
    this.#ajv.addVocabulary(Object.keys(description))
    // References in the description are relative to the whole document.
    this.#ajv.addSchema({ $id: 'https://contract.test/', ...description }, undefined, false, false)
  }

  operations(): Operation[] {
    return Object.entries(this.description.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    )
  }

  /** Validates a value against the schema at a JSON Pointer of the document. Returns the faults. */
  faults(pointer: readonly string[], value: unknown): string[] {
    const fragment = pointer.map(
      (key) => `/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`,
    )
    const reference = `https://contract.test/#${fragment.join('')}`
    const compiled = this.#validators.get(reference)
    const validate = compiled ?? this.#ajv.compile({ $ref: reference })
    this.#validators.set(reference, validate)
    if (validate(value)) return []
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    )
  }

  /**
   * Finds the description of a response: first in the operation, then among the problems that any
   * address can return.
   */
  #findPointer(path: string, method: string, status: number, type: string): string[] | undefined {
    const responses = this.description.paths[path]?.[method.toLowerCase()]?.responses
    if (responses?.[status])
      return ['paths', path, method.toLowerCase(), 'responses', String(status)]
    const shared = Object.entries(this.description.components.responses).find(
      ([reason]) => type.endsWith(`/${reason}`) && GENERAL_PROBLEMS.includes(reason),
    )
    return shared && ['components', 'responses', shared[0]]
  }

  /** Lists the deviations of a response from its description: status, headers, media type, body. */
  departures(path: string, method: string, response: Response, text: string): string[] {
    const json = /^application\/(?:\w+\+)?json/.test(response.headers.get('Content-Type') ?? '')
    const body: unknown = text === '' ? undefined : json ? JSON.parse(text) : text
    const problemType =
      typeof body === 'object' && body !== null && 'type' in body ? String(body.type) : ''
    const pointer = this.#findPointer(path, method, response.status, problemType)
    if (!pointer) return [`${method} ${path} ${response.status} is not described: ${text}`]
    const described = pointer.reduce<unknown>(
      (part, key) => (part as Record<string, unknown>)[key],
      this.description,
    ) as Described
    return [
      ...this.#headerFaults(described, response.headers),
      ...this.#bodyFaults(described, pointer, response.headers.get('Content-Type'), body),
    ].map((fault) => `${method} ${path} ${response.status}: ${fault}`)
  }

  #headerFaults(described: Described, headers: Headers): string[] {
    const expectedHeaders = Object.entries(described.headers ?? {})
    const undescribed = DECISIVE_HEADERS.filter(
      (name) => headers.has(name) && !expectedHeaders.some(([each]) => each === name),
    )
    const wrong = expectedHeaders.flatMap(([name, header]) => {
      const value = headers.get(name)
      const always = '$ref' in header || header.required
      if (value === null) return always ? [`${name} is missing`] : []
      return this.faults(['components', 'headers', name, 'schema'], value).map(
        (fault) => `${name}: ${fault}`,
      )
    })
    return [...undescribed.map((name) => `${name} is not described`), ...wrong]
  }

  #bodyFaults(
    described: Described,
    pointer: string[],
    type: string | null,
    body: unknown,
  ): string[] {
    if (!described.content) return body === undefined ? [] : ['there is an undescribed body']
    const essence = type?.split(';')[0] ?? 'none'
    if (!described.content[essence]) return [`Content-Type ${type} is not described`]
    return this.faults([...pointer, 'content', essence, 'schema'], body)
  }
}

/** Types of problems that no operation lists: unknown addresses and methods. */
const GENERAL_PROBLEMS = ['not-found', 'method-not-allowed']
