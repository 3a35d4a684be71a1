/** Finds a free port of this machine. */
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * These ports are below the range from which systems assign ports, so no other program gets a port
 * before the test's server uses it.
 */
const PORTS = { first: 12_000, end: 32_000 }

export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.first, PORTS.end)
    const probe = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((closed) => probe.close(closed))
    return port
  }
}
