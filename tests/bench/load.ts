/**
 * Asks for one thing over and over: some connections that are kept open, one request under way on each, no longer
 * than so many requests and so many seconds. Bare sockets, because a client library would cost more than what it measures.
 */
import { connect, type Socket } from 'node:net'
import { ResponseReader } from './framing.ts'

export type Load = {
  origin: string
  path: string
  headers?: Record<string, string>
  /** The one status that is right; any other ends the measurement. */
  status: number
}

export type Bounds = { connections: number; seconds: number; requests: number }

export type Sample = {
  requests: number
  seconds: number
  /** Milliseconds, one for each request. */
  latencies: number[]
  /** Of the last body, and of the head before it. */
  bodyBytes: number
  headBytes: number
  /** CPU seconds of this process meanwhile: near to `seconds`, the client was what was measured. */
  clientSeconds: number
}

/** Runs it. Rejects at the first answer that is not the expected one. */
export async function runLoad(load: Load, bounds: Bounds): Promise<Sample> {
  const sockets = await Promise.all(
    Array.from({ length: bounds.connections }, () => openConnection(load.origin)),
  )
  const request = requestOf(load)
  const latencies: number[] = []
  const cpuBefore = process.cpuUsage()
  const began = performance.now()
  const end = began + bounds.seconds * 1000
  let started = 0
  let bodyBytes = 0
  let headBytes = 0
  const ask = async (socket: Socket): Promise<void> => {
    const reader = new ResponseReader()
    while (started < bounds.requests && performance.now() < end) {
      started += 1
      const asked = performance.now()
      await answerTo(socket, request, reader)
      latencies.push(performance.now() - asked)
      bodyBytes = reader.length
      headBytes = reader.headLength
      if (reader.status !== load.status)
        throw new Error(`GET ${load.path}: ${reader.status} instead of ${load.status}`)
    }
  }
  try {
    await Promise.all(sockets.map(ask))
  } finally {
    for (const socket of sockets) socket.destroy()
  }
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    requests: latencies.length,
    seconds: (performance.now() - began) / 1000,
    latencies,
    bodyBytes,
    headBytes,
    clientSeconds: (user + system) / 1_000_000,
  }
}

/** A socket that is kept open. */
export async function openConnection(origin: string): Promise<Socket> {
  const { hostname, port } = new URL(origin)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  await new Promise<void>((opened, failed) => {
    socket.once('connect', opened)
    socket.once('error', failed)
  })
  socket.removeAllListeners('error')
  return socket
}

/** The bytes of a GET. */
export function requestOf({ origin, path, headers = {} }: Omit<Load, 'status'>): Buffer {
  const lines = Object.entries({ Host: new URL(origin).host, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
}

/**
 * Sends a request and reads its answer to the end; `reader` then knows what came. Rejects when the
 * connection breaks.
 */
export function answerTo(socket: Socket, request: Buffer, reader: ResponseReader): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (cause?: Error): void => {
      socket.off('data', take).off('error', settle).off('close', closed)
      if (cause) reject(cause)
      else resolve()
    }
    const closed = (): void =>
      settle(new Error('The connection was closed before the answer was whole'))
    const take = (data: Buffer): void => {
      try {
        if (reader.push(data)) settle()
      } catch (cause) {
        settle(cause instanceof Error ? cause : new Error(String(cause)))
      }
    }
    socket.on('data', take).on('error', settle).on('close', closed)
    socket.write(request)
  })
}
