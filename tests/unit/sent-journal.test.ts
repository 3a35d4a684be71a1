/** The journal of sent manuscripts persists between runs, and reports damage. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { DamagedJournalError, SentJournal } from '../../src/client/sent-journal.ts'

const folder = mkdtempSync(join(tmpdir(), 'dateline-seen-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const entry = (name: string, digest: string, id?: string) => ({
  path: join(folder, name),
  digest,
  ...(id !== undefined && { id }),
})

it('the journal keeps the latest digest of a manuscript between runs', () => {
  const file = join(folder, 'deep', 'seen.ndjson')
  new SentJournal(file).add([entry('a.md', 'one')])
  expect(new SentJournal(file).has(entry('a.md', 'one'))).toBe(true)
  expect(new SentJournal(file).has(entry('a.md', 'two'))).toBe(false)
  expect(new SentJournal(file).has(entry('b.md', 'one'))).toBe(false)
  const later = new SentJournal(file)
  later.add([entry('a.md', 'two'), entry('all.ndjson', 'three', 'x')])
  expect(new SentJournal(file).has(entry('a.md', 'one'))).toBe(false)
  expect(new SentJournal(file).has(entry('a.md', 'two'))).toBe(true)
  expect(new SentJournal(file).has(entry('all.ndjson', 'three', 'x'))).toBe(true)
  expect(new SentJournal(file).has(entry('all.ndjson', 'three', 'y'))).toBe(false)
})

it('after the process was killed, the journal ignores only its incomplete last line', () => {
  const file = join(folder, 'killed.ndjson')
  new SentJournal(file).add([entry('a.md', 'one'), entry('b.md', 'one')])
  appendFileSync(file, '["c.md", "on')
  const journal = new SentJournal(file)
  expect(journal.has(entry('b.md', 'one'))).toBe(true)
  journal.add([entry('d.md', 'one')])
  const again = new SentJournal(file)
  for (const name of ['a.md', 'b.md', 'd.md']) expect(again.has(entry(name, 'one'))).toBe(true)
  expect(again.has(entry('c.md', 'one'))).toBe(false)
})

it('the journal does not grow with every digest of the same manuscript', () => {
  const file = join(folder, 'often.ndjson')
  for (let run = 0; run < 300; run += 1) new SentJournal(file).add([entry('a.md', String(run))])
  expect(readFileSync(file, 'utf8').split('\n').length).toBeLessThan(150)
  expect(new SentJournal(file).has(entry('a.md', '299'))).toBe(true)
})

it('a damaged journal causes an error and is not treated as empty', () => {
  for (const text of ['{"articles/a.md": "one"}\n', 'null\n', '["a", 1]\n', '\n["a", "b"]\n']) {
    const file = join(folder, 'damaged.ndjson')
    writeFileSync(file, text)
    expect(() => new SentJournal(file), text).toThrow(DamagedJournalError)
  }
})
