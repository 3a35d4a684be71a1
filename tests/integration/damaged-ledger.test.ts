/**
 * Tests `npm start` with a damaged or lost ledger: the operator gets the name of the file and the
 * way to restore it, readers are served from KV, nothing can be published, and a backup can be
 * imported.
 */
import {
  closeSync,
  cpSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Embedded,
  endAll,
  MAIN,
  removeFolder,
  runProgram,
  startEmbedded,
  temporaryFolder,
} from '../support/embedded.ts'
import { until } from '../support/until.ts'

const PAGE = 4096

let folder: string
let backup: string
const ids = Array.from({ length: 30 }, (_, index) => `story-${index}`)

/** Returns the file of the ledger in a state folder. */
function findLedger(state: string): string {
  const objects = join(state, 'store/do/dateline-Desk')
  const name = readdirSync(objects).find((each) => /^[0-9a-f]{64}\.sqlite$/.test(each))
  if (name === undefined) throw new Error('There is no ledger')
  return join(objects, name)
}

function overwrite(file: string, from: number, length: number): void {
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, Buffer.alloc(length, 0x5a), 0, length, from)
  closeSync(descriptor)
}

const cli = (state: string, ...words: string[]) =>
  runProgram(process.execPath, [...MAIN, ...words], { env: { DATELINE_STATE: state } })

beforeAll(async () => {
  folder = temporaryFolder()
  backup = join(folder, 'backup.ndjson')
  const state = join(folder, 'whole')
  const desk = await startEmbedded(state, { ARTICLES: 'none' })
  const lines = ids.map((id) =>
    JSON.stringify({ id, title: `Title of ${id}`, html: `<p>${id} says it. </p>`.repeat(200) }),
  )
  const published = await desk.api('/api/articles', {
    method: 'POST',
    body: lines.join('\n'),
    headers: { 'Content-Type': 'application/x-ndjson' },
  })
  expect(published.status).toBe(200)
  expect((await fetch(`${desk.url}/rss.xml`)).status).toBe(200)
  await until('the outbox is empty', async () => {
    const report = (await (await desk.api('/api/outbox')).json()) as { owed: number }
    return report.owed === 0
  })
  expect((await cli(state, 'export', backup)).code).toBe(0)
  expect(await desk.end('SIGTERM')).toBe(0)
  // SQLite would repair the damage from its journal, so the journal is emptied.
  const ledger = new DatabaseSync(findLedger(state))
  ledger.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  ledger.close()
}, 120_000)
afterAll(() => {
  endAll()
  removeFolder(folder)
})

/** Starts a copy of the state after `damage` has changed its ledger. */
async function startWithDamage(
  name: string,
  damage: (ledger: string) => void,
): Promise<Embedded & { ledger: string }> {
  const state = join(folder, name)
  cpSync(join(folder, 'whole'), state, { recursive: true })
  const ledger = findLedger(state)
  damage(ledger)
  const desk = await startEmbedded(state, { ARTICLES: 'none' })
  return Object.assign(desk, { ledger })
}

/** Expects that documents in KV are served, and that others are 503 instead of 404. */
async function expectReadersServed({ url }: Embedded): Promise<void> {
  const page = await fetch(`${url}/articles/story-7`)
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('story-7 says it.')
  const unknown = await fetch(`${url}/articles/nobody-knows`, { headers: { Accept: 'text/html' } })
  expect(unknown.status).toBe(503)
  expect(await unknown.text()).not.toContain('ledger')
}

async function expectRefused(desk: Embedded, sentence: RegExp): Promise<void> {
  const requests: [string, RequestInit][] = [
    ['/api/articles/new', { method: 'PUT', body: '{"title":"New","html":"<p>x</p>"}' }],
    ['/api/articles/story-7', { method: 'DELETE', body: '{}' }],
    ['/api/articles/story-7', {}],
    ['/api/articles', {}],
    ['/api/export', {}],
    ['/api/rebuild', { method: 'POST' }],
    ['/api/outbox', {}],
    ['/healthz', {}],
  ]
  for (const [path, init] of requests) {
    const headers = { 'Content-Type': 'application/json' }
    const response = await desk.api(path, { ...init, headers })
    expect(response.status, path).toBe(503)
    expect(((await response.json()) as { detail: string }).detail, path).toMatch(sentence)
  }
  const rebuilt = await cli(desk.stateFolder, 'rebuild')
  expect(rebuilt.stderr).toMatch(sentence)
  expect(rebuilt.code).toBe(1)
}

const expectNoStack = (text: string): void => {
  expect(text).not.toMatch(/^\s+at |stack: /m)
}

describe('a damaged ledger', () => {
  it.concurrent.each([
    ['whose beginning is overwritten', (file: string) => overwrite(file, 0, PAGE)],
    ['that was cut short', (file: string) => truncateSync(file, statSync(file).size / 2)],
    [
      'with a page in its middle overwritten',
      (file: string) =>
        overwrite(file, Math.floor(statSync(file).size / PAGE / 2) * PAGE, 2 * PAGE),
    ],
  ])(
    '%s is reported at the start with the name of its file, and closes the desk',
    async (name, damage) => {
      const desk = await startWithDamage(name, damage)
      const { size } = statSync(desk.ledger)
      expect(desk.stderr()).toContain('the ledger of this desk is damaged')
      expect(desk.stderr()).toContain(`The ledger is ${desk.ledger}. To restore it: stop npm start`)
      await expectReadersServed(desk)
      await expectRefused(desk, /^Cannot .+: the ledger of this desk is damaged \(.+\)/)
      expectNoStack(desk.stderr())
      await desk.end('SIGTERM')
      expect(statSync(desk.ledger).size, 'the ledger was not changed').toBe(size)
    },
    120_000,
  )
})

describe('a ledger', () => {
  const MISSING = /^Cannot .+: the ledger of this desk is empty, but KV has published documents/

  it('that was emptied closes the desk if KV has documents', async () => {
    const desk = await startWithDamage('emptied', (file) => writeFileSync(file, ''))
    expect(desk.stderr()).toMatch(/the ledger of this desk is empty/)
    await expectReadersServed(desk)
    await expectRefused(desk, MISSING)
    await desk.end('SIGTERM')
  }, 120_000)

  it('that was deleted closes the desk if KV has documents, until a backup is imported', async () => {
    let desk: Embedded = await startWithDamage('deleted', (file) => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
    })
    await expectRefused(desk, MISSING)
    await desk.end('SIGTERM')
    desk = await startEmbedded(desk.stateFolder, { ARTICLES: 'none' })
    await expectReadersServed(desk)
    await expectRefused(desk, MISSING)
    const imported = await cli(desk.stateFolder, 'import', backup)
    expect(imported).toMatchObject({ code: 0, stderr: '' })
    expect((await desk.api('/api/articles/story-7')).status).toBe(200)
    await until('the rebuild has ended', async () => {
      const report = (await (await desk.api('/api/outbox')).json()) as Record<string, unknown>
      return report['owed'] === 0 && report['rebuilding'] === false
    })
    expect((await fetch(`${desk.url}/articles/story-7`)).status).toBe(200)
    expect((await fetch(`${desk.url}/articles/nobody-knows`)).status).toBe(404)
    await desk.end('SIGTERM')
    desk = await startEmbedded(desk.stateFolder, { ARTICLES: 'none' })
    expect(desk.stderr()).toBe('')
    expect((await desk.api('/api/articles/story-7')).status).toBe(200)
    await desk.end('SIGTERM')
  }, 240_000)
})
