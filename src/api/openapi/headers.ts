/**
 * Response headers that matter to programs, as Header Objects of the OpenAPI document. A test
 * checks that each such header of a response is described here.
 */
import { apiArticlePath, apiArticlesPath } from '../../model/urls.ts'

const header = (description: string, schema: object, example: string) => ({
  description,
  required: true,
  schema: { type: 'string', ...schema },
  example,
})

export const HEADERS = {
  ETag: header(
    'Identifies this state. The entity-tag of an article or a link is strong and can be sent in If-Match. The entity-tag of this document is weak.',
    { pattern: '^(?:W/)?"[^"]+"$' },
    '"3"',
  ),
  Location: header(
    'The path of the article or link that was created.',
    { format: 'uri-reference' },
    apiArticlePath('technology-expo'),
  ),
  Link: header(
    'The address of the next page as rel="next", if there is one (RFC 8288).',
    { pattern: '^<[^>]+>; rel="next"$' },
    `<${apiArticlesPath('1760425200.technology-expo')}>; rel="next"`,
  ),
  'Retry-After': header('How many seconds to wait.', { pattern: '^[0-9]+$' }, '30'),
  'WWW-Authenticate': header(
    'The Bearer challenge (RFC 6750).',
    { pattern: '^Bearer realm="desk"(?:, error="invalid_token")?$' },
    'Bearer realm="desk"',
  ),
  Allow: header('The methods that the address allows.', { pattern: '^[A-Z, ]+$' }, 'GET, HEAD'),
  Accept: header(
    'The media types that the address accepts.',
    { minLength: 1 },
    'application/json, text/markdown',
  ),
  'Accept-Encoding': header(
    'The content codings that a request body may have.',
    { const: 'identity' },
    'identity',
  ),
} as const

export type HeaderName = keyof typeof HEADERS
export const HEADER_NAMES = Object.keys(HEADERS) as HeaderName[]

/** Builds the Header Objects of a response. Optional headers may be absent. */
export const buildHeaders = (required: readonly HeaderName[], optional: readonly HeaderName[]) => ({
  ...Object.fromEntries(required.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
  ...Object.fromEntries(optional.map((name) => [name, { ...HEADERS[name], required: false }])),
})
