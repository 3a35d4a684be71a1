/** Lines of large files, which are split into pages without decoding their bytes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LinePage, readFirstAndLastLine, splitIntoPages } from '../../src/cli/lines.ts'

/** Yields the bytes in chunks of this length. */
async function* splitIntoChunks(bytes: Buffer<ArrayBuffer>, length: number) {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

async function pages(text: string | Buffer<ArrayBuffer>, chunk = 64 * 1024): Promise<LinePage[]> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  const found: LinePage[] = []
  for await (const page of splitIntoPages(splitIntoChunks(bytes, chunk))) found.push(page)
  return found
}

/** Expects that no byte is lost, pages have whole lines, and line numbers are consecutive. */
function expectWhole(pages: LinePage[], text: Buffer): void {
  expect(Buffer.concat(pages.map(({ bytes }) => bytes)).equals(text)).toBe(true)
  let line = 1
  for (const [index, page] of pages.entries()) {
    expect(page.firstLine).toBe(line)
    line += page.lineCount
    if (index < pages.length - 1) expect(page.bytes.at(-1)).toBe(0x0a)
    const ends = page.bytes.filter((byte) => byte === 0x0a).length
    expect(page.lineCount).toBe(page.bytes.at(-1) === 0x0a ? ends : ends + 1)
  }
}

describe('pages of lines', () => {
  it('have whole lines, in order, however the bytes are split', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 40 }),
        async (lines, chunk) => {
          const text = Buffer.from(lines.join('\n'))
          expectWhole(await pages(text, chunk), text)
        },
      ),
    )
  })

  it('are limited in bytes and in lines', async () => {
    const text = Buffer.from(
      `${'short\n'.repeat(12_000)}${`${'x'.repeat(1_500_000)}\n`.repeat(9)}the end`,
    )
    const found = await pages(text, 1 << 20)
    expectWhole(found, text)
    expect(found.length).toBeGreaterThan(5)
    for (const { bytes, lineCount } of found) {
      expect(bytes.length).toBeLessThanOrEqual(4 * 1024 * 1024)
      expect(lineCount).toBeLessThanOrEqual(5000)
    }
  })

  it('do not split a line at characters that are line ends elsewhere', async () => {
    const text = '"a\u2028b\u2029c\u0085d\re"\n"f"\n'
    expect((await pages(text)).map(({ lineCount }) => lineCount)).toEqual([2])
  })

  it('are limited in size even if a line has no end', async () => {
    const found = await pages(Buffer.alloc(40 * 1024 * 1024, 'x'), 1 << 20)
    expect(Math.max(...found.map(({ bytes }) => bytes.length))).toBeLessThan(10 * 1024 * 1024)
  })

  it('do not exist for an empty file', async () => {
    expect(await pages('')).toEqual([])
  })
})

describe('the ends of a file', () => {
  it.each([
    ['one\ntwo\nthree\n', 'one', 'three'],
    ['one\ntwo\nthree', 'one', 'three'],
    ['one', 'one', 'one'],
    ['', '', ''],
    [`one\n${'x'.repeat(100_000)}\nlast\n`, 'one', 'last'],
  ])('of %j are its first and its last line', async (text, first, last) => {
    const folder = mkdtempSync(join(tmpdir(), 'dateline-lines-'))
    writeFileSync(join(folder, 'file'), text)
    expect(await readFirstAndLastLine(join(folder, 'file'))).toEqual({ first, last })
    rmSync(folder, { recursive: true })
  })
})
