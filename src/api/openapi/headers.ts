/** Headers of answers that say something a program acts upon. */
import { apiArticlePath, apiArticlesPath } from '../../model/urls.ts'

const header = (description: string, schema: object, example: string) => ({
  description,
  required: true,
  schema: { type: 'string', ...schema },
  example,
})

export const HEADERS = {
  ETag: header(
    'Names this state: strong for an article or a link (send it in If-Match), weak for the description.',
    { pattern: '^(?:W/)?"[^"]+"$' },
    '"3"',
  ),
  Location: header(
    'Path of what was created.',
    { format: 'uri-reference' },
    apiArticlePath('technology-expo'),
  ),
  Link: header(
    'The next page as rel="next", when there is one (RFC 8288).',
    { pattern: '^<[^>]+>; rel="next"$' },
    `<${apiArticlesPath('1760425200.technology-expo')}>; rel="next"`,
  ),
  'Retry-After': header('Seconds to wait.', { pattern: '^[0-9]+$' }, '30'),
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
    'The content codings that a body may come in.',
    { const: 'identity' },
    'identity',
  ),
} as const

export type HeaderName = keyof typeof HEADERS
export const HEADER_NAMES = Object.keys(HEADERS) as HeaderName[]

/** The Header Objects of an answer: those that always come, and those that may be absent. */
export const buildHeaders = (required: readonly HeaderName[], optional: readonly HeaderName[]) => ({
  ...Object.fromEntries(required.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
  ...Object.fromEntries(optional.map((name) => [name, { ...HEADERS[name], required: false }])),
})
