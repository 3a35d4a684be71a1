/** What a desk checks when it begins or wakes, before it takes or tells anything. */
import { fail, type Result } from '../failure.ts'
import type { Publication } from '../publication.ts'
import { settingsDigest } from './documents.ts'
import type { Ledger } from './ledger.ts'
import { beginSweep } from './sweep.ts'

/**
 * Checks what must never change (`settings-refused`), and has everything rendered again when settings or renderers
 * changed. `now` in milliseconds.
 */
export function openLedger(
  ledger: Ledger,
  parsed: Result<Publication>,
  now: number,
): Result<Publication> {
  if (!parsed.ok) return parsed
  const { tag } = parsed.value
  for (const [name, value] of [
    ['TAG_AUTHORITY', tag.authority],
    ['TAG_DATE', tag.date],
  ] as const) {
    const kept = ledger.setting(name)
    if (kept === undefined) ledger.setSetting(name, value)
    else if (kept !== value) {
      const why = `${name} was "${kept}" when this ledger began and is "${value}" now; every feed id would change`
      return fail({ reason: 'settings-refused', why })
    }
  }
  const digest = settingsDigest(parsed.value)
  if (ledger.setting('digest') !== digest) {
    ledger.transaction(() => {
      ledger.forgetAllEditions()
      if (ledger.setting('digest') !== undefined) beginSweep(ledger, 'renew', now)
      ledger.setSetting('digest', digest)
    })
  }
  return parsed
}
