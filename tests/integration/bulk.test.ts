/** Tests publishing an archive from the command line: batches, progress, kills and resuming. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cleanEnvironment, MAIN, runProgram } from '../support/embedded.ts'
import { openHoldingProxy } from '../support/holding-proxy.ts'
import { type Newsroom, openNewsroom, TOKEN } from '../support/newsroom.ts'
import { freePort } from '../support/port.ts'
import { until } from '../support/until.ts'

/** The file is sent in five requests of 200 lines; three are accepted before the kill. */
const COUNT = 1000
const ACCEPTED_REQUESTS = 3

let newsroom: Newsroom
let folder: string
beforeAll(async () => {
  newsroom = await openNewsroom()
})
afterAll(async () => await newsroom?.close())
beforeEach(() => {
  if (folder) rmSync(folder, { recursive: true, force: true })
  folder = mkdtempSync(join(tmpdir(), 'dateline-archive-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const environment = (): Record<string, string> => ({
  DATELINE_STATE: join(folder, 'state'),
  DATELINE_TOKEN: TOKEN,
  DATELINE_URL: newsroom.url,
})
const dateline = (args: string[], env: Record<string, string> = {}) =>
  runProgram(process.execPath, [...MAIN, ...args], {
    cwd: folder,
    env: { ...environment(), ...env },
  })
const lines = (text: string): string[] => text.trimEnd().split('\n')
const line = (id: string, more: Record<string, unknown> = {}): string =>
  JSON.stringify({ id, title: `Story ${id}`, body: `Text of ${id}.`, section: 'archive', ...more })
const write = (name: string, all: string[]): void =>
  writeFileSync(join(folder, name), all.join('\n'))

/** Returns the revisions of all articles whose ids begin with `prefix`, by id. */
async function readRevisions(prefix: string): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  let next: string | undefined = '/api/articles'
  while (next !== undefined) {
    const page = (await (await newsroom.api(next)).json()) as {
      articles: { id: string; revision: number }[]
      next?: string
    }
    for (const { id, revision } of page.articles) if (id.startsWith(prefix)) found.set(id, revision)
    next = page.next && `/api/articles${new URL(page.next, newsroom.url).search}`
  }
  return found
}

describe('publishing an NDJSON file', () => {
  it('sends the whole file the first time, and afterwards only the lines that have changed', async () => {
    const all = Array.from({ length: 450 }, (_, index) => line(`once-${index}`))
    write('all.ndjson', all)
    const first = await dateline(['publish', 'all.ndjson'])
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(lines(first.stdout)[0]).toMatch(
      /^all\.ndjson:1: published, https:\/\/nws\.example\/\w+$/,
    )
    expect(lines(first.stdout).at(-1)).toBe('450 published')
    expect(lines((await dateline(['publish', 'all.ndjson'])).stdout).at(-1)).toBe('450 skipped')
    write('all.ndjson', ['', ...all.with(7, line('once-7', { title: 'Changed' })), ''])
    const again = await dateline(['publish', 'all.ndjson'])
    expect(lines(again.stdout).at(-1)).toBe('449 skipped, 1 changed')
    expect(again.stdout).toMatch(/^all\.ndjson:9: changed, /m)
    expect((await readRevisions('once-')).size).toBe(450)
  })

  it('reports each fault with its line and sends the other lines; a check finds the same faults without a desk', async () => {
    write('faulty.ndjson', [
      line('good-one'),
      line('bad-title', { title: '' }),
      '{"id": "broken"',
      JSON.stringify({ title: 'Nobody', body: 'x' }),
      line('bad-key', { tittle: 'x' }),
      line('good-two'),
    ])
    const result = await dateline(['publish', 'faulty.ndjson'])
    expect(result.code).toBe(1)
    expect(lines(result.stdout).at(-1)).toBe('2 published, 4 failed')
    const checked = await dateline(['check', 'faulty.ndjson'], {
      DATELINE_URL: 'http://nowhere.invalid',
    })
    expect(checked.code).toBe(1)
    for (const stderr of [result.stderr, checked.stderr]) {
      expect(stderr).toContain('faulty.ndjson:2: title is empty\n')
      expect(stderr).toMatch(/^faulty\.ndjson:3: .*not JSON/m)
      expect(stderr).toMatch(/^faulty\.ndjson:4: id is missing/m)
      expect(stderr).toMatch(/^faulty\.ndjson:5: "tittle" is not a key/m)
      expect(lines(stderr)).toHaveLength(4)
    }
    expect(lines(checked.stdout).at(-1)).toBe('6 manuscripts checked, 4 with faults')
  })

  it.each(['SIGKILL', 'SIGINT'] as const)(
    'resumes after %s, and publishes every article exactly once',
    async (signal) => {
      const prefix = signal.toLowerCase()
      write(
        'archive.ndjson',
        Array.from({ length: COUNT }, (_, index) => line(`${prefix}-${index}`)),
      )
      const isBulkRequest = (method: string, path: string): boolean =>
        method === 'POST' && path === '/api/articles'
      const proxy = await openHoldingProxy(newsroom.url, isBulkRequest, ACCEPTED_REQUESTS)
      const throughProxy = { ...environment(), DATELINE_URL: proxy.url }
      const child = spawn(process.execPath, [...MAIN, 'publish', 'archive.ndjson'], {
        cwd: folder,
        env: cleanEnvironment(throughProxy),
        stdio: 'ignore',
      })
      const ended = new Promise((resolve) =>
        child.once('exit', (code, how) => resolve(how ?? code)),
      )
      await until('400 manuscripts are acknowledged', async () => {
        const journals = readdirSync(folder).includes('state')
          ? readdirSync(join(folder, 'state'))
          : []
        const journal = journals.find((name) => name.startsWith('seen'))
        return (
          journal !== undefined &&
          lines(readFileSync(join(folder, 'state', journal), 'utf8')).length >= 400
        )
      })
      child.kill(signal)
      expect(await ended).toBe(signal === 'SIGINT' ? 130 : signal)
      const before = (await readRevisions(`${prefix}-`)).size
      expect(before).toBeGreaterThanOrEqual(400)
      expect(before).toBeLessThan(COUNT)
      // The second run also uses the proxy, because each address of a desk has its own journal.
      proxy.passAll()
      const again = await dateline(['publish', 'archive.ndjson'], { DATELINE_URL: proxy.url })
      await proxy.close()
      expect(again.code).toBe(0)
      const counts = /^(\d+) skipped, (?:(\d+) unchanged, )?(\d+) published$/.exec(
        lines(again.stdout).at(-1) ?? '',
      )
      expect(Number(counts?.[1])).toBeGreaterThanOrEqual(400)
      // Only the requests that were running at the kill can have been accepted without a response.
      expect(Number(counts?.[2] ?? 0)).toBeLessThanOrEqual(400)
      const all = await readRevisions(`${prefix}-`)
      expect(all.size).toBe(COUNT)
      expect(new Set(all.values())).toEqual(new Set([1]))
    },
    180_000,
  )
})

describe('progress on a terminal', () => {
  it('shows count, rate and remaining time', async () => {
    write(
      'many.ndjson',
      Array.from({ length: COUNT }, (_, index) => line(`shown-${index}`)),
    )
    const command = [process.execPath, ...MAIN, 'publish', 'many.ndjson']
      .map((part) => `'${part}'`)
      .join(' ')
    const result = await runProgram(
      'script',
      ['-qec', `stty rows 24 columns 100; ${command}`, '/dev/null'],
      {
        cwd: folder,
        env: { ...environment(), TERM: 'xterm-256color' },
      },
    )
    expect(result.code).toBe(0)
    expect(result.stdout).toMatch(/Publishing [\d,]+, [\d,.]+\/s, \d+ (?:s|min) left/)
    expect(result.stdout).toContain(`${COUNT} published`)
  }, 120_000)
})

describe('a desk that does not respond, or refuses the token,', () => {
  it('is reported in one sentence', async () => {
    write('none.ndjson', [line('none')])
    const result = await dateline(['publish', 'none.ndjson'], {
      DATELINE_URL: `http://127.0.0.1:${await freePort()}`,
    })
    expect(result.code).toBe(1)
    expect(result.stderr).toMatch(/^Cannot reach the desk at http:.*ECONNREFUSED.*\n$/)
    const wrongToken = await dateline(['publish', 'none.ndjson'], {
      DATELINE_TOKEN: 'x'.repeat(20),
    })
    expect(wrongToken.code).toBe(1)
    expect(lines(wrongToken.stderr)).toHaveLength(1)
    expect(wrongToken.stderr).toMatch(/bearer token/)
  })
})
