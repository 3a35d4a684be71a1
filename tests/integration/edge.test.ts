/**
 * Tests the embedded worker, which has no edge in front of it: headers that only an edge may set
 * have no effect, the limits count the right client, no reader's address is written to disk, and
 * requests that an edge would answer get the same response as from an edge.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONFIGURATION_FILE, ROOT } from '../../src/embedded/server.ts'
import { MAX_SLOTS } from '../../src/reader/client-slots.ts'
import { exchange } from '../support/exchange.ts'
import { manuscript, type Newsroom, openNewsroom } from '../support/newsroom.ts'

type Headers = Record<string, string>

/**
 * The shipped limit of unknown codes. The limiter counts per minute, and the requests of a test may
 * fall into two minutes, so the tests send more than twice as many.
 */
const CODE_LIMIT = 60
/**
 * The limit of unknown addresses and of new documents. It is smaller than the shipped one, because
 * a slow machine sends few requests within a minute.
 */
const MISS_LIMIT = 20

let folder: string
let configuration: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dateline-limits-'))
  configuration = join(folder, 'wrangler.toml')
  const shipped = readFileSync(CONFIGURATION_FILE, 'utf8')
  const text = shipped
    .replace('limit = 600', `limit = ${MISS_LIMIT}`)
    .replace(/"\.\/articles"/, JSON.stringify(join(ROOT, 'articles')))
    .replace(/"src\/worker\.ts"/, JSON.stringify(join(ROOT, 'src/worker.ts')))
  expect(text).toContain(`limit = ${MISS_LIMIT}`)
  writeFileSync(configuration, text)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const readStatus = async (
  newsroom: Newsroom,
  path: string,
  headers: Headers = {},
): Promise<number> => (await newsroom.get(path, { headers })).status

/** Returns the statuses of this many requests, `concurrency` at a time. */
async function readStatuses(
  newsroom: Newsroom,
  count: number,
  path: (index: number) => string,
  headers: (index: number) => Headers = () => ({}),
  concurrency = 8,
): Promise<number[]> {
  const statuses: number[] = []
  let next = 0
  const client = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++)
      statuses.push(await readStatus(newsroom, path(index), headers(index)))
  }
  await Promise.all(Array.from({ length: concurrency }, client))
  return statuses
}

const countStatus = (statuses: number[], status: number): number =>
  statuses.filter((each) => each === status).length

/** Returns everything that the server sends until it closes the connection. */
const sendRaw = (url: string, request: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
    socket.end(Buffer.from(request, 'latin1'))
  })

