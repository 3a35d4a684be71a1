/** Failures of the machine, and how they are reported to the operator. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  describeDiskFailure,
  findDiskReason,
  findLedgerFile,
  formatLogLine,
  MachineMonitor,
  requireWritableDisk,
} from '../../src/embedded/machine.ts'
import { MAX_FULL_CHECK_BYTES } from '../../src/model/storage-failures.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dateline-machine-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it.each([
  ['Error: ENOSPC: no space left on device, write', 'disk-full'],
  ['database or disk is full: SQLITE_FULL', 'disk-full'],
  ['overloaded: No space left on device (os error 28)', 'disk-full'],
  ['EDQUOT: disk quota exceeded, write', 'disk-full'],
  ['disk I/O error: Disk quota exceeded', 'disk-full'],
  ["EROFS: read-only file system, mkdir '/x'", 'disk-read-only'],
  ['attempt to write a readonly database: SQLITE_READONLY', 'disk-read-only'],
  ['database disk image is malformed: SQLITE_CORRUPT', undefined],
  ["ENOTDIR: not a directory, mkdir '/x'", undefined],
])('%s is reported as %s', (text, problem) => {
  expect(findDiskReason(text)).toBe(problem)
})

it('a start that fails because of a disk explains this in one sentence; other failures do not mention the disk', () => {
  const full = new Error(
    'the worker does not build:\n✘ ENOSPC: no space left on device\n    at write',
  )
  expect(describeDiskFailure(folder, full, false)).toBe(
    `Cannot start: the disk of the state folder "${folder}" is full (ENOSPC)`,
  )
  for (const isFolderInUse of [true, false])
    expect(describeDiskFailure(folder, new Error('something else'), isFolderInUse)).toBeUndefined()
})

it('requireWritableDisk and MachineMonitor leave no file behind and change none', () => {
  const victim = join(folder, 'victim')
  writeFileSync(victim, 'mine')
  // The check writes a file with this name.
  symlinkSync(victim, join(folder, '.room'))
  requireWritableDisk(folder)
  new MachineMonitor(folder, () => undefined).check()
  expect(readFileSync(victim, 'utf8')).toBe('mine')
  expect(readdirSync(folder).sort()).toEqual(['.room', 'victim'])
  expect(findLedgerFile(folder)).toBeUndefined()
})

describe('the log of the runtime', () => {
  it('loses stack traces, notes for the authors of the runtime, and disk failures, which others report', () => {
    const message =
      'e = workerd/util/sqlite.c++:910: failed: SQLite failed; file is not a database: SQLITE_NOTADB\nstack: /x/workerd@34179c0 /x/workerd@5d3ece0'
    expect(formatLogLine(message)).toBe(message.split('\n')[0])
    expect(formatLogLine('{"event":"desk.failed","error":"x"}')).toBe(
      '{"event":"desk.failed","error":"x"}',
    )
    expect(formatLogLine('NOSENTRY for its authors')).toBeUndefined()
    expect(
      formatLogLine('e = x.c++:1: failed: database or disk is full: SQLITE_FULL\nstack: 1'),
    ).toBeUndefined()
  })
})

describe('MachineMonitor', () => {
  const getLedgerFolder = () => join(folder, 'do/dateline-Desk')
  const getLedgerFile = () => join(getLedgerFolder(), `${'a1'.repeat(32)}.sqlite`)
  const lines: string[] = []

  it('reports no problem if the folder can be written and the ledger is whole', () => {
    mkdirSync(getLedgerFolder(), { recursive: true })
    const database = new DatabaseSync(getLedgerFile())
    database.exec('CREATE TABLE t (a)')
    database.close()
    expect(new MachineMonitor(folder, (line) => lines.push(line)).check()).toBeUndefined()
    expect(lines).toEqual([])
  })

  it('describes the damage of a file that is not a ledger', () => {
    mkdirSync(getLedgerFolder(), { recursive: true })
    writeFileSync(getLedgerFile(), 'x'.repeat(10_000))
    writeFileSync(join(getLedgerFolder(), 'metadata.sqlite'), '')
    expect(findLedgerFile(folder)).toBe(getLedgerFile())
    expect(new MachineMonitor(folder, (line) => lines.push(line)).check()).toEqual({
      trouble: 'ledger-damaged',
      why: 'file is not a database',
    })
  })

  /**
   * Checks a ledger that has a table of several pages, is changed by `damage`, and is extended to
   * `size` as a sparse file.
   */
  function checkDamaged(damage: (bytes: Buffer) => void, size: number) {
    mkdirSync(getLedgerFolder(), { recursive: true })
    const database = new DatabaseSync(getLedgerFile())
    database.exec(
      `CREATE TABLE t (a);
       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
       INSERT INTO t SELECT randomblob(300) FROM n`,
    )
    database.close()
    const bytes = readFileSync(getLedgerFile())
    damage(bytes)
    writeFileSync(getLedgerFile(), bytes)
    truncateSync(getLedgerFile(), size)
    return new MachineMonitor(folder, () => undefined).check()
  }
  /** Overwrites the second page of the file, where the table begins. */
  const damagePage = (bytes: Buffer): void => void bytes.fill(0x5a, 4096, 8192)

  it('reads every page of a ledger up to MAX_FULL_CHECK_BYTES', () => {
    expect(checkDamaged(damagePage, MAX_FULL_CHECK_BYTES)).toMatchObject({
      trouble: 'ledger-damaged',
    })
  })

  it('reads only the head of a larger ledger', () => {
    expect(checkDamaged(damagePage, MAX_FULL_CHECK_BYTES + 4096)).toBeUndefined()
  })

  it.each([
    [
      'no signature of SQLite',
      (bytes: Buffer) => void bytes.write('x', 3),
      'file is not a database',
    ],
    [
      'a page size that is not a power of two',
      (bytes: Buffer) => void bytes.writeUInt16BE(1000, 16),
      'not a database',
    ],
    [
      'more pages than the file has',
      (bytes: Buffer) => void bytes.writeUInt32BE(MAX_FULL_CHECK_BYTES / 4096 + 2, 28),
      'malformed',
    ],
  ])('describes the damage of a larger ledger whose header has %s', (_, damage, why) => {
    expect(checkDamaged(damage, MAX_FULL_CHECK_BYTES + 4096)).toEqual({
      trouble: 'ledger-damaged',
      why: expect.stringContaining(why),
    })
  })

  it('does not wait for a ledger that the runtime has open', () => {
    mkdirSync(getLedgerFolder(), { recursive: true })
    const openDatabase = new DatabaseSync(getLedgerFile())
    openDatabase.exec('CREATE TABLE t (a); BEGIN EXCLUSIVE')
    try {
      const before = performance.now()
      expect(new MachineMonitor(folder, () => undefined).check()).toBeUndefined()
      expect(performance.now() - before).toBeLessThan(1000)
    } finally {
      openDatabase.close()
    }
  })
})
