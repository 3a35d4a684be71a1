/**
 * Sends 2,000 hostile requests, generated from a fixed seed, over raw sockets, because HTTP clients
 * cannot send most of them. They must cause no 5xx, no hang, and no change for readers and editors.
 */
import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manuscript, type Newsroom, openNewsroom, TOKEN } from '../support/newsroom.ts'
import { randomFrom } from '../support/random.ts'

const REQUESTS = 2000
const CONCURRENCY = 20
const TIMEOUT_MS = 30_000
const SEED = 20_261_123

type Hostile = { what: string; bytes: Buffer }
type RawResponse = { status: number | 'closed' | 'hung'; head: string }

/** Chooses numbers, items, bytes and characters at random; the same ones for the same seed. */
function createRandom(seed: number) {
  const next = randomFrom(seed)
  const pickBelow = (end: number): number => Math.floor(next() * end)
  return {
    below: pickBelow,
    pick: <T>(items: readonly [T, ...T[]]): T => items[pickBelow(items.length)] ?? items[0],
    bytes: (length: number): Buffer => Buffer.from(Array.from({ length }, () => pickBelow(256))),
    printable: (length: number): string =>
      String.fromCharCode(...Array.from({ length }, () => 33 + pickBelow(94))),
  }
}
type RandomSource = ReturnType<typeof createRandom>