describe('without a proxy,', () => {
  let newsroom: Newsroom
  beforeAll(async () => {
    newsroom = await openNewsroom({ TRUSTED_PROXY: 'none' }, configuration)
    await newsroom.publish('known', manuscript({ code: 'known', tags: ['space'] }))
    await newsroom.waitForOutbox()
  })
  afterAll(async () => await newsroom.close())

  it.each<[string, Headers]>([
    ['another address', { 'MF-Original-URL': 'http://127.0.0.1/feed.json' }],
    ['another worker', { 'MF-Route-Override': 'nobody' }],
    ['a secret', { 'MF-Proxy-Shared-Secret': 'x' }],
    ['a broken request.cf', { 'MF-CF-Blob': '{' }],
    ['request.cf with a coding', { 'MF-CF-Blob': '{"clientAcceptEncoding":"br"}' }],
    ['request.cf by another name', { 'CF-Blob': '{"clientAcceptEncoding":"br"}' }],
    ['a proxy of the platform', { 'MF-Op': 'GET', 'MF-Op-Target': 'x', 'MF-Op-Secret': 'x' }],
    ['a request for plain errors', { 'MF-Disable-Pretty-Error': '1' }],
    ['a scheme and host', { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'news.example' }],
    ['an address', { 'CF-Connecting-IP': '%%%', 'X-Forwarded-For': '%%%', 'X-Real-IP': '' }],
  ])('%s in a header does not change the response', async (_, headers) => {
    for (const path of ['/rss.xml', '/', '/articles/known', '/known', '/nobody9']) {
      const request = async (more: Headers) => {
        const response = await newsroom.get(path, { headers: more })
        const lines = [...response.headers].filter(([name]) => name !== 'date')
        return { status: response.status, lines, text: await response.text() }
      }
      expect(await request(headers), path).toEqual(await request({}))
    }
  })

  it('addresses under /cdn-cgi/ do not exist', async () => {
    for (const path of [
      '/cdn-cgi/platform-proxy',
      '/cdn-cgi/mf/reload',
      '/cdn-cgi/handler/scheduled',
    ])
      expect(await readStatus(newsroom, path, { 'MF-Op': 'GET' }), path).toBe(404)
  })

  it('the client is the other end of the connection, whatever the headers contain', async () => {
    const statuses = await readStatuses(
      newsroom,
      2 * CODE_LIMIT + 5,
      (index) => `/x${index}`,
      (index) => ({
        'CF-Connecting-IP': `192.0.2.${index}`,
        'X-Forwarded-For': `192.0.2.${index}`,
        'X-Real-IP': `192.0.2.${index}`,
        'True-Client-IP': `192.0.2.${index}`,
        Forwarded: `for=192.0.2.${index}`,
        'MF-CF-Blob': `{"clientIp":"192.0.2.${index}:1"}`,
      }),
    )
    expect(countStatus(statuses, 429)).toBeGreaterThan(0)
    expect(countStatus(statuses, 404)).toBeGreaterThan(CODE_LIMIT / 2)
  })

  it('unknown addresses do not use up the limit of existing documents', async () => {
    const statuses = await readStatuses(
      newsroom,
      10 * MISS_LIMIT,
      (index) => `/tags/nobody-${index}/rss.xml`,
    )
    expect(countStatus(statuses, 429)).toBeGreaterThan(0)
    expect(countStatus(statuses, 404)).toBeGreaterThanOrEqual(MISS_LIMIT)
    for (const file of ['rss.xml', 'atom.xml', 'feed.json', ''])
      expect(await readStatus(newsroom, `/tags/space/${file}`.replace(/\/$/, '')), file).toBe(200)
    // A client over its limit may have this many requests running. Further ones wait, and if too
    // many wait, the next ones are 429.
    const path = (index: number): string =>
      index % 4 === 0
        ? `/places/islamabad/${['rss.xml', 'atom.xml', 'feed.json'][index % 3]}`
        : `/tags/more-${index}`
    const mixed = await readStatuses(newsroom, 40, path, undefined, MAX_SLOTS.overLimit)
    expect(countStatus(mixed, 200), mixed.join(' ')).toBe(10)
  })
})

describe('documents that nobody has requested before', () => {
  let newsroom: Newsroom
  beforeAll(async () => {
    newsroom = await openNewsroom({ TRUSTED_PROXY: 'none' }, configuration)
  })
  afterAll(async () => await newsroom.close())

  it('have a limit of their own, separate from the limit of unknown addresses', async () => {
    const tags = Array.from({ length: 30 }, (_, index) => `tag-${index}`)
    const lines = tags.map((tag, index) =>
      JSON.stringify({ id: `a-${index}`, title: 'A', html: '<p>x</p>', tags: [tag] }),
    )
    const sent = await newsroom.api('/api/articles', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: lines.join('\n'),
    })
    expect(sent.status).toBe(200)
    const files = ['rss.xml', 'atom.xml', 'feed.json']
    const statuses = await readStatuses(
      newsroom,
      tags.length * files.length,
      (index) => `/tags/tag-${Math.floor(index / 3)}/${files[index % 3]}`,
    )
    expect(countStatus(statuses, 200)).toBeGreaterThanOrEqual(MISS_LIMIT)
    expect(countStatus(statuses, 429)).toBeGreaterThan(0)
    expect(await readStatus(newsroom, '/tags/nobody/rss.xml')).toBe(404)
    // This document was requested before, so it is in KV, where no limit applies.
    expect(await readStatus(newsroom, '/tags/tag-0/rss.xml')).toBe(200)
  })
})

