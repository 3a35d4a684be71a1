/**
 * Checks that the description of the API is valid OpenAPI 3.1, that a newsroom returns exactly the
 * responses of its examples, and that all other responses match it in status, headers and body.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DESK_KEYS, ManuscriptSchema } from '../../src/model/article.ts'
import { parseManuscript } from '../../src/model/faults.ts'
import { ROUTES } from '../../src/model/urls.ts'
import { type Content, Contract, type Operation } from '../support/description.ts'
import { retryLostResponse } from '../support/exchange.ts'
import {
  type FaultyNewsroom,
  manuscript,
  type Newsroom,
  openFaultyNewsroom,
  openNewsroom,
  SETTINGS,
  TOKEN,
} from '../support/newsroom.ts'
import { until } from '../support/until.ts'

const ADDRESS = ROUTES.apiDescription

let newsroom: Newsroom
let contract: Contract

beforeAll(async () => {
  newsroom = await openNewsroom()
  const response = await newsroom.get(ADDRESS)
  contract = new Contract(await response.json())
})
afterAll(async () => await newsroom.close())

const getNames = (content: Content | undefined): string[] =>
  Object.values(content ?? {}).flatMap(({ examples }) => Object.keys(examples ?? {}))

/**
 * Returns the names of an operation's examples: those of its request, or, if the request has none,
 * those of its response.
 */
function listExampleNames({ operation }: Operation): string[] {
  const requestNames = [
    ...getNames(operation.requestBody?.content),
    ...(operation.parameters ?? []).flatMap(({ examples }) => Object.keys(examples ?? {})),
  ]
  const responseNames = Object.entries(operation.responses)
    .filter(([status]) => status.startsWith('2'))
    .flatMap(([, { content }]) => getNames(content))
  return [...new Set(requestNames.length > 0 ? requestNames : responseNames)]
}

/** Sends an example as it is described, with address, headers, media type, body and credentials. */
async function sendExample({ path, method, operation }: Operation, name: string) {
  let address = path
  const headers = new Headers()
  if (operation.security?.length !== 0) headers.set('Authorization', `Bearer ${TOKEN}`)
  for (const parameter of operation.parameters ?? []) {
    const value = parameter.examples?.[name]?.value
    if (parameter.required && value === undefined)
      throw new Error(`${operation.operationId}: example ${name} has no ${parameter.name}`)
    if (parameter.in === 'path') address = address.replace(`{${parameter.name}}`, String(value))
    else if (parameter.in === 'query' && value !== undefined)
      address += `${address.includes('?') ? '&' : '?'}${parameter.name}=${String(value)}`
    else if (value !== undefined) headers.set(parameter.name, String(value))
  }
  const [type, content] =
    Object.entries(operation.requestBody?.content ?? {}).find(
      ([, { examples }]) => examples?.[name],
    ) ?? []
  const value = content?.examples?.[name]?.value
  if (type) headers.set('Content-Type', type)
  const body = value === undefined || typeof value === 'string' ? value : JSON.stringify(value)
  return await newsroom.get(address, {
    method: method.toUpperCase(),
    headers,
    ...(body !== undefined && { body }),
  })
}

/** Returns the status and body of an example's response. */
function getExampleResponse(
  { operation }: Operation,
  name: string,
): { status: number; body: unknown } {
  for (const [status, { content }] of Object.entries(operation.responses)) {
    const example = (content?.['application/json'] ?? content?.['application/x-ndjson'])
      ?.examples?.[name]
    if (example) return { status: Number(status), body: example.value }
  }
  throw new Error(`${operation.operationId}: no response has the example ${name}`)
}

/** The times in these properties depend on the clock. Links have two more. */
const CLOCK_PROPERTIES = ['withdrawn', 'removed']
const LINK_CLOCK_PROPERTIES = [...CLOCK_PROPERTIES, 'created', 'updated']
const removeTimes = (body: unknown, clocked: string[]): unknown =>
  JSON.parse(
    JSON.stringify(body, (key, value) =>
      clocked.includes(key) && typeof value === 'string' ? 'some time' : (value as unknown),
    ),
  )

