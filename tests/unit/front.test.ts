/** Which requests are passed on by the first worker behind the public socket. */
import { beforeEach, expect, it, vi } from 'vitest'

type Front = {
  fetch: (
    request: { headers: Headers; url: string; method: string },
    env: { NEXT: { fetch: () => Response } },
  ) => Promise<Response>
}

let front: Front
beforeEach(async () => {
  vi.resetModules()
  const file = '../../src/embedded/front.mjs'
  front = ((await import(file)) as { default: Front }).default
})

const poll = async (host: string | undefined): Promise<number> => {
  const headers = new Headers(host === undefined ? {} : { Host: host })
  const request = { headers, url: `http://${host ?? ''}/rss.xml`, method: 'GET' }
  return (await front.fetch(request, { NEXT: { fetch: () => new Response('next') } })).status
}

it.each(['', undefined])(
  'a new server refuses Host %o, even in its first request',
  async (host) => {
    expect(await poll(host)).toBe(400)
    expect(await poll('news.example')).toBe(200)
    expect(await poll(host)).toBe(400)
  },
)

it.each(['a,b', 'a b', 'a/b', '-:x', '[::1', 'a@b'])(
  'Host %s is refused each time',
  async (host) => {
    expect(await poll(host)).toBe(400)
    expect(await poll(host)).toBe(400)
  },
)

it.each(['news.example', 'news.example:8787', '[::1]:80', '127.0.0.1', 'a_b'])(
  'Host %s is passed on each time',
  async (host) => {
    expect(await poll(host)).toBe(200)
    expect(await poll(host)).toBe(200)
  },
)
