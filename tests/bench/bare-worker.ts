/**
 * What workerd gives when nothing is done: constants, asked for under the very conditions of the real worker. It
 * is built from the same `wrangler.toml` and so has the same bindings, which it does not use.
 */
import { DurableObject } from 'cloudflare:workers'

/** `wrangler.toml` binds a class of this name. */
export class Desk extends DurableObject {}

const ETAG = 'W/"constant"'
const CACHE_CONTROL = 'public, max-age=300'
const TYPE = 'application/rss+xml; charset=utf-8'

const strings = new Map<number, string>()
const blobs = new Map<number, Blob>()

function stringOf(length: number): string {
  const known = strings.get(length) ?? 'x'.repeat(length)
  strings.set(length, known)
  return known
}

function blobOf(length: number): Blob {
  const known = blobs.get(length) ?? new Blob([stringOf(length)], { type: TYPE })
  blobs.set(length, known)
  return known
}

/** What was handed over with PUT, gzip, to be given back as it is. */
let kept = new Blob()

const headers = { 'Cache-Control': CACHE_CONTROL, ETag: ETAG, 'Content-Type': TYPE }

/** `/not-modified`, `/redirect`, `/not-found`, `/string/LENGTH`, `/blob/LENGTH`, and `/gzip` once it was PUT. */
export default {
  async fetch(request) {
    const [, kind, length] = new URL(request.url).pathname.split('/')
    switch (kind) {
      case 'not-modified':
        return new Response(null, {
          status: 304,
          headers: { 'Cache-Control': CACHE_CONTROL, ETag: ETAG },
        })
      case 'redirect':
        return new Response(null, {
          status: 302,
          headers: { 'Cache-Control': CACHE_CONTROL, Location: 'https://news.example/story' },
        })
      case 'string':
        return new Response(stringOf(Number(length)), { headers })
      case 'gzip':
        if (request.method === 'PUT') kept = await request.blob()
        return new Response(kept, {
          headers: { ...headers, 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' },
          encodeBody: 'manual',
        })
      case 'blob':
        return new Response(blobOf(Number(length)), { headers })
      default:
        return new Response('not found', { status: 404, headers: { 'Cache-Control': 'no-store' } })
    }
  },
} satisfies ExportedHandler<Env>
