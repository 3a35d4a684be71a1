/** Checks that a desk logs once, when it opens, which of its codes are hidden by new routes. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openLedger } from '../../src/desk/opening.ts'
import { parsePublication } from '../../src/model/publication.ts'
import { RESERVED_CODES, ROUTES } from '../../src/model/urls.ts'
import { expectOk, openDesk } from '../support/drafts.ts'
import { SETTINGS } from '../support/newsroom.ts'
import { openMemoryLedger } from '../support/sqlite.ts'

afterEach(() => vi.restoreAllMocks())

describe('reserved codes', () => {
  it('are logged at the first start that reserves them, and not again', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const ledger = openMemoryLedger()
    ledger.saveCode('Feeds', 'older-than-the-route')
    ledger.saveCode('mheng', 'another')
    for (let start = 0; start < 3; start += 1) openLedger(ledger, parsePublication(SETTINGS), 0)
    expect(warn.mock.calls).toEqual([['{"event":"desk.codes.hidden","codes":["Feeds"]}']])
    ledger.setSetting('reserved', 'those of an earlier version')
    openLedger(ledger, parsePublication(SETTINGS), 0)
    expect(warn).toHaveBeenCalledTimes(2)
  })

  it('are logged even if no route uses the name yet, and still redirect to their stories', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const { ledger, ...desk } = openDesk()
    for (const code of ['live', 'search', 'Contact'])
      expectOk(desk.publish(code.toLowerCase(), { code }))
    ledger.setSetting('reserved', 'those of an earlier version')
    openLedger(ledger, parsePublication(SETTINGS), 0)
    expect(warn.mock.calls).toEqual([
      ['{"event":"desk.codes.hidden","codes":["Contact","live","search"]}'],
    ])
    for (const code of ['live', 'search', 'Contact'])
      expect(ledger.findCode(code)).toEqual({ code, article: code.toLowerCase() })
  })

  it('include the first segment of every route', () => {
    const firstSegments = Object.values(ROUTES)
      .map((pattern) => pattern.split('/')[1] ?? '')
      .filter((segment) => /^[a-z0-9_-]+$/.test(segment))
    expect(firstSegments.length).toBeGreaterThan(10)
    expect(firstSegments.filter((name) => !RESERVED_CODES.includes(name))).toEqual([])
  })
})
