/**
 * A proxy between a program and a desk that holds back some requests for ever, so that the program
 * can be killed in the middle of its work, however fast the machine is.
 */
import { createServer, request } from 'node:http'

export type HoldingProxy = {
  url: string
  /** Stops holding requests back. */
  passAll: () => void
  close: () => Promise<void>
}

/**
 * `counts` selects the requests to count. After the first `passes` of them, all requests are held
 * back.
 */
export async function openHoldingProxy(
  origin: string,
  counts: (method: string, path: string) => boolean,
  passes: number,
): Promise<HoldingProxy> {
  let counted = 0
  let limit = passes
  const server = createServer((received, reply) => {
    const { method = 'GET', url: path = '/', headers } = received
    if (counts(method, path)) counted += 1
    if (counted > limit) return
    const passed = request(origin + path, { method, headers }, (response) => {
      reply.writeHead(response.statusCode ?? 502, response.rawHeaders)
      response.pipe(reply)
    })
    passed.on('error', () => reply.destroy())
    received.pipe(passed)
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
