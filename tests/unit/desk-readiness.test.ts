/**
 * Checks when the desk is open: it is closed if the ledger is damaged or lost, and opens without a
 * restart after a temporary failure.
 */
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { createLedger, type Ledger, type Sql } from '../../src/desk/ledger/ledger.ts'
import { Readiness } from '../../src/desk/readiness.ts'
import { reportErrors } from '../../src/desk/reporting-sql.ts'
import { parsePublication } from '../../src/model/publication.ts'
import { findStorageFailure } from '../../src/model/storage-failures.ts'
import { SETTINGS } from '../support/newsroom.ts'
import { asSql, createTransaction } from '../support/sqlite.ts'

/** A desk and its ledger. While `fault` is set, statements that match it fail. */
class DeskSetup {
  /** The current time in milliseconds. */
  now = 0
  readonly database = new DatabaseSync(':memory:')
  fault: { matching: RegExp; error: string } | undefined
  kvKeyCount = 0
  kvResponds = true
  databaseSize = 0
  openCount = 0
  work: Promise<void> = Promise.resolve()
  readonly ledger: Ledger
  readiness: Readiness

  constructor(prepare: (setup: DeskSetup) => void = () => undefined) {
    const sql = asSql(this.database)
    const faulty: Sql = {
      exec: (query, ...bindings) => {
        if (this.fault?.matching.test(query)) throw new Error(this.fault.error)
        return sql.exec(query, ...bindings)
      },
    }
    const reportingSql = reportErrors(faulty, (cause) => this.readiness?.recordStatement(cause))
    this.ledger = createLedger(reportingSql, createTransaction(this.database))
    prepare(this)
    this.readiness = this.reopen()
  }

  reopen(): Readiness {
    this.readiness = new Readiness(this.ledger, {
      publication: parsePublication(SETTINGS),
      now: () => this.now,
      getDatabaseSize: () => this.databaseSize,
      hasKvKeys: async () => {
        if (!this.kvResponds) throw new Error('KV LIST failed: 500')
        return this.kvKeyCount > 0
      },
      blockConcurrencyWhile: (work) => {
        this.work = work()
      },
      onOpened: () => {
        this.openCount += 1
      },
    })
    return this.readiness
  }

  async getReason(action?: string): Promise<string> {
    await this.work
    const state = this.readiness.getState(action)
    return state.ok ? 'open' : state.failure.reason
  }
}

const CORRUPT = 'database disk image is malformed: SQLITE_CORRUPT'
const FULL = 'database or disk is full: SQLITE_FULL'

describe('a ledger that was never opened', () => {
  it('is accepted as a new desk if KV is empty, and KV is not read again', async () => {
    const setup = new DeskSetup()
    expect(setup.readiness.getState().ok, 'the desk is closed until KV is checked').toBe(false)
    expect(await setup.getReason()).toBe('open')
    expect(setup.openCount).toBe(1)
    setup.kvKeyCount = 1
    setup.reopen()
    expect(setup.readiness.getState().ok).toBe(true)
  })

  it('counts as lost if KV has keys, and then the desk accepts only an import at every start', async () => {
    const setup = new DeskSetup((desk) => {
      desk.kvKeyCount = 1
    })
    for (let start = 0; start < 3; start += 1) {
      expect(await setup.getReason()).toBe('ledger-missing')
      expect(setup.readiness.getStateForImport().ok).toBe(true)
      setup.reopen()
    }
    expect(setup.openCount).toBe(0)
    await setup.work
    setup.ledger.setSetting('imported', JSON.stringify({ export: 'x', lines: 3, digest: '' }))
    setup.readiness.open()
    expect(setup.readiness.getState().ok).toBe(true)
    expect(setup.openCount).toBe(1)
  })

  it('keeps the desk closed while KV does not respond, and KV is checked again later', async () => {
    const setup = new DeskSetup((desk) => {
      desk.kvResponds = false
    })
    await setup.work
    expect(setup.readiness.getStateForImport().ok).toBe(false)
    await setup.work
    setup.kvResponds = true
    setup.now += 1000
    await setup.getReason()
    expect(await setup.getReason()).toBe('open')
  })
})

