/**
 * Tests backup, restore and moving as an operator does it: `dateline export` on one desk, and
 * `dateline import` on another. Kills interrupt the import. Afterwards both desks serve the same
 * bytes. The articles of the first desk are written directly into its ledger, because publishing
 * thousands of them would take too long.
 */
import { spawn } from 'node:child_process'
import { openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import { createLedger, type Ledger } from '../../src/desk/ledger/ledger.ts'
import { FORMATS } from '../../src/feeds/formats.ts'
import { parseChannelKey } from '../../src/model/channel.ts'
import { parsePublication } from '../../src/model/publication.ts'
import { documentPath } from '../../src/model/urls.ts'
import { articlePageTarget, articleTarget, linkTarget } from '../../src/wire/targets.ts'
import { expectOk, openDesk, START } from '../support/drafts.ts'
import {
  cleanEnvironment,
  type Embedded,
  endAll,
  MAIN,
  removeFolder,
  runProgram,
  startEmbedded,
  temporaryFolder,
} from '../support/embedded.ts'
import { openHoldingProxy } from '../support/holding-proxy.ts'
import { SETTINGS } from '../support/newsroom.ts'
import { asSql, createTransaction } from '../support/sqlite.ts'
import { until } from '../support/until.ts'

/** The default fills two pages of an import; `.ci/long` uses 10,000. */
const COUNT = Number(process.env['DATELINE_COPIED'] ?? '500')
/** About 40 of the articles are compared. */
const COMPARED_EVERY = Math.floor(COUNT / 40)
/**
 * The number of tags and of authors: twenty each for 10,000 articles, six each for 500. Each of
 * them has four documents.
 */
const NAME_COUNT = Math.min(20, Math.max(6, COUNT / 500))
const ENVIRONMENT = { ...SETTINGS, ARTICLES: 'none' }

let folder: string
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => {
  endAll()
  removeFolder(folder)
})

const getStateFolder = (name: string): string => join(folder, name)
const start = (name: string): Promise<Embedded> => startEmbedded(getStateFolder(name), ENVIRONMENT)
const dateline = (state: string, args: string[], input?: string, token?: string) =>
  runProgram(process.execPath, [...MAIN, ...args], {
    cwd: folder,
    env: {
      DATELINE_STATE: getStateFolder(state),
      ...(token !== undefined && { DATELINE_TOKEN: token }),
    },
    ...(input !== undefined && { input }),
  })

/** Opens the ledger of a stopped desk. */
function openLedger(name: string): { ledger: Ledger; close: () => void } {
  const objects = join(getStateFolder(name), 'store/do/dateline-Desk')
  const [file, ...others] = readdirSync(objects).filter((each) => /^[0-9a-f]+\.sqlite$/.test(each))
  expect([others, file], 'there is exactly one desk').toEqual([[], expect.any(String)])
  const database = new DatabaseSync(join(objects, file ?? ''))
  return {
    ledger: createLedger(asSql(database), createTransaction(database)),
    close: () => database.close(),
  }
}

const formatId = (index: number): string => `story-${index}`
/**
 * Returns whether the pages of an article are compared. They are rendered, as if readers had
 * requested them.
 */
const isCompared = (index: number): boolean => index % COMPARED_EVERY === 0

/**
 * Publishes articles; changes, withdraws and embargoes some of them; and renders documents as if
 * readers had requested them. Returns the paths of the channels' documents.
 */
