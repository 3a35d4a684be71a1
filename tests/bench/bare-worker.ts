/**
 * The baseline of the benchmarks: a worker that returns constant responses. It is built from the
 * same `wrangler.toml` as the real worker, with the same bindings, which it does not use.
 */
import { DurableObject } from 'cloudflare:workers'

/** `wrangler.toml` requires a Durable Object class with this name. */
export class Desk extends DurableObject {}

const cached = { 'Cache-Control': 'public, max-age=300' }
const tagged = { ...cached, ETag: 'W/"constant"' }
const headers = { ...tagged, 'Content-Type': 'application/rss+xml; charset=utf-8' }
const redirect = { ...cached, Location: 'https://news.example/story' }
const compressed = { ...headers, 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' }

const strings = new Map<string, string>()
const blobs = new Map<string, Blob>()
/** The body of the last PUT to `/gzip`. It is compressed already, and is returned unchanged. */
let lastBody = new Blob()

function getText(length: string): string {
  const text = strings.get(length) ?? 'x'.repeat(Number(length))
  strings.set(length, text)
  return text
}

function getBlob(length: string): Blob {
  const blob = blobs.get(length) ?? new Blob([getText(length)], { type: headers['Content-Type'] })
  blobs.set(length, blob)
  return blob
}

/**
 * Serves `/not-modified`, `/redirect`, `/string/LENGTH`, `/blob/LENGTH`, and `/gzip` after a PUT.
 * Everything else is a 404.
 */
export default {
  async fetch(request) {
    const [, kind, length = ''] = new URL(request.url).pathname.split('/')
    switch (kind) {
      case 'not-modified':
        return new Response(null, { status: 304, headers: tagged })
      case 'redirect':
        return new Response(null, { status: 302, headers: redirect })
      case 'string':
        return new Response(getText(length), { headers: headers })
      case 'gzip':
        if (request.method === 'PUT') lastBody = await request.blob()
        return new Response(lastBody, { headers: compressed, encodeBody: 'manual' })
      case 'blob':
        return new Response(getBlob(length), { headers: headers })
      default:
        return new Response('not found', { status: 404, headers: { 'Cache-Control': 'no-store' } })
    }
  },
} satisfies ExportedHandler<Env>
