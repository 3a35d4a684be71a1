/**
 * A proxy between a program and a desk that does not pass on some requests, so that the program can
 * be killed in the middle of its work, however fast the machine is.
 */
import { createServer, request } from 'node:http'

export type HoldingProxy = {
  url: string
  /** From now on all requests are passed on. */
  passAll: () => void
  close: () => Promise<void>
}

/**
 * `counts` selects the requests to count. After `passes` of them, no further request of any kind is
 * passed on.
 */
export async function openHoldingProxy(
  origin: string,
  counts: (method: string, path: string) => boolean,
  passes: number,
): Promise<HoldingProxy> {
  let requestCount = 0
  let limit = passes
  const server = createServer((incoming, reply) => {
    const { method = 'GET', url: path = '/', headers } = incoming
    if (counts(method, path)) requestCount += 1
    if (requestCount > limit) return
    const outgoing = request(origin + path, { method, headers }, (response) => {
      reply.writeHead(response.statusCode ?? 502, response.rawHeaders)
      response.pipe(reply)
    })
    outgoing.on('error', () => reply.destroy())
    incoming.pipe(outgoing)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    passAll: () => {
      limit = Number.POSITIVE_INFINITY
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