function fill(name: string): { documents: string[] } {
  const { ledger, close } = openLedger(name)
  const parsed = parsePublication(SETTINGS)
  if (!parsed.ok) throw new Error(parsed.failure.reason)
  const publication = parsed.value
  const desk = openDesk(ledger)
  const documents: string[] = []
  ledger.transaction(() => {
    for (let index = 0; index < COUNT; index += 1) {
      const id = formatId(index)
      const story = {
        tags: [`Tag ${index % NAME_COUNT}`, 'إسلام آباد'],
        section: `Section ${index % 3}`,
        authors: [{ name: `Author ${index % NAME_COUNT}` }],
        dateline: `City ${index % (NAME_COUNT / 2)}`,
        html: `<p>Text of ${id}: ${'"Lorem ipsum" dolor & more. '.repeat(5)}</p>`,
        ...(index % 9 === 0 && { canonical: `https://news.example/old/${index}` }),
        ...(index % 11 === 0 && { code: `Old-${index}` }),
        ...(index % 97 === 1 && { published: START + 1e9 }),
      }
      desk.clock.now = START + index
      expectOk(desk.publish(id, story))
      if (index % 7 === 0)
        expectOk(desk.publish(id, { ...story, code: `c${index}`, tags: ['Other'] }))
      if (index % 100 === 50) expectOk(desk.withdraw(id, 'Published by mistake'))
    }
    desk.clock.now += 60
    const render = (target: string): void =>
      void renderTarget(ledger, publication, target, desk.clock.now * 1000, true)
    for (const { key } of ledger.listChannels('', 1000)) {
      const channel = parseChannelKey(key)
      if (!channel) throw new Error(key)
      for (const file of ['', ...FORMATS.map((format) => format.file)]) {
        const path = documentPath(channel, file)
        render(`${file === '' ? 'page' : 'feed'}:${path}`)
        documents.push(path)
      }
    }
    for (let index = 0; index < COUNT; index += 1)
      if (isCompared(index))
        for (const target of [articleTarget(formatId(index)), articlePageTarget(formatId(index))])
          render(target)
    desk.emptyOutbox()
  })
  close()
  return { documents }
}

/**
 * Returns a response without its date. Every hundred requests have another client address, because
 * the requests of one client are limited.
 */
async function readResponse(desk: Embedded, path: string, index: number): Promise<string> {
  // Each address is in another /64, because the limiter counts a whole /64 as one client.
  const reader = `2001:db8:${Math.floor(index / 100).toString(16)}::1`
  const response = await fetch(desk.url + path, {
    redirect: 'manual',
    headers: { 'CF-Connecting-IP': reader },
  })
  const headers = [...response.headers].filter(([name]) => name !== 'date').sort()
  expect([200, 301, 302, 404, 410], path).toContain(response.status)
  return JSON.stringify([response.status, headers, await response.text()])
}

async function expectSame(
  firstDesk: Embedded,
  secondDesk: Embedded,
  paths: string[],
): Promise<void> {
  const remaining = [...paths.entries()]
  const reader = async (): Promise<void> => {
    for (let next = remaining.pop(); next; next = remaining.pop()) {
      const [index, path] = next
      const [first, second] = await Promise.all([
        readResponse(firstDesk, path, index),
        readResponse(secondDesk, path, index),
      ])
      expect(second, path).toBe(first)
    }
  }
  await Promise.all(Array.from({ length: 6 }, reader))
}

