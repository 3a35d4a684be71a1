/**
 * The first worker behind the public socket of the embedded runtime. It answers what no other
 * worker can: the runtime hands on any Host and any request target, and whoever builds a URL from a
 * bad one throws, which is a bare 500.
 *
 * It is plain JavaScript because the runtime gets its text as it stands.
 */

/**
 * Narrower than RFC 9110 section 7.2. A comma means two Host lines; the other signs left out make
 * the runtime fail when it sends the request on.
 */
const HOST = /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d*)?$/i
const METHODS = 'GET, HEAD, POST, PUT, DELETE, OPTIONS'

/**
 * The last Host that was good: nearly all requests name the same one. @type {string | undefined}
 */
let goodHost

export default {
  /** @param {Request} request @param {{ NEXT: { fetch: typeof fetch } }} env */
  async fetch(request, env) {
    const host = request.headers.get('Host') ?? ''
    if (host !== goodHost) {
      if (!HOST.test(host) || !URL.canParse(`http://${host}/`))
        return refuse('Host is not the name of one host')
      goodHost = host
    }
    const target = request.url.slice(`http://${host}`.length)
    // Asks about the server as a whole (RFC 9110 section 9.3.7).
    if (target === '*' && request.method === 'OPTIONS')
      return new Response(null, { status: 204, headers: { ...common(), Allow: METHODS } })
    if (!target.startsWith('/') || !URL.canParse(request.url))
      return refuse('the request target is not a path')
    return await env.NEXT.fetch(request)
  },
}

/** @returns {Record<string, string>} */
const common = () => ({ 'Cache-Control': 'no-store', Date: new Date().toUTCString() })

/**
 * RFC 9112 section 3.2: a request without one valid Host is answered with 400. @param {string} why
 */
function refuse(why) {
  const problem = {
    type: 'about:blank',
    title: 'Bad Request',
    status: 400,
    detail: `Cannot read the request: ${why}`,
  }
  return new Response(JSON.stringify(problem), {
    status: 400,
    headers: {
      ...common(),
      'Content-Type': 'application/problem+json',
      'X-Content-Type-Options': 'nosniff',
    },
  })
}
