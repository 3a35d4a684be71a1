/** Content codings (RFC 9110 sections 8.4 and 12.5.3; rules H-18, H-34 to H-41). */
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openFaultyCorpus } from '../support/corpus.ts'
import { exchange } from '../support/exchange.ts'
import { type FaultyNewsroom, manuscript, TOKEN } from '../support/newsroom.ts'

type HeaderLine = readonly [name: string, value: string]

const DECODERS = { gzip: gunzipSync, br: brotliDecompressSync }
/** The edge compresses the media types of these documents. */
const COMPRESSED_BY_EDGE = [
  '/rss.xml',
  '/',
  '/articles/arabic',
  '/articles/no-summary.json',
  '/tags/space',
]
/** The edge does not compress the media types of these documents. */
const NOT_COMPRESSED_BY_EDGE = ['/atom.xml', '/feed.json', '/tags/c%2B%2B/atom.xml']
const DOCUMENTS = [...COMPRESSED_BY_EDGE, ...NOT_COMPRESSED_BY_EDGE]

describe('content codings', () => {
  let newsroom: FaultyNewsroom
  beforeAll(async () => {
    newsroom = await openFaultyCorpus()
    for (const path of DOCUMENTS) await get(path)
    await newsroom.waitForOutbox()
  })
  afterAll(async () => await newsroom.close())

  const request = (method: string, path: string, ...headers: HeaderLine[]) =>
    exchange(newsroom.url, { method, path, headers })
  const get = (path: string, ...headers: HeaderLine[]) => request('GET', path, ...headers)
  const acceptEncoding = (value: string): HeaderLine => ['Accept-Encoding', value]

  async function expectCoded(paths: string[]): Promise<void> {
    for (const path of paths) {
      const plain = await get(path)
      for (const coding of ['gzip', 'br'] as const) {
        const coded = await get(path, acceptEncoding(coding))
        expect([coded.status, coded.header('Content-Encoding')], path).toEqual([200, coding])
        expect(DECODERS[coding](coded.body).equals(plain.body), path).toBe(true)
        expect(coded.body.length, path).toBeLessThan(plain.body.length * 0.7)
        expect(coded.header('Content-Type')).toBe(plain.header('Content-Type'))
      }
    }
  }

  it('H-34: gzip and brotli of every document decode to the same bytes as identity', async () => {
    await expectCoded(COMPRESSED_BY_EDGE)
  })

  it('H-35: media types that the edge does not compress are compressed by the worker', async () => {
    await expectCoded(NOT_COMPRESSED_BY_EDGE)
    const tags = Array.from({ length: 32 }, (_, index) => `\u0001${index}`)
    const response = await exchange(newsroom.url, {
      method: 'PUT',
      path: '/api/articles/refused',
      headers: [
        ['Authorization', `Bearer ${TOKEN}`],
        ['Content-Type', 'application/json'],
        acceptEncoding('gzip'),
      ],
      body: JSON.stringify(manuscript({ tags })),
    })
    expect(response.status).toBe(422)
    expect(response.header('Content-Type')).toBe('application/problem+json')
    expect(response.header('Content-Encoding')).toBe('gzip')
    expect(response.header('Vary')).toContain('Accept-Encoding')
    expect(JSON.parse(gunzipSync(response.body).toString())).toMatchObject({ status: 422 })
  })

  it('H-36: a client never gets a coding that it excludes or does not name', async () => {
    for (const path of ['/rss.xml', '/atom.xml']) {
      const plain = await get(path)
      expect(plain.header('Content-Encoding')).toBeUndefined()
      for (const value of ['', 'identity', 'gzip;q=0', 'gzip;q=0, br;q=0', 'deflate']) {
        const response = await get(path, acceptEncoding(value))
        expect(response.header('Content-Encoding'), value).toBeUndefined()
        expect(response.body.equals(plain.body), value).toBe(true)
      }
      for (const [value, coding] of [
        ['gzip;q=0, br', 'br'],
        ['br;q=0, gzip', 'gzip'],
        ['gzip, br;q=0.5', 'gzip'],
      ] as const)
        expect((await get(path, acceptEncoding(value))).header('Content-Encoding'), value).toBe(
          coding,
        )
    }
  })

  it('H-34, H-37: a client that refuses identity gets a coding even for a short body, and even with HEAD', async () => {
    const short = ['/articles/withdrawn.json', '/AbC+.json', '/healthz', '/robots.txt']
    for (const path of [...DOCUMENTS, ...short]) {
      const plain = await get(path)
      for (const [value, coding] of [
        ['identity;q=0, gzip', 'gzip'],
        ['identity;q=0.0, br', 'br'],
        ['gzip, *;q=0', 'gzip'],
        ['*;q=0, br;q=0.1', 'br'],
        ['identity;q=0, *', 'gzip'],
      ] as const) {
        const coded = await get(path, acceptEncoding(value))
        const label = `${path} ${value}`
        expect([coded.status, coded.header('Content-Encoding')], label).toEqual([
          plain.status,
          coding,
        ])
        if (path !== '/healthz')
          expect(DECODERS[coding](coded.body).equals(plain.body), label).toBe(true)
        expect(coded.header('Vary'), label).toContain('Accept-Encoding')
        expect(coded.header('Content-Type')).toBe(plain.header('Content-Type'))
      }
    }
    for (const path of DOCUMENTS)
      expect(
        (await request('HEAD', path, acceptEncoding('identity;q=0, gzip'))).header(
          'Content-Encoding',
        ),
      ).toBe('gzip')
    const missing = await get('/nobody9', acceptEncoding('identity;q=0, gzip'))
    expect([missing.status, missing.header('Content-Encoding')]).toEqual([404, 'gzip'])
  })

  it('H-37: a client that refuses identity and all our codings gets a 406 with an explanation', async () => {
    for (const path of [...DOCUMENTS, '/healthz', '/robots.txt', '/AbC+'])
      for (const value of ['*;q=0', 'identity;q=0', 'identity;q=0, deflate', 'gzip;q=0, *;q=0.000'])
        for (const method of ['GET', 'HEAD']) {
          const response = await request(method, path, acceptEncoding(value))
          expect(response.status, `${method} ${path} ${value}`).toBe(406)
          expect(response.header('Content-Type')).toBe('application/problem+json')
          expect(response.header('Vary')).toContain('Accept-Encoding')
          expect(response.header('Cache-Control')).toBe('no-store')
        }
    // A response without a body is not refused. Nor are errors and changes, because a 406 would say
    // less than their own responses.
    expect((await get('/AbC', acceptEncoding('*;q=0'))).status).toBe(302)
    expect((await get('/nobody9', acceptEncoding('*;q=0'))).status).toBe(404)
    const published = await exchange(newsroom.url, {
      method: 'PUT',
      path: '/api/articles/coding',
      headers: [
        ['Authorization', `Bearer ${TOKEN}`],
        ['Content-Type', 'application/json'],
        acceptEncoding('*;q=0'),
      ],
      body: JSON.stringify(manuscript()),
    })
    expect(published.status).toBe(201)
  })

  it('H-37: Vary names Accept-Encoding on 200, 304 and HEAD, whether the response is coded or not', async () => {
    for (const path of DOCUMENTS) {
      for (const response of [
        await get(path),
        await get(path, acceptEncoding('gzip')),
        await get(path, acceptEncoding('gzip'), ['If-None-Match', '*']),
        await request('HEAD', path, acceptEncoding('br')),
      ])
        expect(response.header('Vary')?.split(', '), path).toContain('Accept-Encoding')
    }
  })

  it('H-38: Content-Length is the number of bytes sent, or is absent', async () => {
    for (const path of DOCUMENTS) {
      for (const value of ['identity', 'gzip', 'br']) {
        const response = await get(path, acceptEncoding(value))
        const length = response.header('Content-Length') ?? String(response.body.length)
        expect(Number(length), `${path} ${value}`).toBe(response.body.length)
      }
    }
  })

  it('H-41: HEAD has the headers of GET in every coding', async () => {
    for (const path of ['/rss.xml', '/atom.xml', '/articles/arabic.json']) {
      for (const value of ['identity', 'gzip', 'br']) {
        const [full, head] = [
          await get(path, acceptEncoding(value)),
          await request('HEAD', path, acceptEncoding(value)),
        ]
        for (const name of ['Content-Encoding', 'Content-Type', 'ETag', 'Vary', 'Last-Modified'])
          expect(head.header(name), `${path} ${value} ${name}`).toBe(full.header(name))
        expect(head.body).toHaveLength(0)
      }
    }
  })

  it('H-18: all codings of a document have one weak entity-tag, and each returns a 304 for it', async () => {
    for (const path of DOCUMENTS) {
      const tags = new Set<string>()
      for (const value of ['identity', 'gzip', 'br'])
        tags.add((await get(path, acceptEncoding(value))).header('ETag') ?? 'none')
      const [etag = 'none', ...others] = tags
      expect([path, etag.slice(0, 3), others]).toEqual([path, 'W/"', []])
      for (const value of ['identity', 'gzip', 'br']) {
        const notModified = await get(path, acceptEncoding(value), ['If-None-Match', etag])
        expect([notModified.status, notModified.body.length]).toEqual([304, 0])
      }
    }
  })

  it('H-35: a document that the desk serves because KV lacks it is compressed as well', async () => {
    await newsroom.faults({ hideKeys: [''] })
    await expectCoded(['/atom.xml'])
    await newsroom.faults({})
  })
})
