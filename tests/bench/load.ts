/**
 * Sends requests over several open connections, one at a time on each, until a number of requests
 * or a time is reached. It uses plain sockets, because a client library would need more CPU time
 * than the measured server.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { ResponseReader } from './framing.ts'

export type Request = { path: string; headers?: Record<string, string> }
/** Every response must have this status. Any other status ends the measurement. */
export type Load = Request & { origin: string; status: number }

export type Bounds = {
  connections: number
  seconds: number
  requests: number
  /**
   * The number of requests per second on all connections together. Without it, requests are sent as
   * fast as the server responds.
   */
  perSecond?: number
}

export type Sample = {
  requests: number
  seconds: number
  /** The milliseconds that each request took. */
  latencies: number[]
  /** The number of bytes of the last body, and of the head before it. */
  bodyBytes: number
  headBytes: number
}

/** A request, and the check of its response. */
export type Exchange = { request: Buffer; check: (reader: ResponseReader) => void }

/** Repeats one request. Rejects at the first unexpected response. */
export async function runLoad(load: Load, bounds: Bounds): Promise<Sample> {
  const exchange: Exchange = {
    request: formatRequest(load.origin, load),
    check: ({ status }) => {
      if (status !== load.status)
        throw new Error(`GET ${load.path}: ${status} instead of ${load.status}`)
    },
  }
  return await runExchanges(load.origin, () => exchange, bounds)
}

/** Sends the requests that `next` returns. Rejects if a check throws or a connection breaks. */
export async function runExchanges(
  origin: string,
  next: () => Exchange,
  { connections, seconds, requests, perSecond }: Bounds,
): Promise<Sample> {
  const { hostname: host, port } = new URL(origin)
  const sockets = Array.from({ length: connections }, () =>
    connect({ host, port: Number(port), noDelay: true }),
  )
  const latencies: number[] = []
  let last = { bodyBytes: 0, headBytes: 0 }
  try {
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    const began = performance.now()
    const end = began + seconds * 1000
    let started = 0
    const send = async (socket: Socket): Promise<void> => {
      const reader = new ResponseReader()
      while (started < requests && performance.now() < end) {
        started += 1
        const { request, check } = next()
        const sentAt = performance.now()
        await sendAndRead(socket, request, reader)
        const receivedAt = performance.now()
        latencies.push(receivedAt - sentAt)
        last = { bodyBytes: reader.length, headBytes: reader.headLength }
        check(reader)
        if (perSecond !== undefined)
          await pause(Math.min(sentAt + (connections / perSecond) * 1000, end) - receivedAt)
      }
    }
    await Promise.all(sockets.map(send))
    const elapsedSeconds = (performance.now() - began) / 1000
    return { requests: latencies.length, seconds: elapsedSeconds, latencies, ...last }
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}

/** Returns the bytes of a GET request. */
export function formatRequest(origin: string, { path, headers = {} }: Request): Buffer {
  const lines = Object.entries({ Host: new URL(origin).host, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
}

/**
 * Sends a request and reads its response to the end. Afterwards `reader` has the properties of the
 * response.
 */
function sendAndRead(socket: Socket, request: Buffer, reader: ResponseReader): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (cause?: unknown): void => {
      socket.off('data', handleData).off('error', finish).off('close', failClosed)
      if (cause === undefined) resolve()
      else reject(cause)
    }
    const failClosed = (): void =>
      finish(new Error('The connection was closed before the response was complete'))
    const handleData = (data: Buffer): void => {
      try {
        if (reader.push(data)) finish()
      } catch (cause) {
        finish(cause)
      }
    }
    socket.on('data', handleData).on('error', finish).on('close', failClosed)
    socket.write(request)
  })
}
