/**
 * The import of links with a desk that fails meanwhile: no temporary failure is reported as a
 * fault.
 */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CommandContext } from '../../src/cli/commands.ts'
import { importLinks } from '../../src/cli/link-import.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dateline-import-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const PAGE = 'https://news.example/pages'
const list = (count: number): void =>
  writeFileSync(
    join(folder, 'old.csv'),
    Array.from({ length: count }, (_, n) => `c${n},${PAGE}/${n}\n`).join(''),
  )

type ImportRequest = { check: boolean; codes: string[] }
/** How the desk treats a request: responds, fails completely, or fails for its last line. */
type Behaviour = 'answers' | 'fails' | 'fails for the last'

/** Simulates a desk that behaves as listed, once for each request, and responds normally afterwards. */
function simulateImport(
  behaviours: Behaviour[],
  onRequest: (request: ImportRequest) => void = () => undefined,
) {
  const requests: ImportRequest[] = []
  const waits: number[] = []
  const printed: string[] = []
  const importedCodes = new Set<string>()
  const transient = { title: 'Later', status: 503, detail: 'Cannot answer now: the store did not' }
  const desk: typeof fetch = async (address, init) => {
    const check = new URL(String(address)).searchParams.get('check') === 'true'
    const lines = String(init?.body).trimEnd().split('\n')
    const codes = lines.map((line) => (JSON.parse(line) as { code: string }).code)
    const request = { check, codes }
    requests.push(request)
    onRequest(request)
    const behaviour = behaviours.shift() ?? 'answers'
    if (behaviour === 'fails') return Response.json(transient, { status: 503 })
    const results = codes.map((code, index) => {
      if (behaviour === 'fails for the last' && index === codes.length - 1)
        return { line: index + 1, code, status: 503, problem: transient }
      const isImported = importedCodes.has(code)
      if (!check) importedCodes.add(code)
      const receipt = {
        code,
        short_url: `https://nws.example/${code}`,
        status: 'live',
        url: PAGE,
        created: '2026-01-01T00:00:00Z',
        updated: '2026-01-01T00:00:00Z',
        revision: 1,
        folds: true,
        changed: !isImported,
      }
      return { line: index + 1, code, status: isImported ? 200 : 201, receipt }
    })
    return Response.json({ results, accepted: results.length, refused: 0 })
  }
  const line = (text: string): void => void printed.push(text)
  const context: CommandContext = {
    workingFolder: folder,
    stateFolder: folder,
    url: 'https://desk.example',
    token: 'a-token-for-tests-0123456789',
    output: {
      line,
      error: line,
      item: (_, lines) => void printed.push(...lines),
      startProgress: () => ({ advance: () => undefined, end: line }),
    },
    fetch: desk,
    wait: async (milliseconds) => void waits.push(milliseconds),
    now: () => 0,
  }
  return { context, requests, waits, printed, importedCodes }
}
const runImport = (context: CommandContext) =>
  importLinks(context, 'old.csv', { skip: true, dryRun: false })

describe('a desk that fails during an import', () => {
  it('gets a whole request or one line again, and everything is imported once', async () => {
    list(2500)
    const { context, requests, waits, printed, importedCodes } = simulateImport([
      'answers',
      'fails',
      'fails for the last',
      'answers',
      'answers',
      'answers',
      'fails for the last',
    ])
    expect(await runImport(context)).toBe(0)
    expect(importedCodes.size).toBe(2500)
    expect(requests.map(({ check, codes }) => [check, codes.length])).toEqual([
      [true, 1000],
      [true, 1000],
      [true, 1000],
      [true, 1000],
      [true, 500],
      [false, 1000],
      [false, 1000],
      [false, 1000],
      [false, 500],
    ])
    expect(waits).toEqual([1000, 2000, 1000])
    expect(printed).toEqual([
      '2500 links checked: 2500 new, 0 unchanged, 0 with faults',
      // The desk had accepted all but one line of the repeated request.
      '1501 new, 999 unchanged',
    ])
  })

  it.each(['fails', 'fails for the last'] as const)(
    'and %s permanently ends the check, with nothing imported, even with --skip',
    async (behaviour) => {
      list(1500)
      const { context, printed, importedCodes } = simulateImport([
        'answers',
        ...Array.from({ length: 6 }, () => behaviour),
      ])
      expect(await runImport(context)).toBe(1)
      expect(importedCodes.size).toBe(0)
      expect(printed).toEqual(['Nothing was imported', 'Cannot answer now: the store did not'])
    },
  )

  it('that fails permanently in the second pass leaves instructions for resuming, which import the rest', async () => {
    list(1500)
    const behaviours: Behaviour[] = ['answers', 'answers', 'answers']
    const { context, printed, importedCodes } = simulateImport([
      ...behaviours,
      ...Array.from({ length: 6 }, () => 'fails' as const),
    ])
    expect(await runImport(context)).toBe(1)
    expect(printed.slice(1)).toEqual([
      '1000 new, 0 unchanged; to continue, run the same import again',
      'Cannot answer now: the store did not',
    ])
    expect(await runImport(context)).toBe(0)
    expect(importedCodes.size).toBe(1500)
    expect(printed.slice(3)).toEqual([
      '1500 links checked: 500 new, 1000 unchanged, 0 with faults',
      '500 new, 1000 unchanged',
    ])
  })
})

it("a list with another shortener's word for the status of a link is invalid, and no link is left out silently", async () => {
  writeFileSync(
    join(folder, 'old.csv'),
    `code,url,status\na,${PAGE}/a,Active\nb,${PAGE}/b,removed\n`,
  )
  const { context, printed, importedCodes } = simulateImport([])
  expect(await importLinks(context, 'old.csv', { skip: false, dryRun: false })).toBe(1)
  expect(importedCodes.size).toBe(0)
  expect(printed[0]).toBe(
    'old.csv:2: status is not one of live, embargoed, withdrawn, expired, removed',
  )
})

it('a list that changes after it was checked is not imported', async () => {
  list(10)
  const { context, printed, importedCodes } = simulateImport([], ({ check }) => {
    if (check) appendFileSync(join(folder, 'old.csv'), `api,${PAGE}\n`)
  })
  expect(await runImport(context)).toBe(1)
  expect(importedCodes.size).toBe(0)
  expect(printed.at(-1)).toBe('Cannot import "old.csv": it has changed since it was checked')
})
