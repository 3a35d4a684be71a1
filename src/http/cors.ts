/** CORS headers (Fetch Standard): for what any origin may read, and for preflights. */
import { NO_STORE_HEADERS } from './headers.ts'

/** Readable from any origin, never with credentials. */
export const CORS_HEADERS: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers':
    'ETag, Link, Last-Modified, Retry-After, IM, Delta-Base, Content-Location',
}

/** The methods of everything that is read-only. */
export const READ_METHODS = ['GET', 'HEAD', 'OPTIONS']

/** Headers of the response to OPTIONS. */
export const PREFLIGHT_HEADERS = {
  ...CORS_HEADERS,
  Allow: READ_METHODS.join(', '),
  'Access-Control-Allow-Methods': READ_METHODS.join(', '),
  'Access-Control-Allow-Headers':
    'Accept, A-IM, If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since',
  'Access-Control-Max-Age': '86400',
  ...NO_STORE_HEADERS,
}