describe('the description of the API', () => {
  it('O-01: the description is OpenAPI 3.1, and all its references resolve', async () => {
    const { description } = contract
    expect(description.openapi).toBe('3.1.0')
    const validator = new Validator({ strict: false })
    const { valid, errors } = await validator.validate(JSON.parse(JSON.stringify(description)))
    expect(errors).toBeUndefined()
    expect(valid).toBe(true)
    const references = [...JSON.stringify(description).matchAll(/"\$ref":"#\/([^"]+)"/g)]
    expect(references.length).toBeGreaterThan(50)
    for (const [, pointer = ''] of references) {
      const found = pointer
        .split('/')
        .reduce<unknown>((part, key) => (part as Record<string, unknown>)?.[key], description)
      expect(found, pointer).toBeTypeOf('object')
    }
  })

  it('O-02: the description is public and readable across origins, and has a validator and our version', async () => {
    const plain = await newsroom.get(ADDRESS)
    const etag = plain.headers.get('ETag') ?? 'none'
    expect(plain.status).toBe(200)
    expect(Object.fromEntries(plain.headers)).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'public, max-age=60',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
    })
    expect(await plain.text()).toBe(await (await newsroom.get(ADDRESS)).text())
    const response = await newsroom.get(ADDRESS, { headers: { 'If-None-Match': etag } })
    expect([response.status, await response.text(), response.headers.get('ETag')]).toEqual([
      304,
      '',
      etag,
    ])
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*')
    const head = await newsroom.get(ADDRESS, { method: 'HEAD' })
    expect([head.status, head.headers.get('ETag')]).toEqual([200, etag])
    const preflight = await newsroom.get(ADDRESS, { method: 'OPTIONS' })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('Access-Control-Allow-Headers')).toContain('If-None-Match')
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
    expect(contract.description.info.version).toBe(version)
    expect(contract.description.servers).toEqual([{ url: SETTINGS.SITE_URL }])
    expect(JSON.stringify(contract.description)).not.toContain(TOKEN)
  })

  it('O-03: the description has every address of the API with every allowed method, and no other', async () => {
    const routes = [
      ROUTES.health,
      ...Object.values(ROUTES).filter((route) => /^\/api\/[^*]/.test(route)),
    ]
    const paths = routes.map((route) => route.replace(/:(\w+)/g, '{$1}'))
    expect(Object.keys(contract.description.paths).sort()).toEqual(paths.sort())
    for (const [path, methods] of Object.entries(contract.description.paths)) {
      const response = await newsroom.api(path.replace(/\{\w+\}/, 'x'), { method: 'PATCH' })
      expect(response.status, path).toBe(405)
      const allowed = response.headers.get('Allow')?.split(', ') ?? []
      const described = Object.keys(methods).map((method) => method.toUpperCase())
      const implied = described.includes('GET') ? ['HEAD'] : []
      expect(allowed.filter((method) => method !== 'OPTIONS').sort(), path).toEqual(
        [...described, ...implied].sort(),
      )
    }
  })

  it('O-04: the description requires a token exactly where the API does', async () => {
    for (const { path, method, operation } of contract.operations()) {
      const response = await newsroom.get(path.replace(/\{\w+\}/, 'x'), {
        method: method.toUpperCase(),
      })
      expect(response.status === 401, `${method} ${path}`).toBe(operation.security?.length !== 0)
      expect(operation.responses['401'] !== undefined).toBe(operation.security?.length !== 0)
    }
  })
})

