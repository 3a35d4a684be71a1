/**
 * CORS headers (Fetch Standard) of responses that any origin may read, and of preflight responses.
 */
import { NO_STORE_HEADERS } from './headers.ts'

/** Any origin may read the response, but never with credentials. */
export const CORS_HEADERS: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers':
    'ETag, Link, Last-Modified, Retry-After, IM, Delta-Base, Content-Location',
}

/** The methods of all resources that are read-only. */
export const READ_METHODS = ['GET', 'HEAD', 'OPTIONS']

/** The headers of a response to OPTIONS. */
export const PREFLIGHT_HEADERS = {
  ...CORS_HEADERS,
  Allow: READ_METHODS.join(', '),
  'Access-Control-Allow-Methods': READ_METHODS.join(', '),
  'Access-Control-Allow-Headers':
    'Accept, A-IM, If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since',
  'Access-Control-Max-Age': '86400',
  ...NO_STORE_HEADERS,
}