/** Builds a request. Header values are written byte for byte. */
function request(
  method: string,
  target: string | Buffer,
  headers: Record<string, string> = {},
  body: Buffer | string = '',
): Buffer {
  const content = Buffer.from(body)
  const all = { Host: '127.0.0.1', Connection: 'close', ...headers }
  const length =
    content.length > 0 && !('Transfer-Encoding' in all) && !('Content-Length' in all)
      ? [`Content-Length: ${content.length}`]
      : []
  const lines = [...Object.entries(all).map(([name, value]) => `${name}: ${value}`), ...length]
  return Buffer.concat([
    Buffer.from(`${method} `, 'latin1'),
    Buffer.from(target),
    Buffer.from(` HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1'),
    content,
  ])
}

const AUTHORISED = { Authorization: `Bearer ${TOKEN}` }
const JSON_TYPE = { ...AUTHORISED, 'Content-Type': 'application/json' }
const MARKDOWN_TYPE = { ...AUTHORISED, 'Content-Type': 'text/markdown' }
const nest = (depth: number, open: string, close: string): string =>
  `${open.repeat(depth)}1${close.repeat(depth)}`

const PATH_TRICKS = [
  '/%00',
  '/mheng%00',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/..%2f..%2fetc%2fpasswd',
  '/../../etc/passwd',
  '//evil.example/mheng',
  '///',
  '/\\evil.example',
  '/%5cevil.example',
  '/%c0%ae%c0%ae/',
  '/%c0%af',
  '/%e0%80%af',
  '/%f8%80%80%80%af',
  '/%ff%fe',
  '/%ED%A0%80',
  '/%',
  '/%2',
  '/%zz',
  '/tags/%00/rss.xml',
  '/tags/%2e%2e/rss.xml',
  '/tags/../../rss.xml',
  '/tags/%E2%80%AE/rss.xml',
  '/tags/%252e/rss.xml',
  '/tags//rss.xml',
  '/sections/%F0%9F%A6%84/feed.json',
  '/languages/%20/atom.xml',
  '/articles/..%2fsecret',
  '/articles/.json',
  '/articles/%2e.json',
  '/api/articles/../../x',
  '/api/articles/%2e%2e',
  '/api/articles/%ff',
  '/api/articles?after=%ff',
  '/api/articles?after=1.a&after=2.b',
  '/api/articles?after[]=1',
  '/media/../wrangler.toml',
  '/media/%2e%2e/%2e%2e/wrangler.toml',
  '/media/..%2f..%2fpackage.json',
  '/2025-03-04-china-pakistan-space-cooperation.md%00',
  '/problems/constructor',
  '/problems/__proto__',
  '/__proto__',
  '/constructor',
  '/toString',
  '/rss.xml/',
  '/RSS.XML',
  '/rss.xml;jsessionid=1',
  '/feed.json?%00=%ff',
  '/*',
  '/?',
  '/#fragment',
] as const

const BAD_MANUSCRIPTS = [
  '',
  'null',
  'true',
  '0',
  '"text"',
  '[]',
  '[{}]',
  '{',
  '{"title":',
  '{"title":1,"body":2}',
  '{"title":"a","title":"b"}',
  '{"title":{},"body":[]}',
  '{"title":"t"}',
  '{"body":"b"}',
  '{"title":"t","body":"b","tags":{"x":1}}',
  '{"title":"t","body":"b","tags":[[]]}',
  '{"title":"t","body":"b","image":[]}',
  '{"title":"t","body":"b","image":{"url":"javascript:alert(1)","alt":"x"}}',
  '{"title":"t","body":"b","published":"yesterday"}',
  '{"title":"t","body":"b","published":1e400}',
  '{"title":"t","body":"b","published":"+275760-09-13T00:00:00Z"}',
  '{"title":"t","body":"b","language":"--"}',
  '{"title":"t","body":"b","canonical":"http://127.0.0.1:22/"}',
  '{"title":"t","body":"b","code":"../x"}',
  '{"title":"t","body":"b","code":"api"}',
  '{"title":"t","body":"b","authors":[{"name":"a","url":"file:///etc/passwd"}]}',
  '{"title":"\\ud800","body":"b"}',
  '{"title":"\\u0000","body":"b"}',
  '{"title":"\\u202eevil","body":"b"}',
  '{"title":"t","body":"\\u0000"}',
  '{"__proto__":{"admin":true},"title":"t","body":"b"}',
  '{"constructor":{"prototype":{}},"title":"t","body":"b"}',
  '{"title":"t","body":"b","id":"another"}',
  '{"title":"t","body":"b","html":"c"}',
  '{"title":"t","html":"<script>1</script>"}',
] as const

const BAD_FRONT_MATTER = [
  '',
  '---',
  '---\n---\n',
  '---\ntitle\n---\nx',
  '---\ntitle: [\n---\nx',
  '---\n? a\n: b\n---\nx',
  '---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\ntitle: *c\n---\nx',
  '---\ntitle: !!js/function "function(){}"\n---\nx',
  '---\ntitle: !!binary "AAAA"\n---\nx',
  '---\n<<: {title: x}\n---\nx',
  '---\ntitle: x\ntitle: y\n---\nx',
  '---\ntitle: .inf\n---\nx',
  '---\n__proto__: {x: 1}\n---\nx',
  '---\ntitle: "\\uD800"\n---\nx',
  '---\n%YAML 9.9\n---\nx',
  '---\n\ttitle: x\n---\nx',
] as const

const METHODS = [
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'PURGE',
  'get',
  'X',
  'BREW',
] as const
const READ_PATHS = [
  '/',
  '/rss.xml',
  '/feed.json',
  '/mheng',
  '/articles/first',
  '/tags/space',
  '/healthz',
] as const

const TUNNEL = Buffer.from('CONNECT ')

/**
 * Returns whether the response is from the runtime instead of our program: 501 for an unknown
 * method (RFC 9110 section 15.6.2), and 500 for a tunnel, which Cloudflare's edge refuses. Every
 * response of our program has nosniff.
 */
function isRuntimesOwn({ bytes }: Hostile, { status, head }: RawResponse): boolean {
  if (/x-content-type-options/i.test(head)) return false
  if (status === 501) return head.includes('ERROR: Unrecognized request method.')
  return status === 500 && bytes.subarray(0, 8).equals(TUNNEL)
}

/** Each row is one kind of hostile request. No request with a token is a valid change. */
const KINDS: readonly [string, (random: RandomSource) => Buffer][] = [
  ['random bytes', ({ bytes, below }) => bytes(1 + below(400))],
  [
    'random bytes after a request line',
    ({ bytes, below }) =>
      Buffer.concat([
        Buffer.from('GET /rss.xml HTTP/1.1\r\n'),
        bytes(1 + below(200)),
        Buffer.from('\r\n\r\n'),
      ]),
  ],
  [
    'a path trick',
    ({ pick }) => request(pick(['GET', 'HEAD', 'GET', 'OPTIONS']), pick(PATH_TRICKS)),
  ],
  [
    'a path trick with a token',
    ({ pick }) =>
      request(pick(['GET', 'PUT', 'DELETE']), `/api/articles${pick(PATH_TRICKS)}`, JSON_TYPE, '{}'),
  ],
  [
    'random bytes as a path',
    ({ bytes, below }) =>
      request(
        'GET',
        Buffer.concat([
          Buffer.from('/'),
          Buffer.from(bytes(1 + below(60)).filter((byte) => byte > 32)),
        ]),
      ),
  ],
  ['a random path', ({ printable, below }) => request('GET', `/${printable(1 + below(80))}`)],
  [
    'percent-encoded noise',
    ({ bytes, below, pick }) =>
      request(
        'GET',
        pick(['/', '/tags/', '/articles/', '/sections/']) +
          [...bytes(1 + below(60))]
            .map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
            .join('') +
          pick(['', '/rss.xml', '/']),
      ),
  ],
  [
    'a very long address',
    ({ pick, below }) =>
      request(
        'GET',
        `/${pick(['', 'tags/', 'articles/', 'rss.xml?'])}${'a'.repeat(1000 + below(20_000))}`,
      ),
  ],
  [
    'huge headers',
    ({ printable, below, pick }) =>
      request('GET', pick(READ_PATHS), { [`X-${below(1000)}`]: printable(500 + below(30_000)) }),
  ],
  [
    'many headers',
    ({ below, printable, pick }) =>
      request(
        'GET',
        pick(READ_PATHS),
        Object.fromEntries(
          Array.from({ length: 20 + below(200) }, (_, index) => [`X-${index}`, printable(20)]),
        ),
      ),
  ],
  [
    'a hostile conditional',
    ({ pick, printable, below }) =>
      request('GET', pick(READ_PATHS), {
        [pick([
          'If-None-Match',
          'If-Match',
          'If-Modified-Since',
          'If-Unmodified-Since',
          'If-Range',
          'Range',
        ])]: pick([
          '"',
          'W/',
          '""',
          '*, *',
          `"${'a,'.repeat(below(3000))}"`,
          'bytes=0-0,-1,9999999999999-',
          'Thu, 99 Foo 9999 99:99:99 GMT',
          printable(1 + below(200)),
        ]),
      }),
  ],
  [
    'a hostile Accept',
    ({ pick, below, printable }) =>
      request('GET', pick(['/feed', '/nothing', '/mheng', '/']), {
        Accept: pick([
          '',
          ';;;',
          '*/*;q=1e999',
          'text/html;q=-1',
          `${'text/html,'.repeat(below(2000))}x`,
          printable(1 + below(300)),
        ]),
      }),
  ],
  [
    'a hostile Host',
    ({ pick }) =>
      request('GET', pick(READ_PATHS), {
        Host: pick(['', 'evil.example', '127.0.0.1:1', 'EVIL.example.', `${'a'.repeat(3000)}`]),
      }),
  ],
  [
    'a Host that is not a host',
    ({ pick, printable, below }) =>
      request('GET', pick(READ_PATHS), {
        Host: pick(['a b', '[::1', 'x:99999', printable(1 + below(30))]),
      }),
  ],
  ['an odd method', ({ pick }) => request(pick(METHODS), pick(READ_PATHS), {}, pick(['', 'x=1']))],
  [
    'an unusual method with a token',
    ({ pick }) =>
      request(
        pick(['POST', 'PATCH', 'X', 'BREW']),
        pick(['/api/articles/first', '/api/articles', '/api/outbox', '/api/nothing']),
        JSON_TYPE,
        pick(['', '{}']),
      ),
  ],
  [
    'a wrong token',
    ({ pick, printable, bytes }) =>
      request(
        pick(['PUT', 'DELETE', 'GET', 'POST']),
        pick(['/api/articles/first', '/api/rebuild', '/api/articles']),
        {
          'Content-Type': 'application/json',
          Authorization: pick([
            '',
            'Bearer',
            'Bearer ',
            `Bearer ${TOKEN}x`,
            `Bearer ${TOKEN.slice(1)}`,
            `Basic ${TOKEN}`,
            `bearer${TOKEN}`,
            `Bearer ${TOKEN} ${TOKEN}`,
            `Bearer ${printable(5000)}`,
            `Bearer ${bytes(40)
              .toString('latin1')
              .replace(/[\r\n\0]/g, 'x')}`,
          ]),
        },
        '{"title":"Stolen","body":"x"}',
      ),
  ],
  [
    'no token',
    ({ pick }) =>
      request(
        pick(['PUT', 'DELETE', 'POST']),
        `/api/articles/first?token=${TOKEN}`,
        { 'Content-Type': 'application/json' },
        '{"title":"Stolen","body":"x"}',
      ),
  ],
  [
    'a bad manuscript',
    ({ pick }) => request('PUT', '/api/articles/first', JSON_TYPE, pick(BAD_MANUSCRIPTS)),
  ],
  [
    'bad front matter',
    ({ pick }) => request('PUT', '/api/articles/first', MARKDOWN_TYPE, pick(BAD_FRONT_MATTER)),
  ],
  [
    'random bytes as a manuscript',
    ({ bytes, below, pick }) =>
      request(
        'PUT',
        '/api/articles/first',
        pick([JSON_TYPE, MARKDOWN_TYPE]),
        bytes(1 + below(3000)),
      ),
  ],
  [
    'broken UTF-8 in a manuscript',
    ({ bytes, pick }) => {
      const broken = Buffer.concat([Buffer.from([0xc3, 0x28, 0xff, 0xed, 0xa0, 0x80]), bytes(8)])
      return request(
        'PUT',
        '/api/articles/first',
        pick([JSON_TYPE, MARKDOWN_TYPE]),
        Buffer.concat([Buffer.from('{"title":"'), broken, Buffer.from('","body":"x"}')]),
      )
    },
  ],
  [
    'deep JSON',
    ({ below, pick }) =>
      request(
        'PUT',
        '/api/articles/first',
        JSON_TYPE,
        pick([
          nest(1000 + below(100_000), '[', ']'),
          nest(1000 + below(50_000), '{"a":', '}'),
          `{"title":"t","body":"b","tags":${nest(10_000, '[', ']')}}`,
        ]),
      ),
  ],
  [
    'deep YAML',
    ({ below, pick }) => {
      const depth = 20 + below(20_000)
      const front = pick([
        `title: ${nest(depth, '[', ']')}`,
        `title: ${nest(depth, '{a: ', '}')}`,
        '- '.repeat(depth),
        '? '.repeat(depth),
        Array.from({ length: 300 }, (_, level) => `${' '.repeat(level)}a:`).join('\n'),
      ])
      return request('PUT', '/api/articles/first', MARKDOWN_TYPE, `---\n${front}\n---\nx`)
    },
  ],
  [
    'a wrong media type',
    ({ pick, printable }) =>
      request(
        'PUT',
        '/api/articles/first',
        {
          ...AUTHORISED,
          'Content-Type': pick([
            '',
            'text/html',
            'application/xml',
            'application/json; charset=utf-16',
            'multipart/form-data; boundary=x',
            printable(300),
            ';',
            'text/markdown; charset=',
          ]),
        },
        pick(['{"title":"t"}', '']),
      ),
  ],
  [
    'a hostile id',
    ({ printable, below, pick }) =>
      request(
        pick(['PUT', 'DELETE', 'GET']),
        `/api/articles/${encodeURIComponent(pick(['..', '.', '-', 'A', 'é', '🦄', 'a'.repeat(97 + below(3000)), `${printable(1 + below(40))}!`]))}`,
        JSON_TYPE,
        '{"title":"t","body":"b"}',
      ),
  ],
  [
    'a hostile withdrawal',
    ({ pick, below }) =>
      request(
        'DELETE',
        '/api/articles/first',
        JSON_TYPE,
        pick([
          '[',
          '[]',
          '1',
          '{"reason":1}',
          '{"reasons":"x"}',
          `{"reason":"${'x'.repeat(5000)}"}`,
          nest(1000 + below(1000), '[', ']'),
        ]),
      ),
  ],
  [
    'an unmet condition',
    ({ pick, printable }) =>
      request(
        'PUT',
        '/api/articles/first',
        {
          ...JSON_TYPE,
          'If-Match': pick([
            '"999"',
            'W/"1"',
            '""',
            'nonsense',
            `"${printable(300).replaceAll('"', '')}"`,
          ]),
        },
        '{"title":"Never","body":"x"}',
      ),
  ],
  [
    'an invalid length',
    ({ pick }) =>
      request(
        'PUT',
        '/api/articles/first',
        {
          ...JSON_TYPE,
          'Content-Length': pick(['-1', '99999999999999999999', 'x', '1e3', '0x10']),
        },
        '{}',
      ),
  ],
  [
    'a broken chunk',
    ({ pick }) =>
      request(
        'PUT',
        '/api/articles/first',
        { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' },
        pick([
          'zz\r\n{}\r\n0\r\n\r\n',
          'ffffffffffffffff\r\n{}\r\n',
          '-1\r\n\r\n',
          '2;x=y\r\n{}\r\n0\r\n\r\n',
        ]),
      ),
  ],
  [
    'two lengths',
    ({ pick }) =>
      Buffer.from(
        `PUT /api/articles/first HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 2\r\n${pick(['Content-Length: 30', 'Transfer-Encoding: chunked'])}\r\n\r\n{}GET /smuggled HTTP/1.1\r\n\r\n`,
      ),
  ],
]
/** These requests are expensive, so only some of them are sent. */
const HUGE: readonly [string, (random: RandomSource) => Buffer][] = [
  [
    'a huge body',
    ({ below, pick }) => {
      const length = 2_000_000 + below(3_000_000)
      return request(
        'PUT',
        '/api/articles/first',
        pick([JSON_TYPE, MARKDOWN_TYPE]),
        Buffer.alloc(length, 'a'),
      )
    },
  ],
  [
    'a huge body in chunks',
    ({ below }) => {
      const size = 2_000_000 + below(2_000_000)
      const chunks = Buffer.concat([
        Buffer.from(`${size.toString(16)}\r\n`),
        Buffer.alloc(size, 'b'),
        Buffer.from('\r\n0\r\n\r\n'),
      ])
      return request(
        'PUT',
        '/api/articles/first',
        { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' },
        chunks,
      )
    },
  ],
  [
    'a manuscript one byte too large',
    () =>
      request(
        'PUT',
        '/api/articles/first',
        JSON_TYPE,
        JSON.stringify({ title: 't', body: 'x'.repeat(256 * 1024 + 1) }),
      ),
  ],
  [
    'a body that is only announced as huge',
    () =>
      request('PUT', '/api/articles/first', {
        ...JSON_TYPE,
        'Content-Length': '4000000000',
        Expect: '100-continue',
      }),
  ],
]

function hostileRequests(): Hostile[] {
  const random = createRandom(SEED)
  return Array.from({ length: REQUESTS }, (_, index) => {
    const table = index % 50 === 0 ? HUGE : KINDS
    const [kind, make] = table[(table === HUGE ? index / 50 : index) % table.length] ??
      KINDS[0] ?? ['', () => Buffer.alloc(0)]
    return { what: `request ${index}: ${kind}`, bytes: make(random) }
  })
}

/**
 * Sends the bytes and closes the sending side. Resolves with the status of the response, or whether
 * the server closed the connection or sent nothing.
 */
function send(port: number, { bytes }: Hostile): Promise<RawResponse> {
  return new Promise((resolve) => {
    let received = ''
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const end = (outcome?: 'hung'): void => {
      const status = /^HTTP\/1\.\d (\d{3})/.exec(received)?.[1]
      resolve({
        status: outcome ?? (status ? Number(status) : 'closed'),
        head: received.slice(0, 300),
      })
      socket.destroy()
    }
    socket.setTimeout(TIMEOUT_MS, () => end('hung'))
    socket.on('data', (chunk) => {
      if (received.length < 10_000) received += chunk.toString('latin1')
    })
    socket.on('end', () => end())
    // The server may close the connection while the bytes are sent. A response that came before is
    // still used.
    socket.on('error', () => end())
    socket.on('close', () => end())
    socket.write(bytes, () => socket.end())
  })
}

describe('2,000 hostile requests', () => {
  let newsroom: Newsroom
  beforeAll(async () => {
    newsroom = await openNewsroom()
    await newsroom.publish('first', manuscript({ code: 'mheng' }))
    await newsroom.publish('second', manuscript({ title: 'Second & <last>', tags: ['c++'] }))
    for (const path of PATHS) await newsroom.get(path)
    await newsroom.waitForOutbox()
  })
  afterAll(async () => await newsroom.close())

  const PATHS = [
    '/rss.xml',
    '/atom.xml',
    '/feed.json',
    '/',
    '/articles/first',
    '/articles/first.json',
    '/tags/space/rss.xml',
    '/sections/pakistan/atom.xml',
  ]
  const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

  /** Returns digests of everything that readers and editors can see. */
  async function digestAll(): Promise<Record<string, string>> {
    const digests: Record<string, string> = {}
    for (const path of PATHS) {
      const response = await newsroom.get(path)
      digests[path] =
        `${response.status} ${response.headers.get('ETag')} ${digest(await response.text())}`
    }
    const link = await newsroom.get('/mheng')
    digests['/mheng'] = `${link.status} ${link.headers.get('Location')}`
    for (const path of [
      '/api/articles',
      '/api/articles/first',
      '/api/articles/second',
      '/api/outbox',
    ])
      digests[path] = await (await newsroom.api(path)).text()
    return digests
  }

  it('cause neither a 5xx nor a hanging connection, and change nothing for readers and editors', async () => {
    const before = await digestAll()
    const requests = hostileRequests()
    const port = Number(new URL(newsroom.url).port)
    const faults: string[] = []
    const statuses = new Map<RawResponse['status'], number>()
    const queue = [...requests]
    const runAttacker = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const response = await send(port, next)
        const { status, head } = response
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        const wrong = status === 'hung' || (typeof status === 'number' && status >= 500)
        if (wrong && !isRuntimesOwn(next, response))
          faults.push(
            `${next.what}: ${JSON.stringify(next.bytes.toString('latin1').slice(0, 300))} → ${status} ${head}`,
          )
      }
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, runAttacker))
    expect(faults).toEqual([])
    expect([...statuses.values()].reduce((sum, count) => sum + count, 0)).toBe(REQUESTS)
    // The requests must reach the program and get each of these statuses.
    for (const status of [200, 302, 400, 401, 404, 405, 412, 413, 415, 422])
      expect(
        statuses.get(status) ?? 0,
        `responses with ${status} in ${JSON.stringify([...statuses])}`,
      ).toBeGreaterThan(0)
    expect(statuses.get('closed') ?? 0, JSON.stringify([...statuses])).toBeLessThan(REQUESTS / 4)
    expect(await digestAll()).toEqual(before)
    expect(
      (await newsroom.publish('third', manuscript())).status,
      'editors can still publish',
    ).toBe(201)
  }, 300_000)
})