describe('the examples of the description', () => {
  it('O-05: every example request is accepted and gets the response of its example', async () => {
    const testedExamples: string[] = []
    for (const each of contract.operations()) {
      const { path, method, operation } = each
      expect(listExampleNames(each), operation.operationId).not.toEqual([])
      for (const name of listExampleNames(each)) {
        const example = getExampleResponse(each, name)
        const response = await sendExample(each, name)
        const text = await response.text()
        expect(response.status, `${operation.operationId} ${name}: ${text}`).toBe(example.status)
        expect(contract.departures(path, method, response, text)).toEqual([])
        // Examples cannot predict the state of the outbox, the list of unknown codes, and the
        // description itself.
        const links = operation.tags.includes('links') && operation.operationId !== 'listMisses'
        const clocked = links ? LINK_CLOCK_PROPERTIES : CLOCK_PROPERTIES
        if (links || operation.tags.includes('articles') || operation.operationId.includes('mport'))
          expect(removeTimes(JSON.parse(text), clocked)).toEqual(removeTimes(example.body, clocked))
        testedExamples.push(`${operation.operationId} ${name}`)
      }
    }
    expect(testedExamples.length).toBeGreaterThan(12)
  })

  it('O-06: every example is valid under its schema', () => {
    const { components } = contract.description
    for (const { path, method, operation } of contract.operations()) {
      const location = ['paths', path, method]
      for (const [index, { name, examples }] of (operation.parameters ?? []).entries()) {
        for (const { value } of Object.values(examples ?? {}))
          expect(
            contract.faults([...location, 'parameters', `${index}`, 'schema'], value),
            name,
          ).toEqual([])
      }
      const bodies: [string[], Content | undefined][] = [
        [[...location, 'requestBody'], operation.requestBody?.content],
        ...Object.entries(operation.responses).map(
          ([status, { content }]): [string[], Content | undefined] => [
            [...location, 'responses', status],
            content,
          ],
        ),
      ]
      for (const [pointer, content] of bodies) {
        for (const [type, { examples }] of Object.entries(content ?? {})) {
          for (const [name, example] of Object.entries(examples ?? {})) {
            const value = '$ref' in example ? components.examples[name]?.value : example.value
            const faults = contract.faults([...pointer, 'content', type, 'schema'], value)
            expect(faults, `${operation.operationId} ${name}`).toEqual([])
          }
        }
      }
    }
    for (const [name, { example }] of Object.entries(components.headers))
      expect(contract.faults(['components', 'headers', name, 'schema'], example)).toEqual([])
    const lines = contract.description.paths[ROUTES.apiArticles]?.['post']?.requestBody?.content
    const [first = ''] = String(lines?.['application/x-ndjson']?.examples?.['lines']?.value).split(
      '\n',
    )
    expect(contract.faults(['components', 'schemas', 'ManuscriptLine'], JSON.parse(first))).toEqual(
      [],
    )
  })

  it('O-07: the example of a complete manuscript has every key', () => {
    const { examples } =
      contract.description.paths['/api/articles/{id}']?.['put']?.requestBody?.content[
        'application/json'
      ] ?? {}
    const complete = examples?.['complete']?.value as Record<string, unknown>
    const otherKeys: readonly string[] = ['html', ...DESK_KEYS]
    const keys = Object.keys(ManuscriptSchema.entries).filter((key) => !otherKeys.includes(key))
    expect(Object.keys(complete).sort()).toEqual(keys.sort())
    const { Author, Image } = contract.description.components.schemas
    const getKeys = (schema: unknown) =>
      Object.keys((schema as { properties: object }).properties).sort()
    expect(Object.keys(complete['image'] as object).sort()).toEqual(getKeys(Image))
    expect(Object.keys((complete['authors'] as object[])[1] ?? {}).sort()).toEqual(getKeys(Author))
  })
})