describe(`${COUNT} articles`, () => {
  let documents: string[]
  let firstDesk: Embedded
  let secondDesk: Embedded
  let lines: string[]
  const file = (): string => join(folder, 'all.ndjson')

  beforeAll(async () => {
    ;[firstDesk, secondDesk] = await Promise.all([start('one'), start('two')])
    expect(firstDesk.stdout()).toContain('serves 0 articles')
    expect(await firstDesk.end('SIGTERM')).toBe(0)
    documents = fill('one').documents
    firstDesk = await start('one')
  }, 300_000)
  // The desks need not empty their outboxes first.
  afterAll(() => endAll())

  it('are exported completely to standard output, without any other output', async () => {
    const output = openSync(file(), 'w')
    const child = spawn(process.execPath, [...MAIN, 'export'], {
      cwd: folder,
      env: cleanEnvironment({ DATELINE_STATE: getStateFolder('one') }),
      stdio: ['ignore', output, 'pipe'],
    })
    let stderr = ''
    child.stderr?.on('data', (text: Buffer) => {
      stderr += text.toString()
    })
    const code = await new Promise((ended) => child.once('close', ended))
    expect([code, stderr]).toEqual([0, ''])
    lines = readFileSync(file(), 'utf8').trimEnd().split('\n')
    const end = JSON.parse(lines.at(-1) ?? '{}') as { record: string; counts: object }
    expect(end).toMatchObject({ record: 'end', counts: { article: COUNT } })
  }, 120_000)

  it('are imported completely although the command and the desk are killed during the import', async () => {
    const isPage = (method: string, path: string): boolean =>
      method === 'POST' && path.startsWith('/api/import')
    // Only the first page passes, so the import cannot finish before the kill.
    const proxy = await openHoldingProxy(secondDesk.url, isPage, 1)
    const child = spawn(process.execPath, [...MAIN, '--url', proxy.url, 'import', file()], {
      cwd: folder,
      env: cleanEnvironment({
        DATELINE_STATE: getStateFolder('two'),
        DATELINE_TOKEN: secondDesk.token,
      }),
      stdio: 'ignore',
    })
    const readStatus = async (): Promise<{ state: string; lines?: number }> =>
      (await (await secondDesk.api('/api/import')).json()) as never
    await until('a part is imported', async () => ((await readStatus()).lines ?? 0) > 0, 60_000)
    child.kill('SIGKILL')
    await proxy.close()
    const { state, lines: importedLines = 0 } = await readStatus()
    expect(state).toBe('under-way')
    expect(importedLines).toBeLessThan(lines.length)
    const story = { method: 'PUT', body: '{"title":"T","body":"Text."}' }
    const response = await secondDesk.api('/api/articles/x', {
      ...story,
      headers: { 'Content-Type': 'application/json' },
    })
    expect([response.status, await response.json()]).toMatchObject([
      409,
      { detail: expect.stringMatching(/^Cannot publish: an import is under way/) },
    ])
    expect((await fetch(`${secondDesk.url}/rss.xml`)).status).toBe(503)
    await secondDesk.killGroup()
    // The desk starts without ARTICLES=none, as if the operator had forgotten it. Even so, no
    // manuscript is published during the import.
    secondDesk = await startEmbedded(getStateFolder('two'), SETTINGS)
    expect(secondDesk.stdout()).toContain(
      'This desk was imported, so npm start does not publish manuscripts over it',
    )
    expect(secondDesk.stderr()).toBe('')
    expect((await readStatus()).lines).toBeGreaterThanOrEqual(importedLines)
    const result = await dateline('two', ['import', file()])
    expect(result).toEqual({
      code: 0,
      stdout: `${COUNT} articles imported, ${lines.length} lines\n`,
      stderr: '',
    })
    expect(await dateline('two', ['import', 'all.ndjson'])).toMatchObject({
      code: 0,
      stdout: 'The desk has already imported "all.ndjson"\n',
    })
  }, 300_000)

  it('are in every channel of both desks with the same bytes and validators', async () => {
    expect(documents.length).toBeGreaterThan(80)
    await expectSame(firstDesk, secondDesk, documents)
  }, 300_000)

  it('have pages and JSON with the same bytes on both desks, and short links with the same responses', async () => {
    const indexes = Array.from({ length: COUNT }, (_, index) => index).filter(isCompared)
    const codes = lines.filter((line) => line.startsWith('{"record":"code"'))
    const paths = [
      ...indexes.flatMap((index) => [
        `/articles/${formatId(index)}`,
        `/articles/${formatId(index)}.json`,
      ]),
      ...codes
        .filter((_, index) => index % Math.floor(COUNT / 125) === 0)
        .map((line) => `/${(JSON.parse(line) as { code: string }).code}`),
    ]
    expect(paths.length).toBeGreaterThan(180)
    await expectSame(firstDesk, secondDesk, paths)
  }, 300_000)

  it('have the same codes in both ledgers, and are exported with the same lines', async () => {
    const [again, ...more] = (await dateline('two', ['export'])).stdout.trimEnd().split('\n')
    expect(JSON.parse(again ?? '{}')).toMatchObject({ record: 'desk' })
    // The second desk has written to KV since the import, so it tracks more documents.
    const selectContent = (args: string[]): string[] =>
      args.filter((line) => !/^\{"record":"(?:desk|document|end)"/.test(line))
    expect(selectContent(more)).toEqual(selectContent(lines))
    await Promise.all([firstDesk.end('SIGTERM'), secondDesk.end('SIGTERM')])
    const [first, second] = [openLedger('one'), openLedger('two')]
    const parsed = parsePublication(SETTINGS)
    if (!parsed.ok) throw new Error(parsed.failure.reason)
    const codes = first.ledger.listArticleCodes('', 100_000).map(({ code }) => code.toLowerCase())
    expect(codes.length).toBeGreaterThan(COUNT)
    for (const code of codes) {
      const [expected, found] = [first, second].map(({ ledger }) =>
        renderTarget(ledger, parsed.value, linkTarget(code), 0, true),
      )
      const content = (rendering: typeof expected) =>
        // The change times of links differ between the desks.
        rendering?.kind === 'content' && rendering.content.kind === 'link'
          ? JSON.stringify(rendering.content.record.codes)
          : JSON.stringify(rendering)
      expect(content(found), code).toBe(content(expected))
    }
    first.close()
    second.close()
  }, 300_000)
})

describe('an export file', () => {
  let desk: Embedded
  beforeAll(async () => {
    desk = await start('three')
  }, 120_000)
  afterAll(async () => await desk?.end('SIGTERM'))

  it.each([
    ['', 'its first line is not the header of an export'],
    ['> npm run dateline\n{"record":"desk"}\n', 'its first line is not the header of an export'],
  ])('that contains only %j is refused in one sentence', async (text, why) => {
    writeFileSync(join(folder, 'bad.ndjson'), text)
    const result = await dateline('three', ['import', 'bad.ndjson'])
    expect(result).toEqual({ code: 1, stdout: '', stderr: `Cannot import "bad.ndjson": ${why}\n` })
  })

  it('that does not exist is reported', async () => {
    expect((await dateline('three', ['import', 'nowhere.ndjson'])).stderr).toBe(
      'Cannot read "nowhere.ndjson": there is no such file or folder\n',
    )
  })

  it('that is truncated is refused before anything is imported; from a pipe, it is refused at its end', async () => {
    const [header = '', ...rest] = readFileSync(join(folder, 'all.ndjson'), 'utf8').split('\n')
    const cut = [header, ...rest.slice(0, 50)].join('\n')
    writeFileSync(join(folder, 'cut.ndjson'), cut)
    const result = await dateline('three', ['import', 'cut.ndjson'])
    expect(result.stderr).toBe(
      'Cannot import "cut.ndjson": it is incomplete, the end record is missing\n',
    )
    expect(await (await desk.api('/api/import')).json()).toEqual({ state: 'empty' })
    const piped = await dateline('three', ['import'], cut)
    expect([piped.code, piped.stderr]).toEqual([
      1,
      'Cannot import "-": it is incomplete, the end record is missing\n',
    ])
    expect(piped.stdout).toBe('51 lines imported; to continue, run the same import again\n')
    expect(await (await desk.api('/api/import')).json()).toMatchObject({ state: 'under-way' })
    expect(await dateline('three', ['import', '--abandon'])).toMatchObject({
      code: 0,
      stdout: 'The import is abandoned; the desk is empty and open\n',
    })
    expect(await dateline('three', ['import', '--abandon'])).toMatchObject({
      code: 1,
      stderr: 'Cannot abandon an import: no import is under way\n',
    })
  })

  it('is not left behind by an interrupted export', async () => {
    const breaking = createServer((request, response) => {
      const first = request.url === '/api/export'
      const type = first ? 'application/x-ndjson' : 'application/problem+json'
      const link = { Link: '</api/export?after=x>; rel="next"' }
      response.writeHead(first ? 200 : 500, { 'Content-Type': type, ...(first && link) })
      const problem = { title: 'Broken', status: 500, detail: 'Cannot answer: it broke' }
      response.end(first ? '{"record":"desk"}\n' : JSON.stringify(problem))
    })
    await new Promise<void>((listening) => breaking.listen(0, '127.0.0.1', listening))
    const { port } = breaking.address() as AddressInfo
    const target = ['--url', `http://127.0.0.1:${port}`, 'export']
    const broken = await dateline('three', [...target, 'never.ndjson'], undefined, 'x'.repeat(16))
    expect(broken).toEqual({
      code: 1,
      stdout: 'Stopped after line 1\n',
      stderr: 'Cannot answer: it broke\n',
    })
    expect(readdirSync(folder).filter((name) => name.startsWith('never'))).toEqual([])
    const piped = await dateline('three', target, undefined, 'x'.repeat(16))
    expect(piped).toEqual({
      code: 1,
      stdout: '{"record":"desk"}\n',
      stderr: 'Cannot answer: it broke\n',
    })
    breaking.close()
    expect((await dateline('three', ['export', 'empty.ndjson'])).code).toBe(0)
    expect(readFileSync(join(folder, 'empty.ndjson'), 'utf8').split('\n')).toHaveLength(3)
  })
})
