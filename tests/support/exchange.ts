/**
 * Sends one HTTP request through `node:http` with every header line unchanged, because `fetch`
 * joins lines, sets `Host` and normalises paths.
 */
import { request } from 'node:http'

export type RequestOptions = {
  method?: string
  /** The path is sent unchanged: dots, slashes and percent signs are not normalised. */
  path: string
  /** Header lines in order; a name may be repeated. */
  headers?: readonly (readonly [name: string, value: string])[]
  body?: string | Uint8Array
}

export type Exchange = {
  status: number
  /** Every header line in order, with names in lower case. */
  lines: (readonly [name: string, value: string])[]
  /** Returns the value of a header, or `undefined`. Throws if it is repeated. */
  header: (name: string) => string | undefined
  body: Buffer
  text: string
}

/** A server that loses more responses than this to one request has a fault. */
const MAX_TRIES = 5
/**
 * All test files of one Vitest worker together may lose this many responses. Usually none is lost,
 * so a server that loses more has a fault that retries must not hide.
 */
const MAX_BROKEN_CONNECTIONS = 5
let brokenConnections = 0
const CONNECTION_ERRORS = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']

/**
 * Sends a request again after a broken connection. A server that responds before it has read the
 * whole body may close the connection, and the response can be lost. A request that got a response
 * is never sent again.
 */
export async function retryLostResponse<T>(send: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await send()
    } catch (cause) {
      if (tries === MAX_TRIES || !isBroken(cause)) throw cause
      brokenConnections += 1
      if (brokenConnections > MAX_BROKEN_CONNECTIONS)
        throw new Error(
          `${brokenConnections} connections broke, more than a working server causes`,
          {
            cause,
          },
        )
      console.warn(`The connection broke, try ${tries}: ${String(cause)}`)
    }
  }
}

/** `fetch` wraps the error of the socket, so the causes of an error are checked too. */
function isBroken(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false
  const code = 'code' in cause ? String(cause.code) : ''
  return CONNECTION_ERRORS.includes(code) || isBroken(cause.cause)
}

export const exchange = (origin: string, options: RequestOptions): Promise<Exchange> =>
  retryLostResponse(() => exchangeOnce(origin, options))

async function exchangeOnce(origin: string, options: RequestOptions): Promise<Exchange> {
  const { hostname, port, host } = new URL(origin)
  const headers = options.headers ?? []
  const hasHeader = (name: string): boolean => headers.some(([each]) => each.toLowerCase() === name)
  const lines = [
    ...(hasHeader('host') ? [] : [['Host', host] as const]),
    ...headers,
    ...(options.body === undefined
      ? []
      : [['Content-Length', String(Buffer.byteLength(options.body))] as const]),
    ['Connection', 'close'] as const,
  ]
  return await new Promise((resolve, reject) => {
    const outgoing = request(
      {
        hostname,
        port,
        method: options.method ?? 'GET',
        path: options.path,
        headers: lines.flat(),
        setHost: false,
        agent: false,
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () =>
          resolve(
            buildExchange(incoming.statusCode ?? 0, incoming.rawHeaders, Buffer.concat(chunks)),
          ),
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end(options.body)
  })
}

function buildExchange(status: number, raw: string[], body: Buffer): Exchange {
  const lines = raw.flatMap((name, index) =>
    index % 2 === 0 ? [[name.toLowerCase(), raw[index + 1] ?? ''] as const] : [],
  )
  return {
    status,
    lines,
    header: (name) => {
      const values = lines.filter(([each]) => each === name.toLowerCase())
      if (values.length > 1) throw new Error(`${name} was sent ${values.length} times`)
      return values[0]?.[1]
    },
    body,
    text: body.toString('utf8'),
  }
}

/**
 * Returns the header lines in which equal responses do not differ: all but those of the clock and
 * the connection.
 */
export const withoutClock = (response: Exchange): string[] =>
  response.lines
    .filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name))
    .map(([name, value]) => `${name}: ${value}`)
    .sort()
