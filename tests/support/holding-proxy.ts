/**
 * Stands between a program and a desk, and holds back requests after some have passed. So a test
 * can kill the program in the middle of its work, however fast the machine is.
 */
import { createServer, request } from 'node:http'

export type HoldingProxy = {
  url: string
  /** From now on all requests are passed on. */
  passAll: () => void
  close: () => Promise<void>
}

/**
 * `isCounted` selects the requests to count. Once `maxPassed` of them have passed, the next one and
 * all later requests of any kind are held back.
 */
export async function openHoldingProxy(
  origin: string,
  isCounted: (method: string, path: string) => boolean,
  maxPassed: number,
): Promise<HoldingProxy> {
  let requestCount = 0
  let limit = maxPassed
  const server = createServer((incoming, reply) => {
    const { method = 'GET', url: path = '/', headers } = incoming
    if (isCounted(method, path)) requestCount += 1
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