describe('responses', () => {
  it('O-08: a response with an undescribed member violates the description', () => {
    const undescribedMember = { undescribed: true }
    const addUndescribedMembers = (value: unknown): unknown[] => {
      if (Array.isArray(value))
        return value.flatMap((item, index) =>
          addUndescribedMembers(item).map((bad) => value.with(index, bad) as unknown),
        )
      if (typeof value !== 'object' || value === null) return []
      return [
        { ...value, ...undescribedMember },
        ...Object.entries(value).flatMap(([key, member]) =>
          addUndescribedMembers(member).map((bad) => ({ ...value, [key]: bad })),
        ),
      ]
    }
    let count = 0
    for (const { path, method, operation } of contract.operations()) {
      // An OpenAPI document may have members that we do not list.
      if (operation.operationId === 'readDescription') continue
      for (const [status, { content }] of Object.entries(operation.responses)) {
        for (const [type, { examples }] of Object.entries(content ?? {})) {
          for (const [name, example] of Object.entries(examples ?? {})) {
            const value =
              '$ref' in example
                ? contract.description.components.examples[name]?.value
                : example.value
            const pointer = ['paths', path, method, 'responses', status, 'content', type, 'schema']
            for (const bad of addUndescribedMembers(value)) {
              expect(contract.faults(pointer, bad), JSON.stringify(bad)).not.toEqual([])
              count += 1
            }
          }
        }
      }
    }
    expect(count).toBeGreaterThan(100)
  })

  it('O-09: a 304, responses to changes, and pages of the list match the description', async () => {
    const path = '/api/articles/{id}'
    const check = async (method: string, template: string, response: Response) =>
      expect(contract.departures(template, method, response, await response.text())).toEqual([])
    const created = await newsroom.publish('kept', manuscript({ published: '2026-01-01' }))
    const etag = created.headers.get('ETag') ?? 'none'
    await check('put', path, created)
    const condition = { headers: { 'If-None-Match': etag } }
    const unchanged = await newsroom.api('/api/articles/kept', condition)
    expect(unchanged.status).toBe(304)
    await check('get', path, unchanged)
    await check('put', path, await newsroom.publish('kept', manuscript({ title: 'New' })))
    await check('put', path, await newsroom.publish('plain', { title: 'T', body: 'Text.' }))
    await check('get', path, await newsroom.api('/api/articles/plain'))
    await check('delete', path, await newsroom.withdraw('kept'))
    await check('get', path, await newsroom.api('/api/articles/kept'))
    const many = Array.from({ length: 120 }, (_, number) =>
      JSON.stringify(manuscript({ id: `many-${number}`, published: '2026-01-02' })),
    ).join('\n')
    const type = { 'Content-Type': 'application/jsonl' }
    const bulk = await newsroom.api(ROUTES.apiArticles, {
      method: 'POST',
      headers: type,
      body: many,
    })
    await check('post', ROUTES.apiArticles, bulk)
    const first = await newsroom.api(ROUTES.apiArticles)
    const { next } = (await first.clone().json()) as { next: string }
    expect(first.headers.has('Link')).toBe(true)
    await check('get', ROUTES.apiArticles, first)
    await check('get', ROUTES.apiArticles, await newsroom.api(next))
  })
})