describe('behind a configured proxy,', () => {
  let newsroom: Newsroom
  beforeAll(async () => {
    newsroom = await openNewsroom({ TRUSTED_PROXY: 'X-Forwarded-For' })
  })
  afterAll(async () => await newsroom.close())

  it('the client is the address that the proxy appended, not one that the client sent', async () => {
    const same = await readStatuses(
      newsroom,
      2 * CODE_LIMIT + 5,
      (index) => `/x${index}`,
      (index) => ({
        'X-Forwarded-For': `198.51.100.${index}, 203.0.113.77`,
        'CF-Connecting-IP': `198.51.100.${index}`,
      }),
    )
    expect(countStatus(same, 429)).toBeGreaterThan(0)
    const others = await readStatuses(
      newsroom,
      2 * CODE_LIMIT + 5,
      (index) => `/y${index}`,
      (index) => ({ 'X-Forwarded-For': `203.0.113.77, 198.51.100.${index}` }),
    )
    expect(new Set(others)).toEqual(new Set([404]))
  })

  it('no address of a reader is written to disk', async () => {
    const address = '203.0.113.99'
    const network = '2001:db8:aaaa:bbbb'
    for (const client of [address, `${network}::1`])
      for (const path of ['/zz1', '/tags/zz1/rss.xml', '/rss.xml', '/sections/zz1', '/healthz'])
        await readStatus(newsroom, `${path}?${client.length}`, { 'X-Forwarded-For': client })
    const files = readdirSync(newsroom.stateFolder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
    expect(files.length).toBeGreaterThan(3)
    for (const file of files)
      for (const text of [address, network, '203.0.113.77'])
        expect(readFileSync(file).includes(text), `${file} contains ${text}`).toBe(false)
  })

  it('addresses that an earlier version stored are deleted at the next start', async () => {
    const old = join(newsroom.stateFolder, 'ratelimit/old.sqlite')
    writeFileSync(old, '203.0.113.99')
    await newsroom.restart()
    expect(existsSync(old)).toBe(false)
    expect(await readStatus(newsroom, '/rss.xml')).toBe(200)
  })
})

describe('without an edge,', () => {
  let newsroom: Newsroom
  beforeAll(async () => {
    newsroom = await openNewsroom()
  })
  afterAll(async () => await newsroom.close())

  it.each([
    ['two Host lines', 'Host: one.example\r\nHost: two.example'],
    ['the same Host twice', 'Host: one.example\r\nHost: one.example'],
    ['an empty Host after another', 'Host: one.example\r\nHost: '],
    ['no Host', 'Accept: */*'],
    ['an empty Host', 'Host: '],
    ['a space', 'Host: one example'],
    ['a list', 'Host: one.example,two.example'],
    ['a path', 'Host: one.example/path'],
    ['a query', 'Host: one.example?x'],
    ['a fragment', 'Host: one.example#x'],
    ['a user', 'Host: user@one.example'],
    ['a scheme', 'Host: http://one.example'],
    ['an invalid port number', 'Host: one.example:99999'],
    ['a port in letters', 'Host: one.example:http'],
    ['an incomplete IPv6 address', 'Host: ['],
    ['an invalid address', 'Host: [::g]'],
    ['IPv6 without brackets', 'Host: ::1'],
    ['a backslash', 'Host: one.example\\x'],
    ['angle brackets', 'Host: <script>'],
    ['a byte that is not ASCII', 'Host: caf\xe9.example'],
    ['a percent sign', 'Host: %'],
    ['an equals sign', 'Host: Z='],
    ['an exclamation mark', 'Host: a!b.example'],
    ['a tilde', 'Host: ~a'],
    ['a percent-encoded name', 'Host: %61.example'],
  ])('an invalid Host is 400 (RFC 9112 section 3.2): %s', async (_, host) => {
    for (const path of ['/rss.xml', '/media/x.png', '/api/articles', '/no/such'])
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE']) {
        const response = await sendRaw(
          newsroom.url,
          `${method} ${path} HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`,
        )
        expect(response, `${method} ${path}`).toMatch(/^HTTP\/1\.1 400 /)
      }
  })

  it.each([
    'one.example',
    'one.example:8080',
    'one.example:',
    'ONE.example',
    'localhost',
    '192.0.2.1:80',
    '[2001:db8::1]',
    '[2001:db8::1]:8080',
    'a_b.example',
    'one.example.',
  ])('Host %s is accepted', async (host) => {
    const response = await exchange(newsroom.url, { path: '/rss.xml', headers: [['Host', host]] })
    expect(response.status).toBe(200)
  })

  it('the response to an invalid Host explains what is wrong, as problem+json with a date', async () => {
    const response = await exchange(newsroom.url, { path: '/', headers: [['Host', 'a b']] })
    expect(response.header('Content-Type')).toBe('application/problem+json')
    expect(response.header('Cache-Control')).toBe('no-store')
    expect(Date.parse(response.header('Date') ?? '')).toBeGreaterThan(0)
    expect(JSON.parse(response.text)).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: 'Cannot read the request: Host is not the name of one host',
    })
  })

  it('OPTIONS * lists the methods of the server, and * with any other method is 400 (RFC 9110 section 9.3.7)', async () => {
    const request = (method: string) =>
      sendRaw(
        newsroom.url,
        `${method} * HTTP/1.1\r\nHost: one.example\r\nConnection: close\r\n\r\n`,
      )
    const response = await request('OPTIONS')
    expect(response).toMatch(/^HTTP\/1\.1 204 /)
    expect(response).toMatch(/\r\nAllow: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n/)
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE'])
      expect(await request(method), method).toMatch(/^HTTP\/1\.1 400 /)
  })
})
