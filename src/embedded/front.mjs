/**
 * The first worker behind the public socket of the embedded runtime. The runtime forwards any Host
 * and any request target. The workers behind this one build a URL from them, which throws if they
 * are invalid, and the client would get a 500 without a body. This worker rejects them with 400.
 *
 * It is plain JavaScript because `socket.ts` passes its source text to the runtime.
 */

/**
 * Matches a valid Host. It is stricter than RFC 9110 §7.2: a comma means that the request had two
 * Host lines, and the runtime fails to forward a request whose Host has one of the other excluded
 * characters.
 */
const HOST = /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d*)?$/i
const METHODS = 'GET, HEAD, POST, PUT, DELETE, OPTIONS'

/**
 * The last valid Host, cached because nearly all requests have the same one.
 * @type {string | undefined}
 */
let validHost

export default {
  /** @param {Request} request @param {{ NEXT: { fetch: typeof fetch } }} env */
  async fetch(request, env) {
    const host = request.headers.get('Host') ?? ''
    if (host !== validHost) {
      if (!HOST.test(host) || !URL.canParse(`http://${host}/`))
        return refuse('Host is not the name of one host')
      validHost = host
    }
    const target = request.url.slice(`http://${host}`.length)
    // Such a request asks about the whole server (RFC 9110 §9.3.7).
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
 * Returns a 400, which RFC 9112 §3.2 requires for a request without exactly one valid Host.
 * @param {string} why
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