describe('problems', () => {
  type Case = [reason: string, path: string, method: string, init: RequestInit, address?: string]
  const jsonHeaders = { 'Content-Type': 'application/json' }
  const put = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
    headers: { ...jsonHeaders, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const lines = (body: string): RequestInit => ({
    headers: { 'Content-Type': 'application/x-ndjson' },
    body,
  })
  const PAGE = `${ROUTES.apiImport}?export=x&line=1`
  const CODE = '{"record":"code","code":"x","article":"x"}'
  const articlePath = '/api/articles/{id}'
  const linkPath = '/api/links/{code}'
  const PAGE_URL = 'https://www.news.example/map'
  const refusedPath = '/api/articles/refused'
  const cases: Case[] = [
    ['unparsable', articlePath, 'put', put('{"title":'), refusedPath],
    [
      'unparsable',
      ROUTES.apiArticles,
      'post',
      { headers: { 'Content-Type': 'application/ndjson' } },
    ],
    ['unparsable', articlePath, 'delete', { body: '[' }, '/api/articles/taken'],
    ['bad-query', ROUTES.apiArticles, 'get', {}, '/api/articles?after=nonsense'],
    ['coding-refused', ROUTES.health, 'get', { headers: { 'Accept-Encoding': '*;q=0' } }],
    ['coding-refused', ROUTES.apiDescription, 'get', { headers: { 'Accept-Encoding': '*;q=0' } }],
    [
      'unsupported-coding',
      articlePath,
      'put',
      { ...put('x'), headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' } },
      refusedPath,
    ],
    [
      'unauthorized',
      articlePath,
      'get',
      { headers: { Authorization: 'Bearer wrong' } },
      refusedPath,
    ],
    ['not-found', '/api/nowhere', 'get', {}],
    ['unknown-article', articlePath, 'get', {}, refusedPath],
    ['unknown-article', articlePath, 'delete', {}, refusedPath],
    ['method-not-allowed', articlePath, 'patch', {}, refusedPath],
    ['method-not-allowed', ROUTES.health, 'delete', { headers: { Accept: 'application/json' } }],
    ['method-not-allowed', ADDRESS, 'put', {}],
    ['withdrawn', articlePath, 'put', put(manuscript()), '/api/articles/gone'],
    ['code-taken', articlePath, 'put', put(manuscript({ code: 'taken' })), refusedPath],
    [
      'canonical-taken',
      articlePath,
      'put',
      put(manuscript({ canonical: 'https://news.example/2026/taken' })),
      refusedPath,
    ],
    [
      'moved-into-future',
      articlePath,
      'put',
      put(manuscript({ published: '2099-01-01' })),
      '/api/articles/taken',
    ],
    [
      'precondition-failed',
      articlePath,
      'put',
      put(manuscript(), { 'If-Match': '"9"' }),
      refusedPath,
    ],
    ['precondition-failed', articlePath, 'delete', { headers: { 'If-Match': '"9"' } }, refusedPath],
    ['too-large', articlePath, 'put', put({ title: 'x'.repeat(3_000_000) }), refusedPath],
    [
      'too-large',
      articlePath,
      'delete',
      { body: JSON.stringify({ reason: 'x'.repeat(9000) }) },
      refusedPath,
    ],
    [
      'too-many-lines',
      ROUTES.apiArticles,
      'post',
      { headers: { 'Content-Type': 'application/x-ndjson' }, body: '{}\n'.repeat(501) },
    ],
    ['unsupported-type', articlePath, 'put', { body: 'text' }, refusedPath],
    ['unparsable', linkPath, 'put', put('{"url":'), '/api/links/map'],
    ['unparsable', linkPath, 'delete', put('[]'), '/api/links/map'],
    ['unparsable', ROUTES.apiLinks, 'post', lines('\n')],
    ['unknown-link', linkPath, 'get', {}, '/api/links/nobody'],
    ['unknown-link', linkPath, 'delete', {}, '/api/links/nobody'],
    ['link-taken', linkPath, 'put', put({ url: PAGE_URL }), '/api/links/taken'],
    ['link-taken', linkPath, 'delete', {}, '/api/links/taken'],
    ['link-removed', linkPath, 'put', put({ url: PAGE_URL }), '/api/links/removed'],
    [
      'precondition-failed',
      linkPath,
      'put',
      put({ url: PAGE_URL }, { 'If-Match': '"9"' }),
      '/api/links/map',
    ],
    [
      'precondition-failed',
      linkPath,
      'delete',
      { headers: { 'If-Match': '"9"' } },
      '/api/links/map',
    ],
    ['too-large', linkPath, 'put', put({ title: 'x'.repeat(40_000) }), '/api/links/map'],
    ['too-large', linkPath, 'delete', put({ legal: 'x'.repeat(9000) }), '/api/links/map'],
    ['too-large', ROUTES.apiLinks, 'post', lines('x'.repeat(2_200_000))],
    ['too-many-lines', ROUTES.apiLinks, 'post', lines('{}\n'.repeat(1001))],
    ['unsupported-type', linkPath, 'put', { body: 'url=x' }, '/api/links/map'],
    ['unsupported-type', ROUTES.apiLinks, 'post', put('{}')],
    ['invalid', linkPath, 'put', put({ url: 'https://evil.example/' }), '/api/links/map'],
    ['invalid', linkPath, 'delete', put({ why: 'x' }), '/api/links/map'],
    ['bad-query', ROUTES.apiLinks, 'get', {}, `${ROUTES.apiLinks}?after=a%20b`],
    ['bad-query', ROUTES.apiLinks, 'post', lines('{}'), `${ROUTES.apiLinks}?check=perhaps`],
    ['bad-query', ROUTES.apiUnknownCodes, 'get', {}, `${ROUTES.apiUnknownCodes}?limit=0`],
    ['bad-query', ROUTES.apiExport, 'get', {}, `${ROUTES.apiExport}?after=nonsense`],
    ['bad-query', ROUTES.apiImport, 'post', lines('{}')],
    ['unparsable', ROUTES.apiImport, 'post', lines('{'), PAGE],
    ['unsupported-type', ROUTES.apiImport, 'post', put('{}'), PAGE],
    ['too-large', ROUTES.apiImport, 'post', lines('x'.repeat(8_400_000)), PAGE],
    ['invalid', ROUTES.apiImport, 'post', lines('{}'), PAGE],
    ['not-empty', ROUTES.apiImport, 'post', lines(CODE), `${ROUTES.apiImport}?export=x&line=2`],
    ['import-refused', ROUTES.apiImport, 'delete', {}],
    ['unsupported-type', ROUTES.apiArticles, 'post', put('{}')],
    ['invalid', articlePath, 'put', put({ titel: 'x' }), refusedPath],
    ['invalid', articlePath, 'put', put(manuscript()), '/api/articles/No%20id'],
    ['invalid', articlePath, 'delete', { body: '{"why":"x"}' }, refusedPath],
  ]
  /** No request can cause this reason, because it reports a fault in our code. */
  const UNREACHABLE_REASONS = ['internal']
  /**
   * These reasons occur in responses of pages, short links and feeds, never in those of the API.
   */
  const REASONS_OUTSIDE_API = ['gone', 'expired', 'legal', 'not-acceptable', 'too-many-misses']
  /** These reasons have tests of their own below, each in its own newsroom. */
  const REASONS_TESTED_BELOW = [
    'settings-refused',
    'unavailable',
    'import-under-way',
    'unknown-code',
    'ledger-damaged',
    'ledger-missing',
    'disk-full',
    'disk-read-only',
  ]

  async function expectProblem(
    room: Newsroom,
    [reason, path, method, init, address = path]: Case,
  ): Promise<void> {
    // Reads the whole response within the retry, because the connection can break before its last
    // byte.
    const { response, text } = await retryLostResponse(async () => {
      const received = await room.api(address, { ...init, method: method.toUpperCase() })
      return { response: received, text: await received.text() }
    })
    expect(JSON.parse(text).type, text).toBe(`${SETTINGS.SITE_URL}/problems/${reason}`)
    expect(contract.departures(path, method, response, text)).toEqual([])
  }

  it('O-10: every problem of the API is described with its status, headers and body', async () => {
    const canonical = 'https://news.example/2026/taken'
    await retryLostResponse(() =>
      newsroom.publish('taken', manuscript({ code: 'taken', canonical })),
    )
    await retryLostResponse(() => newsroom.publish('gone', manuscript()))
    await retryLostResponse(() => newsroom.withdraw('gone', 'Wrong'))
    const removedLink = '/api/links/removed'
    await retryLostResponse(() =>
      newsroom.api(removedLink, { ...put({ url: PAGE_URL }), method: 'PUT' }),
    )
    await retryLostResponse(() => newsroom.api(removedLink, { method: 'DELETE' }))
    for (const each of cases) await expectProblem(newsroom, each)
    const accountedReasons = new Set([
      ...cases.map(([reason]) => reason),
      ...UNREACHABLE_REASONS,
      ...REASONS_OUTSIDE_API,
      ...REASONS_TESTED_BELOW,
    ])
    expect([...accountedReasons].sort()).toEqual(
      Object.keys(contract.description.components.responses).sort(),
    )
  })

  it('O-10: every problem that an operation lists is tested here, and problems of lines are described', async () => {
    const listed = contract
      .operations()
      .flatMap(({ operation }) =>
        Object.values(operation.responses).flatMap(({ content }) =>
          Object.keys(content?.['application/problem+json']?.examples ?? {}),
        ),
      )
    const accountedReasons = [
      ...cases.map(([reason]) => reason),
      ...UNREACHABLE_REASONS,
      ...REASONS_TESTED_BELOW,
    ]
    expect(accountedReasons).toEqual(expect.arrayContaining([...new Set(listed)]))
    const lines = ['{', '{}', '{"id":"gone","title":"T","body":"Text."}', '{"id":7}', '[]']
    const response = await newsroom.api(ROUTES.apiArticles, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: lines.join('\n'),
    })
    const text = await response.text()
    expect(contract.departures(ROUTES.apiArticles, 'post', response, text)).toEqual([])
    const { results } = JSON.parse(text) as { results: { problem: { type: string } }[] }
    for (const { problem } of results) {
      const reason = problem.type.split('/').at(-1)
      expect(contract.faults(['components', 'schemas', `problem-${reason}`], problem)).toEqual([])
    }
  })

  it('O-11: responses match the description if DESK_TOKEN is invalid', async () => {
    const closed = await openNewsroom({ DESK_TOKEN: 'short' })
    try {
      expect((await closed.get(ADDRESS)).status).toBe(200)
      await expectProblem(closed, ['settings-refused', articlePath, 'get', {}, refusedPath])
    } finally {
      await closed.close()
    }
  })

  it('O-11: responses match the description during an import, and abandoning the import opens the desk', async () => {
    const closed = await openNewsroom()
    try {
      const examples =
        contract.description.paths[ROUTES.apiImport]?.['post']?.requestBody?.content[
          'application/x-ndjson'
        ]?.examples ?? {}
      const body = String(examples['begun']?.value)
      const name = (JSON.parse(body.split('\n')[0] ?? '') as { export: string }).export
      const page = `${ROUTES.apiImport}?export=${name}&line=1`
      const duringImport: Case[] = [
        ['import-under-way', articlePath, 'put', put(manuscript()), refusedPath],
        ['import-under-way', articlePath, 'delete', {}, refusedPath],
        ['import-under-way', linkPath, 'put', put({ url: PAGE_URL }), '/api/links/map'],
        ['import-under-way', linkPath, 'delete', {}, '/api/links/map'],
        ['import-under-way', ROUTES.apiLinks, 'post', lines(`{"code":"x","url":"${PAGE_URL}"}`)],
        [
          'import-under-way',
          ROUTES.apiArticles,
          'post',
          lines('{"id":"x","title":"x","body":"x"}'),
        ],
        ['import-under-way', ROUTES.apiExport, 'get', {}],
        ['import-under-way', ROUTES.apiRebuild, 'post', {}],
        [
          'import-refused',
          ROUTES.apiImport,
          'post',
          lines(CODE),
          `${ROUTES.apiImport}?export=x&line=2`,
        ],
      ]
      expect((await closed.api(page, { ...lines(body), method: 'POST' })).status).toBe(200)
      for (const each of duringImport) await expectProblem(closed, each)
      const health = await closed.get(ROUTES.health)
      const text = await health.text()
      expect([health.status, JSON.parse(text)]).toMatchObject([503, { status: 'importing' }])
      expect(contract.departures(ROUTES.health, 'get', health, text)).toEqual([])
      expect((await closed.api(ROUTES.apiImport, { method: 'DELETE' })).status).toBe(200)
      expect((await closed.publish('open', manuscript())).status).toBe(201)
    } finally {
      await closed.close()
    }
  })

  it('O-11: responses match the description when stores fail, and so does the health check', async () => {
    const faulty: FaultyNewsroom = await openFaultyNewsroom()
    const health = async (): Promise<Response> => {
      const response = await faulty.get(ROUTES.health)
      expect(
        contract.departures(ROUTES.health, 'get', response, await response.clone().text()),
      ).toEqual([])
      return response
    }
    try {
      await faulty.faults({ deskDown: true })
      await expectProblem(faulty, ['unavailable', articlePath, 'get', {}, refusedPath])
      await expectProblem(faulty, ['unavailable', ROUTES.apiRebuild, 'post', {}])
      await expectProblem(faulty, ['unavailable', ROUTES.apiLinks, 'get', {}])
      await expectProblem(faulty, [
        'unavailable',
        linkPath,
        'put',
        put({ url: PAGE_URL }),
        '/api/links/x',
      ])
      const down = await health()
      expect([down.status, down.headers.get('Content-Type')]).toEqual([
        503,
        'application/problem+json',
      ])
      await faulty.faults({ failWrites: [''] })
      await faulty.publish('unsent', manuscript())
      await until('a write has failed', async () => {
        const outbox = (await (await faulty.api(ROUTES.apiOutbox)).json()) as {
          failing_keys: number
        }
        return outbox.failing_keys > 0
      })
      const failing = await health()
      expect([failing.status, await failing.json()]).toMatchObject([503, { status: 'failing' }])
      // A damaged ledger closes the desk, so it is the last case.
      for (const [reason, ledgerError] of [
        ['disk-read-only', 'attempt to write a readonly database: SQLITE_READONLY'],
        ['disk-full', 'database or disk is full: SQLITE_FULL'],
        ['ledger-damaged', 'database disk image is malformed: SQLITE_CORRUPT'],
      ] as const) {
        await faulty.faults({ ledgerError })
        await expectProblem(faulty, [reason, ROUTES.apiRebuild, 'post', {}])
        await expectProblem(faulty, [
          reason,
          linkPath,
          'put',
          put({ url: PAGE_URL }),
          '/api/links/x',
        ])
      }
      expect((await health()).status).toBe(503)
    } finally {
      await faulty.close()
    }
  })

  it('O-11: responses match the description after the loss of the ledger', async () => {
    const withoutLedger = await openNewsroom()
    try {
      await withoutLedger.publish('known', manuscript())
      await withoutLedger.waitForOutbox()
      rmSync(join(withoutLedger.stateFolder, 'do'), { recursive: true })
      await withoutLedger.restart()
      await expectProblem(withoutLedger, ['ledger-missing', articlePath, 'get', {}, refusedPath])
      const response = await withoutLedger.get(ROUTES.health)
      expect(response.status).toBe(503)
      expect(contract.departures(ROUTES.health, 'get', response, await response.text())).toEqual([])
    } finally {
      await withoutLedger.close()
    }
  })
})

describe('the schema of a manuscript', () => {
  const text = (length: number) => 'x'.repeat(length)
  const image = { url: 'https://a.example/x.jpg', alt: 'A crowd' }
  const cases: [isAccepted: boolean, manuscript: Record<string, unknown>][] = [
    [true, {}],
    [true, { title: '🚀'.repeat(300) }],
    [false, { title: text(301) }],
    [false, { title: '' }],
    [false, { title: 7 }],
    [true, { summary: Array.from({ length: 5 }, () => text(500)) }],
    [false, { summary: Array.from({ length: 6 }, () => 'x') }],
    [false, { summary: [text(501)] }],
    [true, { summary: 'One' }],
    [true, { tags: Array.from({ length: 32 }, (_, number) => `t${number}`) }],
    [false, { tags: Array.from({ length: 33 }, (_, number) => `t${number}`) }],
    [true, { tags: text(100) }],
    [false, { tags: [text(101)] }],
    [true, { authors: ['A', { name: 'B', url: 'https://b.example', email: 'b@b.example' }] }],
    [false, { authors: Array.from({ length: 17 }, () => 'A') }],
    [false, { authors: [{ url: 'https://b.example' }] }],
    [false, { authors: [{ name: 'B', email: 'nobody' }] }],
    [false, { authors: [{ name: 'B', phone: '1' }] }],
    [true, { image }],
    [true, { image: { ...image, url: '/media/x.jpg', width: 1, type: 'image/png' } }],
    [false, { image: { url: image.url } }],
    [false, { image: { ...image, url: 'x.jpg' } }],
    [false, { image: { ...image, width: 0 } }],
    [false, { image: { ...image, width: 1.5 } }],
    [false, { image: { ...image, type: 'picture' } }],
    [true, { code: text(64) }],
    [false, { code: text(65) }],
    [false, { code: 'a b' }],
    [true, { image: { ...image, url: 'HTTPS://münchen.example/خبر.jpg?q=é#ü' } }],
    [true, { image: { ...image, url: '/media/خبر.jpg' } }],
    [true, { authors: [{ name: 'B', url: 'https://例え.example/', email: 'b@münchen.example' }] }],
    [false, { authors: [{ name: 'B', url: 'https://b.example/a b' }] }],
    [false, { canonical: 'ftp://news.example/x' }],
    [false, { canonical: `https://news.example/${text(2048)}` }],
    [true, { published: '2026-01-15T09:00:00+05:00' }],
    [true, { published: '2026-01-15' }],
    [false, { published: '2026-01-15T09:00:00' }],
    [false, { published: 1_768_467_600 }],
    [false, { republish: 'yes' }],
    [false, { html: '<p>Both</p>' }],
    [false, { body: undefined }],
    [true, { body: undefined, html: '<p>One</p>' }],
    [false, { titel: 'x' }],
    [false, { id: 'No Id' }],
  ]

  it('O-12: the schema accepts a manuscript exactly if the desk accepts it', () => {
    for (const [isAccepted, more] of cases) {
      const sent = JSON.parse(JSON.stringify({ ...manuscript({ id: 'x' }), ...more }))
      const excerpt = JSON.stringify(more).slice(0, 200)
      expect(parseManuscript(sent).ok, excerpt).toBe(isAccepted)
      expect(
        contract.faults(['components', 'schemas', 'Manuscript'], sent).length === 0,
        excerpt,
      ).toBe(isAccepted)
    }
  })
})
