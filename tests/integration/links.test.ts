/**
 * Tests `dateline links` as an operator uses it: an import changes everything or nothing and
 * resumes after a kill; an export can be verified and imported again.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  cleanEnvironment,
  type Embedded,
  endAll,
  MAIN,
  type ProgramResult,
  removeFolder,
  runProgram,
  startEmbedded,
  temporaryFolder,
} from '../support/embedded.ts'
import { openHoldingProxy } from '../support/holding-proxy.ts'
import { manuscript, SETTINGS } from '../support/newsroom.ts'
import { until } from '../support/until.ts'

const ENVIRONMENT = { ...SETTINGS, ARTICLES: 'none' }
const PAGE = 'https://www.news.example/pages'
/** The number of links in the largest list, which is sent in two requests of at most a thousand. */
const BIG = 1200

let firstDesk: Embedded
let secondDesk: Embedded
/** The operator's folder. */
let folder: string
const states = { first: temporaryFolder(), second: temporaryFolder() }

beforeAll(async () => {
  firstDesk = await startEmbedded(states.first, ENVIRONMENT)
  secondDesk = await startEmbedded(states.second, ENVIRONMENT)
}, 120_000)
afterAll(async () => {
  await Promise.all([firstDesk?.end('SIGTERM'), secondDesk?.end('SIGTERM')])
  endAll()
  for (const state of Object.values(states)) removeFolder(state)
})
beforeEach(() => {
  if (folder) rmSync(folder, { recursive: true, force: true })
  folder = mkdtempSync(join(tmpdir(), 'dateline-operator-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const dateline = (args: string[], state = states.first): Promise<ProgramResult> =>
  runProgram(process.execPath, [...MAIN, ...args], {
    cwd: folder,
    env: { DATELINE_STATE: state },
  })
const write = (name: string, lines: string[]): void =>
  writeFileSync(join(folder, name), lines.map((line) => `${line}\r\n`).join(''))
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
const getLines = (text: string): string[] => text.trimEnd().split('\n')
const readLink = async (code: string, desk = firstDesk): Promise<Record<string, unknown>> =>
  (await (await desk.api(`/api/links/${code}`)).json()) as Record<string, unknown>
const readStatus = async (code: string): Promise<number> =>
  (await firstDesk.api(`/api/links/${code}`)).status
const publish = (desk: Embedded, id: string, more: Record<string, unknown>) =>
  desk.api(`/api/articles/${id}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(manuscript(more)),
  })

describe('single links', () => {
  it('are created, listed and removed, and each fault is reported in one sentence', async () => {
    const put = await dateline(['links', 'put', 'one-map', `${PAGE}/map`, '--title', 'The map'])
    expect(put).toEqual({
      code: 0,
      stdout: `${SETTINGS.SHORT_URL}/one-map redirects to ${PAGE}/map\n`,
      stderr: '',
    })
    await publish(firstDesk, 'one-story', { code: 'onestory' })
    const alias = await dateline(['links', 'put', 'ONE-map', 'one-story'])
    expect(getLines(alias.stdout)).toEqual([
      `${SETTINGS.SHORT_URL}/ONE-map redirects to ${SETTINGS.SITE_URL}/articles/one-story`,
      'Upper and lower case now matter for ONE-map and one-map',
    ])
    const evil = await dateline(['links', 'put', 'evil', 'https://evil.example/'])
    expect(evil).toEqual({
      code: 1,
      stdout: '',
      stderr: 'url is on host "evil.example", which neither SITE_URL nor ALLOWED_HOSTS names\n',
    })
    expect((await dateline(['links', 'put', 'a b', 'one-story'])).stderr).toBe(
      'code is not 1 to 64 characters of A-Z, a-z, 0-9, _ and -\n',
    )
    expect((await dateline(['links', 'put', 'onestory', `${PAGE}/x`])).stderr).toBe(
      'Cannot change "onestory": it is a code of the article "one-story", and stays with the article\n',
    )
    const removed = await dateline(['links', 'remove', 'one-map', '--legal', 'A court forbids it'])
    expect(removed.stdout).toContain(`one-map is removed; it redirected to ${PAGE}/map\n`)
    expect(await readLink('one-map')).toMatchObject({ legal: 'A court forbids it' })
    const list = await dateline(['links', 'list'])
    expect(list.stdout).toMatch(/^one-map +removed +https:\S+ +The map$/m)
    expect(list.stdout).toMatch(/^onestory +live +https:\S+ +A headline$/m)
  })

  it('are withdrawn with their article, and show readers the legal demand', async () => {
    await publish(firstDesk, 'forbidden', { code: 'forbidden' })
    const result = await dateline(['withdraw', 'forbidden', '--legal', 'A court forbids it'])
    expect(result.stdout).toBe(
      `forbidden: withdrawn; ${SETTINGS.SHORT_URL}/forbidden now reports the withdrawal and its reason\n`,
    )
    await until('readers get the legal demand', async () => {
      const response = await fetch(`${firstDesk.url}/forbidden`, {
        headers: { Accept: 'application/json' },
        redirect: 'manual',
      })
      return response.status === 451 && (await response.text()).includes('A court forbids it')
    })
  })
})

describe('unknown codes', () => {
  it('that readers tried are listed with their number of requests and the last day', async () => {
    expect((await dateline(['links', 'misses'], states.second)).stdout).toBe(
      'No reader has tried an unknown code\n',
    )
    await fetch(`${secondDesk.url}/misprint`)
    const today = new Date().toISOString().slice(0, 10)
    const result = await dateline(['links', 'misses', '--limit', '5'], states.second)
    expect(result).toEqual({ code: 0, stdout: `     1  ${today}  misprint\n`, stderr: '' })
    expect((await dateline(['links', 'misses', '--limit', 'x'])).code).toBe(1)
  })
})

describe('importing a list', () => {
  it('changes nothing if a line is invalid, and reports every fault with its line', async () => {
    await publish(firstDesk, 'taken', { code: 'taken' })
    await dateline(['links', 'put', 'elsewhere', `${PAGE}/elsewhere`])
    write('old.csv', [
      'url,code,created,title,clicks',
      `${PAGE}/a,Fault-A,2014-03-01T09:00:00Z,"A, ""quoted""\r\ntitle",7`,
      `${PAGE}/b,taken,,,`,
      `${PAGE}/c,elsewhere,,,`,
      `https://evil.example/,fault-d,,,`,
      `javascript:alert(1),fault-e,,,`,
      `${PAGE}/f,fault f,,,`,
      `${PAGE}/g,Fault-A,,,`,
      `${PAGE}/h,api,,,`,
      `${PAGE}/i,fault-i,yesterday,,`,
      `,fault-j,,,`,
      `alone`,
      `${PAGE}/k,shit,,,`,
    ])
    const result = await dateline(['links', 'import', 'old.csv'])
    expect(result.code).toBe(1)
    expect(getLines(result.stderr).sort()).toEqual(
      [
        'old.csv:10: code is reserved for an address of the site',
        'old.csv:11: created is not a time with an offset such as 2026-01-15T09:00:00Z, nor a date',
        'old.csv:12: url is empty',
        'old.csv:13: the row has 1 cell instead of 2 to 5, separated by commas',
        'old.csv:4: Cannot import "taken": it is a code of the article "taken", and stays with the article',
        `old.csv:5: Cannot import "elsewhere": it already redirects to ${PAGE}/elsewhere`,
        'old.csv:6: url is on host "evil.example", which neither SITE_URL nor ALLOWED_HOSTS names',
        'old.csv:7: url is not an absolute http or https address',
        'old.csv:8: code is not 1 to 64 characters of A-Z, a-z, 0-9, _ and -',
        'old.csv:9: code is already used in line 2',
        'Nothing was imported; with --skip, the other lines are imported',
      ].sort(),
    )
    expect(getLines(result.stdout)).toEqual([
      'old.csv:1: ignored columns: clicks',
      '12 links checked: 2 new, 0 unchanged, 10 with faults',
    ])
    expect(await readStatus('Fault-A')).toBe(404)
    expect(await readStatus('shit')).toBe(404)
    const both = await dateline(['links', 'import', '--skip', '--dry-run', 'old.csv'])
    expect(getLines(both.stderr)).toContain(
      'Nothing was imported; without --dry-run, the other lines are imported',
    )
    const skipped = await dateline(['links', 'import', '--skip', 'old.csv'])
    expect([skipped.code, getLines(skipped.stdout).at(-1)]).toEqual([
      0,
      '2 new, 0 unchanged, 10 skipped',
    ])
    expect(await readLink('Fault-A')).toMatchObject({
      url: `${PAGE}/a`,
      title: 'A, "quoted" title',
      created: '2014-03-01T09:00:00Z',
    })
    expect(await readStatus('shit')).toBe(200)
    expect(await readLink('elsewhere')).toMatchObject({ url: `${PAGE}/elsewhere` })
  })

  it('only validates the list with --dry-run, and changes nothing if the list was imported before', async () => {
    write('old.csv', [`again-1,${PAGE}/1`, `again-2,${PAGE}/2,T`])
    const tried = await dateline(['links', 'import', '--dry-run', 'old.csv'])
    expect(tried).toEqual({
      code: 0,
      stdout: '2 links checked: 2 new, 0 unchanged, 0 with faults\n',
      stderr: '',
    })
    expect(await readStatus('again-1')).toBe(404)
    expect(getLines((await dateline(['links', 'import', 'old.csv'])).stdout)[1]).toBe(
      '2 new, 0 unchanged',
    )
    expect(getLines((await dateline(['links', 'import', 'old.csv'])).stdout)[1]).toBe(
      '0 new, 2 unchanged',
    )
    expect(await readLink('again-2')).toMatchObject({ revision: 1 })
  })

  it('reports the codes, new or existing, that now need their exact case', async () => {
    await dateline(['links', 'put', 'fold-a', `${PAGE}/a`])
    const pairs = Array.from({ length: 15 }, (_, n) => [
      `Pair-${n},${PAGE}/${n}`,
      `pAIR-${n},${PAGE}/${n}`,
    ]).flat()
    write('old.csv', [`FOLD-a,${PAGE}/b`, `fold-alone,${PAGE}/c`, ...pairs])
    const result = await dateline(['links', 'import', 'old.csv'])
    const [, summary, first, second] = getLines(result.stdout)
    expect(summary).toBe('32 new, 0 unchanged')
    expect(first).toBe(
      '32 codes differ from others only in case, and work only exactly as written:',
    )
    expect(second).toMatch(/^ {2}FOLD-a Pair-0 .* and 12 more; --json lists all$/)
    const json = getLines((await dateline(['--json', 'links', 'import', 'old.csv'])).stdout)
    const report = JSON.parse(json.at(-1) ?? '{}') as { exact_only: string[] }
    expect(report).toMatchObject({ new: 0, unchanged: 32, imported: true })
    expect(report.exact_only).toHaveLength(32)
    expect(report.exact_only).toEqual(expect.arrayContaining(['fold-a', 'FOLD-a', 'pAIR-14']))
    expect(report.exact_only).not.toContain('fold-alone')
  })

  it.each([
    [
      'x,"https://a.example/',
      'Cannot read "bad.csv:1": a quotation mark is opened here and never closed\n',
    ],
    ['', 'Cannot read "bad.csv:1": it contains no links\n'],
    ['code,url', 'Cannot read "bad.csv:1": it contains no links\n'],
  ])('refuses a list that cannot be read, such as %j, in one sentence', async (text, why) => {
    write('bad.csv', text === '' ? [] : [text])
    const result = await dateline(['links', 'import', 'bad.csv'])
    expect([result.code, result.stderr]).toEqual([1, why])
    expect((await dateline(['links', 'import', 'nowhere.csv'])).stderr).toBe(
      'Cannot read "nowhere.csv": there is no such file or folder\n',
    )
  })

  it('resumes after a kill', async () => {
    const isBatch = (method: string, path: string): boolean =>
      method === 'POST' && path.startsWith('/api/links?check=false')
    const proxy = await openHoldingProxy(firstDesk.url, isBatch, 1)
    write(
      'big.csv',
      Array.from({ length: BIG }, (_, n) => `big-${n},${PAGE}/${n},Page ${n}`),
    )
    const args = ['--url', proxy.url, 'links', 'import', 'big.csv']
    const child = spawn(process.execPath, [...MAIN, ...args], {
      cwd: folder,
      env: cleanEnvironment({ DATELINE_STATE: states.first, DATELINE_TOKEN: firstDesk.token }),
      stdio: 'ignore',
    })
    await until('a part is imported', async () => (await readStatus('big-0')) === 200, 120_000)
    child.kill('SIGKILL')
    await new Promise((ended) => child.once('close', ended))
    await proxy.close()
    expect(await readStatus(`big-${BIG - 1}`)).toBe(404)
    const result = await dateline(['links', 'import', 'big.csv'])
    expect(result).toMatchObject({ code: 0, stderr: '' })
    const [, added = 0, unchanged = 0] = /^(\d+) new, (\d+) unchanged$/m.exec(result.stdout) ?? []
    expect(Number(added) + Number(unchanged)).toBe(BIG)
    expect(Number(unchanged)).toBeGreaterThan(0)
    expect(Number(added)).toBeGreaterThan(0)
    expect(await readLink(`big-${BIG - 1}`)).toMatchObject({ url: `${PAGE}/${BIG - 1}` })
  }, 240_000)
})

