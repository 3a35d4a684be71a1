/** Lists of links as CSV: lists of other programs, and our own, which are read back unchanged. */
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

  it('with a header may have its columns in any order; unknown columns are reported and ignored', async () => {
    const headers: LinkFileHeader[] = []
    const text = 'Created, URL ,clicks,Code,titel\r\n2014-01-01,https://a.example/,7,x,T\r\n'
    expect(summarise(await read(text, headers))).toEqual([
      [2, { created: '2014-01-01', url: 'https://a.example/', code: 'x' }],
    ])
    expect(headers.map(({ unknownColumns }) => unknownColumns)).toEqual([['clicks', 'titel']])
  })

  it('may begin with a byte order mark, have empty lines, and end with or without a line end', async () => {
    for (const end of ['', '\n', '\r\n', '\n\n'])
      expect(summarise(await read(`\ufeffcode,url\n\nx,https://a.example/${end}`))).toEqual([
        [3, { code: 'x', url: 'https://a.example/' }],
      ])
  })

  it('has the line numbers that a text editor shows, even after line ends in quotation marks', async () => {
    const text = 'a,u,"x\r\ny\nz"\r\n\r\nb,u\r\n"c","u\n"\r\nd,u\r\n'
    expect((await read(text)).map(({ line, cells }) => [line, cells.code])).toEqual([
      [1, 'a'],
      [5, 'b'],
      [6, 'c'],
      [8, 'd'],
    ])
  })

  it('may have rows with too few or too many cells; they are reported, and reading continues', async () => {
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
  ])('is rejected with the message "%s" and line %i', async (why, line, text) => {
    await expect(read(text)).rejects.toMatchObject({ line, message: why })
  })

  it('is rejected if it is not UTF-8, even if the only fault is an incomplete last character', async () => {
    const latin = Buffer.from('a,https://a.example/,Caf\u00e9\n', 'latin1')
    const utf16 = Buffer.from('\ufeffa,https://a.example/\n', 'utf16le')
    const cut = Buffer.from('a,https://a.example/,\u062e').subarray(0, -1)
    for (const bytes of [latin, utf16, cut])
      await expect(read(bytes)).rejects.toMatchObject({
        message: 'this line or a later one is not UTF-8; save the file as UTF-8',
      })
  })

  it('is read up to the first fault, and is rejected if the file does not exist', async () => {
    const lineNumbers: number[] = []
    writeFileSync(join(folder, 'broken.csv'), 'a,u\nb,u\nc,"u')
    const reading = async (name: string): Promise<void> => {
      for await (const { line } of readLinkFile(join(folder, name))) lineNumbers.push(line)
    }
    await expect(reading('broken.csv')).rejects.toMatchObject({ line: 3 })
    expect(lineNumbers).toEqual([1, 2])
    await expect(reading('nowhere.csv')).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('of our own is read back unchanged, except for spaces around a cell, whatever the cells contain', async () => {
    const cell = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', '\r\n', ' ', 'a', '=', '\u062e') }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(cell, { minLength: 4, maxLength: 4 })), async (rows) => {
        const writtenRows = rows.map((cells) => ['x', ...cells.slice(1)])
        const text = [[...COLUMNS.slice(0, 4)], ...writtenRows].map(formatCsvLine).join('')
        const found = await read(text)
        const expected = writtenRows.map(([code, url, title, created]) => ({
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

  it('of a hundred thousand rows is read completely', async () => {
    const text = Array.from({ length: 100_000 }, (_, n) => `c${n},https://a.example/${n}\n`).join(
      '',
    )
    const rows = await read(text)
    expect([rows.length, rows.at(-1)?.line]).toEqual([100_000, 100_000])
    expect(rows.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(text.length)
  })
})