describe('a damaged ledger', () => {
  it('is found when the desk opens', async () => {
    const setup = new DeskSetup()
    await setup.work
    setup.fault = { matching: /quick_check/, error: CORRUPT }
    setup.reopen()
    expect(setup.readiness.getState('publish')).toEqual({
      ok: false,
      failure: {
        reason: 'ledger-damaged',
        action: 'publish',
        why: 'database disk image is malformed',
      },
    })
    expect(setup.readiness.getStateForImport().ok, 'a damaged ledger accepts no import').toBe(false)
  })

  it('is found by a statement that reads the damage, and then at every opening, even if it is too large for regular checks', async () => {
    const setup = new DeskSetup((desk) => {
      desk.databaseSize = 2 ** 40
    })
    await setup.work
    setup.fault = { matching: /FROM article|quick_check/, error: CORRUPT }
    setup.reopen()
    expect(setup.readiness.getState().ok).toBe(true)
    expect(() => setup.ledger.findArticle('x')).toThrow()
    expect(await setup.getReason()).toBe('ledger-damaged')
    await Promise.resolve()
    setup.reopen()
    expect(await setup.getReason()).toBe('ledger-damaged')
    // From now on, the ledger counts as repaired or replaced.
    setup.fault = undefined
    setup.reopen()
    expect(await setup.getReason()).toBe('open')
    setup.fault = { matching: /quick_check/, error: CORRUPT }
    setup.reopen()
    expect(await setup.getReason()).toBe('open')
  })

  it('is found when a check of every page is requested', async () => {
    const setup = new DeskSetup((desk) => {
      desk.databaseSize = 2 ** 40
    })
    await setup.work
    expect(setup.readiness.checkLedger('rebuild the wire').ok).toBe(true)
    setup.fault = { matching: /quick_check/, error: CORRUPT }
    expect(setup.readiness.checkLedger('rebuild the wire')).toMatchObject({
      failure: { reason: 'ledger-damaged', action: 'rebuild the wire' },
    })
    expect(setup.readiness.getState().ok).toBe(false)
  })

  it('is distinguished from a ledger with the migrations of another program, which throws', () => {
    const setup = new DeskSetup()
    setup.database.exec("UPDATE migration SET sql = 'other' WHERE id = 1")
    expect(() => setup.reopen()).toThrow('migration 1 is not the one')
  })
})

describe('a full disk', () => {
  it('keeps the desk closed at opening, until there is space', async () => {
    const setup = new DeskSetup((desk) => {
      desk.fault = { matching: /CREATE TABLE/, error: FULL }
    })
    expect(await setup.getReason()).toBe('disk-full')
    setup.fault = undefined
    // Opening may read every page, so it is tried at most once a second.
    setup.now += 999
    expect(await setup.getReason()).toBe('disk-full')
    setup.now += 1
    await setup.getReason()
    expect(await setup.getReason()).toBe('open')
  })

  it('makes an open desk unhealthy, until a write succeeds', async () => {
    const setup = new DeskSetup()
    await setup.work
    setup.fault = { matching: /INSERT/, error: FULL }
    expect(() => setup.ledger.setSetting('a', 'b')).toThrow()
    setup.ledger.findSetting('a')
    expect(setup.readiness.getHealth()).toMatchObject({ failure: { reason: 'disk-full' } })
    expect(setup.readiness.getState().ok).toBe(true)
    setup.fault = undefined
    setup.ledger.setSetting('a', 'b')
    expect(setup.readiness.getHealth().ok).toBe(true)
  })
})

it.each([
  [new Error(CORRUPT), 'ledger-damaged'],
  [new Error('file is not a database: SQLITE_NOTADB'), 'ledger-damaged'],
  [new Error(FULL), 'disk-full'],
  [new Error('No space left on device (os error 28)'), 'disk-full'],
  [new Error('EDQUOT: disk quota exceeded, write'), 'disk-full'],
  [new Error('Disk quota exceeded (os error 122)'), 'disk-full'],
  [new Error('attempt to write a readonly database: SQLITE_READONLY'), 'disk-read-only'],
  [new Error('internal error; reference = x'), undefined],
  ['UNIQUE constraint failed: SQLITE_CONSTRAINT', undefined],
])('%s is reported as %s', (cause, reason) => {
  expect(findStorageFailure('publish', cause)?.reason).toBe(reason)
})
