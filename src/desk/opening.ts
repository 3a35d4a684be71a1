/** What a desk checks when it begins or wakes, before it takes or tells anything. */
import { fail, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { RESERVED_CODES } from '../model/urls.ts'
import { digestOf } from '../text/digest.ts'
import { settingsDigest } from './documents/rendering.ts'
import type { Ledger } from './ledger/ledger.ts'
import { beginSweep } from './sweep.ts'

/**
 * Checks what must never change (`settings-refused`), and has everything rendered again when
 * settings or renderers changed. `now` in milliseconds.
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
  tellHiddenCodes(ledger)
  return parsed
}

/**
 * Setting of the ledger: the names that codes were compared with. Without it they are compared at
 * the next start.
 */
export const TOLD_NAMES = 'reserved'

/**
 * Logs the codes that have the name of an address, once for each version that reserves more names.
 * They go on leading to their stories; where the site has another host than the short links, the
 * address answers there (docs/decisions/018-forgiving-links.md).
 */
function tellHiddenCodes(ledger: Ledger): void {
  const names = digestOf({ names: RESERVED_CODES })
  if (ledger.setting(TOLD_NAMES) === names) return
  const hidden = RESERVED_CODES.flatMap((name) => ledger.codesAt(name).map(({ code }) => code))
  if (hidden.length > 0)
    console.warn(JSON.stringify({ event: 'desk.codes.hidden', codes: hidden.slice(0, 100) }))
  ledger.setSetting(TOLD_NAMES, names)
}
