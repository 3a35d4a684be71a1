/** The import of links while the desk fails: a temporary failure is not a fault of a line. */
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
const writeList = (count: number): void =>
  writeFileSync(
    join(folder, 'old.csv'),
    Array.from({ length: count }, (_, n) => `c${n},${PAGE}/${n}\n`).join(''),
  )

type ImportRequest = { check: boolean; codes: string[] }
/** The desk responds to a request, fails completely, or fails only for the last line. */
type Behaviour = 'responds' | 'fails' | 'fails for the last line'

/** Simulates a desk that treats each request as listed, and responds normally after the list. */
function simulateImport(
  behaviours: Behaviour[],
  onRequest: (request: ImportRequest) => void = () => undefined,
) {
  const requests: ImportRequest[] = []
  const waits: number[] = []
  const printedLines: string[] = []
  const importedCodes = new Set<string>()
  const transient = { title: 'Later', status: 503, detail: 'Cannot import links: the desk is busy' }
  const desk: typeof fetch = async (address, init) => {
    const check = new URL(String(address)).searchParams.get('check') === 'true'
    const lines = String(init?.body).trimEnd().split('\n')
    const codes = lines.map((line) => (JSON.parse(line) as { code: string }).code)
    const request = { check, codes }
    requests.push(request)
    onRequest(request)
    const behaviour = behaviours.shift() ?? 'responds'
    if (behaviour === 'fails') return Response.json(transient, { status: 503 })
    const results = codes.map((code, index) => {
      if (behaviour === 'fails for the last line' && index === codes.length - 1)
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
  const line = (text: string): void => void printedLines.push(text)
  const context: CommandContext = {
    workingFolder: folder,
    stateFolder: folder,
    url: 'https://desk.example',
    token: 'a-token-for-tests-0123456789',
    output: {
      line,
      error: line,
      item: (_, lines) => void printedLines.push(...lines),
      startProgress: () => ({ advance: () => undefined, end: line }),
    },
    fetch: desk,
    wait: async (milliseconds) => void waits.push(milliseconds),
    now: () => 0,
  }
  return { context, requests, waits, printedLines, importedCodes }
}
const runImport = (context: CommandContext) =>
  importLinks(context, 'old.csv', { skip: true, dryRun: false })

describe('a desk', () => {
  it('that fails for a while receives the request or the line again, and all links are imported once', async () => {
    writeList(2500)
    const { context, requests, waits, printedLines, importedCodes } = simulateImport([
      'responds',
      'fails',
      'fails for the last line',
      'responds',
      'responds',
      'responds',
      'fails for the last line',
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
    expect(printedLines).toEqual([
      '2500 links checked: 2500 new, 0 unchanged, 0 with faults',
      // When the request was repeated, the desk had already accepted 999 of its lines.
      '1501 new, 999 unchanged',
    ])
  })

  it.each(['fails', 'fails for the last line'] as const)(
    'that always %s ends the check, and nothing is imported, even with --skip',
    async (behaviour) => {
      writeList(1500)
      const { context, printedLines, importedCodes } = simulateImport([
        'responds',
        ...Array.from({ length: 6 }, () => behaviour),
      ])
      expect(await runImport(context)).toBe(1)
      expect(importedCodes.size).toBe(0)
      expect(printedLines).toEqual([
        'Nothing was imported',
        'Cannot import links: the desk is busy',
      ])
    },
  )

  it('that always fails in the second pass makes the command say how to continue, which imports the rest', async () => {
    writeList(1500)
    const behaviours: Behaviour[] = ['responds', 'responds', 'responds']
    const { context, printedLines, importedCodes } = simulateImport([
      ...behaviours,
      ...Array.from({ length: 6 }, () => 'fails' as const),
    ])
    expect(await runImport(context)).toBe(1)
    expect(printedLines.slice(1)).toEqual([
      '1000 new, 0 unchanged; to continue, run the same import again',
      'Cannot import links: the desk is busy',
    ])
    expect(await runImport(context)).toBe(0)
    expect(importedCodes.size).toBe(1500)
    expect(printedLines.slice(3)).toEqual([
      '1500 links checked: 500 new, 1000 unchanged, 0 with faults',
      '500 new, 1000 unchanged',
    ])
  })
})

it('a list with an unknown status of another shortener is invalid, and no link is skipped silently', async () => {
  writeFileSync(
    join(folder, 'old.csv'),
    `code,url,status\na,${PAGE}/a,Active\nb,${PAGE}/b,removed\n`,
  )
  const { context, printedLines, importedCodes } = simulateImport([])
  expect(await importLinks(context, 'old.csv', { skip: false, dryRun: false })).toBe(1)
  expect(importedCodes.size).toBe(0)
  expect(printedLines[0]).toBe(
    'old.csv:2: status is not one of live, embargoed, withdrawn, expired, removed',
  )
})

it('a list that changes after it was checked is not imported', async () => {
  writeList(10)
  const { context, printedLines, importedCodes } = simulateImport([], ({ check }) => {
    if (check) appendFileSync(join(folder, 'old.csv'), `api,${PAGE}\n`)
  })
  expect(await runImport(context)).toBe(1)
  expect(importedCodes.size).toBe(0)
  expect(printedLines.at(-1)).toBe('Cannot import "old.csv": it has changed since it was checked')
})
