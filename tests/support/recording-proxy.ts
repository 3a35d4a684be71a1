/**
 * Stands between a feed reader and a newsroom. Passes requests and responses on, without the
 * headers of their connections, and records them.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Exchange, exchange } from './exchange.ts'

export type RecordedRequest = { path: string; conditional: boolean; status: number; bytes: number }

export type RecordingProxy = {
  url: string
  /** Returns and removes the recorded requests, in order. */
  take: () => RecordedRequest[]
  close: () => Promise<void>
}

/** Headers that belong to one connection, and are not passed on. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'host', 'content-length']

export async function openRecordingProxy(origin: string): Promise<RecordingProxy> {
  let recorded: RecordedRequest[] = []
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '/'
    const reply = await exchange(origin, {
      method: request.method ?? 'GET',
      path,
      headers: getHeaders(request),
    })
    recorded.push({
      path,
      conditional: 'if-none-match' in request.headers || 'if-modified-since' in request.headers,
      status: reply.status,
      bytes: reply.body.length,
    })
    response.writeHead(reply.status, listHeaderLines(reply))
    response.end(reply.body)
  }
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    take: () => {
      const requests = recorded
      recorded = []
      return requests
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function getHeaders({ rawHeaders }: IncomingMessage): (readonly [string, string])[] {
  return rawHeaders.flatMap((name, index) =>
    index % 2 === 0 && !HOP_BY_HOP.includes(name.toLowerCase())
      ? [[name, rawHeaders[index + 1] ?? ''] as const]
      : [],
  )
}

const listHeaderLines = (response: Exchange): string[] =>
  response.lines.filter(([name]) => !HOP_BY_HOP.includes(name)).flat()
