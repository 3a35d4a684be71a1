/** What the CLI remembers of manuscripts: kept over runs, and never taken for empty when it is damaged. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { DamagedMemory, Seen } from '../../src/cli/seen.ts'

const folder = mkdtempSync(join(tmpdir(), 'dateline-seen-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('remembers a digest over runs, and tells another from it', () => {
  const file = join(folder, 'deep', 'seen.json')
  new Seen(file).add(join(folder, 'a.md'), 'one')
  expect(new Seen(file).has(join(folder, 'a.md'), 'one')).toBe(true)
  expect(new Seen(file).has(join(folder, 'a.md'), 'two')).toBe(false)
  expect(new Seen(file).has(join(folder, 'b.md'), 'one')).toBe(false)
})

it('a damaged memory is told, not taken for empty', () => {
  for (const text of ['{"articles/a.md": "on', 'null', '{"a": 1}']) {
    const file = join(folder, 'damaged.json')
    writeFileSync(file, text)
    expect(() => new Seen(file), text).toThrow(DamagedMemory)
  }
})