describe('an export of links', () => {
  it('is complete, readable only by its owner, and verified by sha256sum; its CSV restores live links on another desk', async () => {
    const titles = ['"Quoted", with commas', "=SUM(A1), '; --", 'خبر عاجل', '🚀 \\ / <b>']
    for (const [index, title] of titles.entries())
      await dateline(['links', 'put', `Title-${index}`, `${PAGE}/t${index}`, '--title', title])
    const ends = await dateline(['links', 'put', 'ends', `${PAGE}/ends`, '--expires', '2099-01-01'])
    expect(ends.stdout).toContain(`/ends redirects to ${PAGE}/ends until 2099-01-01T00:00:00Z\n`)
    await dateline(['links', 'put', 'over', `${PAGE}/over`])
    await dateline(['links', 'remove', 'over'])
    await publish(firstDesk, 'stays', { code: 'stays' })
    await publish(firstDesk, 'taken', { code: 'taken' })
    const canonical = 'https://www.news.example/2026/moved'
    await publish(firstDesk, 'moved', { code: 'moved', canonical })
    await publish(firstDesk, 'early', {
      code: 'early',
      canonical: `${PAGE}/early`,
      published: '2099-01-01',
    })
    const result = await dateline(['links', 'export', 'escrow'])
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(readdirSync(join(folder, 'escrow')).sort()).toEqual([
      'SHA256SUMS',
      'links.csv',
      'links.ndjson',
    ])
    for (const name of readdirSync(join(folder, 'escrow')))
      expect(statSync(join(folder, 'escrow', name)).mode & 0o777).toBe(0o600)
    const sums = await runProgram('sha256sum', ['-c', 'SHA256SUMS'], {
      cwd: join(folder, 'escrow'),
    })
    expect(sums).toMatchObject({ code: 0, stdout: 'links.csv: OK\nlinks.ndjson: OK\n' })
    const csv = read('escrow/links.csv')
    expect(csv.split('\r\n')[0]).toMatch(/^code,url,title,created,status,article,/)
    const records = getLines(read('escrow/links.ndjson')).map(
      (line) => JSON.parse(line) as Record<string, unknown>,
    )
    expect(result.stdout).toBe(`${records.length} links exported to escrow\n`)
    for (const code of ['over', 'moved', 'early', 'Title-0', `big-${BIG - 1}`])
      expect(records.find((record) => record['code'] === code)).toEqual(await readLink(code))
    await publish(secondDesk, 'taken', { code: 'taken' })
    const active = records.filter(
      ({ status, url }) =>
        status === 'live' && String(url).startsWith(`${SETTINGS.SITE_URL}/articles/`),
    )
    const again = await dateline(['links', 'import', '--skip', 'escrow/links.csv'], states.second)
    expect(again.code).toBe(0)
    expect(getLines(again.stdout)[0]).toMatch(/; \d+ skipped because they are not live$/)
    // Links to missing articles are reported, and the second desk has only one of the first desk's
    // articles.
    expect(getLines(again.stderr)).toHaveLength(active.length - 1)
    for (const code of [...titles.keys()].map((index) => `Title-${index}`))
      expect(await readLink(code, secondDesk)).toMatchObject(
        Object.fromEntries(
          Object.entries(await readLink(code)).filter(([key]) =>
            ['code', 'url', 'title', 'created', 'folds'].includes(key),
          ),
        ),
      )
    expect(await readLink('ends', secondDesk)).toMatchObject({ expires: '2099-01-01T00:00:00Z' })
    expect(await readLink('moved', secondDesk)).toMatchObject({
      url: canonical,
      title: 'A headline',
    })
    for (const code of ['over', 'early', 'one-map'])
      expect((await secondDesk.api(`/api/links/${code}`)).status, code).toBe(404)
    expect(
      getLines((await dateline(['links', 'import', 'escrow/links.csv'])).stdout).at(1),
    ).toMatch(/^0 new, \d+ unchanged$/)
  }, 240_000)

  it('that is interrupted leaves the previous files unchanged, and no incomplete ones', async () => {
    writeFileSync(join(folder, 'links.csv'), 'before')
    const nowhere = ['--url', 'http://127.0.0.1:9', 'links', 'export', '.']
    const result = await runProgram(process.execPath, [...MAIN, ...nowhere], {
      cwd: folder,
      env: { DATELINE_STATE: states.first, DATELINE_TOKEN: 'x'.repeat(16) },
    })
    expect([result.code, result.stdout]).toEqual([1, ''])
    expect(result.stderr).toMatch(/^Cannot reach the desk at http:\/\/127\.0\.0\.1:9: /)
    expect([readdirSync(folder), read('links.csv')]).toEqual([['links.csv'], 'before'])
  })
})
