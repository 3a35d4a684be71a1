/** Lists of links as CSV: those of other programs are read, and our own read back the same. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  COLUMNS,
  formatCsvLine,
  type LinkFileHeader,
  type LinkFileRow,
  readLinkFile,
} from '../../src/cli/link-file.ts'
import { runs } from '../support/runs.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dateline-links-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function read(
  bytes: string | Uint8Array,
  headers: LinkFileHeader[] = [],
): Promise<LinkFileRow[]> {
  const path = join(folder, 'list.csv')
  writeFileSync(path, bytes)
  const rows: LinkFileRow[] = []
  for await (const row of readLinkFile(path, (header) => headers.push(header))) rows.push(row)
  return rows
}
const summarise = (rows: LinkFileRow[]) => rows.map(({ line, cells }) => [line, cells])

describe('a list of links', () => {
  it('without a header has the columns code, url, title and created', async () => {
    expect(
      summarise(await read('AbC,https://a.example/,"A, ""B""",2014-01-01\nd,https://b.example/')),
    ).toEqual([
      [1, { code: 'AbC', url: 'https://a.example/', title: 'A, "B"', created: '2014-01-01' }],
      [2, { code: 'd', url: 'https://b.example/' }],
    ])
  })

  it('with a header has its columns in any order, and other columns are ignored and named', async () => {
    const headers: LinkFileHeader[] = []
    const text = 'Created, URL ,clicks,Code,titel\r\n2014-01-01,https://a.example/,7,x,T\r\n'
    expect(summarise(await read(text, headers))).toEqual([
      [2, { created: '2014-01-01', url: 'https://a.example/', code: 'x' }],
    ])
    expect(headers.map(({ unknownColumns: unknown }) => unknown)).toEqual([['clicks', 'titel']])
  })

  it('may begin with a byte order mark, have empty lines, and end with or without a line end', async () => {
    for (const end of ['', '\n', '\r\n', '\n\n'])
      expect(summarise(await read(`\ufeffcode,url\n\nx,https://a.example/${end}`))).toEqual([
        [3, { code: 'x', url: 'https://a.example/' }],
      ])
  })

  it('has its lines counted as an editor counts them, including line ends in quotation marks', async () => {
    const text = 'a,u,"x\r\ny\nz"\r\n\r\nb,u\r\n"c","u\n"\r\nd,u\r\n'
    expect((await read(text)).map(({ line, cells }) => [line, cells.code])).toEqual([
      [1, 'a'],
      [5, 'b'],
      [6, 'c'],
      [8, 'd'],
    ])
  })

  it('reports a row with too few or too many cells, and continues', async () => {
    const rows = await read('a,u\nb\nc,u,t,2014,more\nd;u\ne,u\n')
    expect(rows.map(({ line, fault }) => [line, fault])).toEqual([
      [1, undefined],
      [2, 'the row has 1 cell instead of 2 to 4, separated by commas'],
      [3, 'the row has 5 cells instead of 2 to 4, separated by commas'],
      [4, 'the row has 1 cell instead of 2 to 4, separated by commas'],
      [5, undefined],
    ])
  })

  it.each([
    ['a quotation mark is opened here and never closed', 2, 'code,url\na,"u\nb,u\n'],
    ['something follows a closing quotation mark', 2, 'a,u\nb,"u"x\n'],
    ['a cell contains a quotation mark but does not begin with one', 3, 'a,u\n\nb,u"x\n'],
    ['two columns are called code', 1, 'code,url,Code\na,u,b\n'],
    [
      'the row is too long; perhaps a quotation mark is never closed',
      2,
      `a,u\nb,"${'x,y\n'.repeat(70_000)}`,
    ],
  ])('reports "%s" on line %i', async (why, line, text) => {
    await expect(read(text)).rejects.toMatchObject({ line, message: why })
  })

  it('is reported if it is not UTF-8, whatever its encoding, even at its end', async () => {
    const latin = Buffer.from('a,https://a.example/,Caf\u00e9\n', 'latin1')
    const utf16 = Buffer.from('\ufeffa,https://a.example/\n', 'utf16le')
    const cut = Buffer.from('a,https://a.example/,\u062e').subarray(0, -1)
    for (const bytes of [latin, utf16, cut])
      await expect(read(bytes)).rejects.toMatchObject({
        message: 'this line or a later one is not UTF-8; save the file as UTF-8',
      })
  })

  it('yields the rows before a fault, and rejects if the file does not exist', async () => {
    const seen: number[] = []
    writeFileSync(join(folder, 'broken.csv'), 'a,u\nb,u\nc,"u')
    const reading = async (name: string): Promise<void> => {
      for await (const { line } of readLinkFile(join(folder, name))) seen.push(line)
    }
    await expect(reading('broken.csv')).rejects.toMatchObject({ line: 3 })
    expect(seen).toEqual([1, 2])
    await expect(reading('nowhere.csv')).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('is read as it was written: quotes, commas, line ends, formulas, any script', async () => {
    const cell = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', '\r\n', ' ', 'a', '=', '\u062e') }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(cell, { minLength: 4, maxLength: 4 })), async (rows) => {
        const written = rows.map((cells) => ['x', ...cells.slice(1)])
        const text = [[...COLUMNS.slice(0, 4)], ...written].map(formatCsvLine).join('')
        const found = await read(text)
        const expected = written.map(([code, url, title, created]) => ({
          code,
          url,
          title,
          created,
        }))
        expect(found.map(({ cells }) => cells)).toEqual(
          expected.map((row) =>
            Object.fromEntries(
              Object.entries(row).flatMap(([name, value]) => {
                const trimmed = value?.trim() ?? ''
                return trimmed === '' ? [] : [[name, trimmed]]
              }),
            ),
          ),
        )
      }),
      { numRuns: runs(50) },
    )
  })

  it('of a hundred thousand rows is read to its last line and byte', async () => {
    const text = Array.from({ length: 100_000 }, (_, n) => `c${n},https://a.example/${n}\n`).join(
      '',
    )
    const rows = await read(text)
    expect([rows.length, rows.at(-1)?.line]).toEqual([100_000, 100_000])
    expect(rows.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(text.length)
  })
})
