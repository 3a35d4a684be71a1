/** What of the machine's troubles is told to the operator, and how. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  diskSentence,
  diskTroubleIn,
  ledgerFile,
  Machine,
  readable,
  requireRoom,
} from '../../src/embedded/machine.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dateline-machine-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it.each([
  ['Error: ENOSPC: no space left on device, write', 'disk-full'],
  ['database or disk is full: SQLITE_FULL', 'disk-full'],
  ['overloaded: No space left on device (os error 28)', 'disk-full'],
  ["EROFS: read-only file system, mkdir '/x'", 'disk-read-only'],
  ['attempt to write a readonly database: SQLITE_READONLY', 'disk-read-only'],
  ["ENOTDIR: not a directory, mkdir '/x'", undefined],
])('%s tells of %s', (text, trouble) => {
  expect(diskTroubleIn(text)).toBe(trouble)
})

it('a start that a disk has ended says so in one sentence, and of other ends says nothing', () => {
  const full = new Error(
    'the worker does not build:\n✘ ENOSPC: no space left on device\n    at write',
  )
  expect(diskSentence(folder, full)).toBe(
    `Cannot start: no room is left on the disk (ENOSPC) of the state folder "${folder}"`,
  )
  expect(diskSentence(folder, new Error('something else'))).toBeUndefined()
})

it('a folder is made when it can be, and nothing is left in it', () => {
  const state = join(folder, 'a/b')
  requireRoom(state)
  requireRoom(state)
  expect(() => rmSync(state, { recursive: false })).toThrow('directory')
  expect(ledgerFile(state)).toBeUndefined()
})

describe('the log of the runtime', () => {
  it('is passed on without the traces of its stack', () => {
    const own =
      'e = workerd/util/sqlite.c++:910: failed: SQLite failed; file is not a database: SQLITE_NOTADB\nstack: /x/workerd@34179c0 /x/workerd@5d3ece0'
    expect(readable(own)).toBe(own.split('\n')[0])
    expect(readable('{"event":"desk.failed","error":"x"}')).toBe(
      '{"event":"desk.failed","error":"x"}',
    )
    expect(readable('NOSENTRY for its authors')).toBeUndefined()
    expect(
      readable('e = x.c++:1: failed: database or disk is full: SQLITE_FULL\nstack: 1'),
    ).toBeUndefined()
  })
})

describe('the machine', () => {
  const place = () => join(folder, 'do/dateline-Desk')
  const file = () => join(place(), `${'a1'.repeat(32)}.sqlite`)
  const told: string[] = []

  it('has no trouble with a folder that can be written and a ledger that is whole', () => {
    mkdirSync(place(), { recursive: true })
    const database = new DatabaseSync(file())
    database.exec('CREATE TABLE t (a)')
    database.close()
    expect(new Machine(folder, (line) => told.push(line)).look()).toBeUndefined()
    expect(told).toEqual([])
  })

  it('names the damage of a ledger that is none', () => {
    mkdirSync(place(), { recursive: true })
    writeFileSync(file(), 'x'.repeat(10_000))
    writeFileSync(join(place(), 'metadata.sqlite'), '')
    expect(ledgerFile(folder)).toBe(file())
    expect(new Machine(folder, (line) => told.push(line)).look()).toEqual({
      trouble: 'ledger-damaged',
      why: 'file is not a database',
    })
  })
})
