/** What a desk checks when it begins or wakes, before it takes or tells anything. */
import { fail, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { RESERVED_CODES } from '../model/urls.ts'
import { digestValue } from '../text/digest.ts'
import { digestSettings } from './documents/rendering.ts'
import type { Ledger } from './ledger/ledger.ts'
import { beginSweep } from './sweep.ts'

/**
 * Checks what must never change (`settings-refused`), and has everything rendered again when
 * settings or renderers changed. `now` in milliseconds.
 */
export function openLedger(
  ledger: Ledger,
  publication: Result<Publication>,
  now: number,
): Result<Publication> {
  if (!publication.ok) return publication
  const { tag } = publication.value
  for (const [name, value] of [
    ['TAG_AUTHORITY', tag.authority],
    ['TAG_DATE', tag.date],
  ] as const) {
    const stored = ledger.findSetting(name)
    if (stored === undefined) ledger.setSetting(name, value)
    else if (stored !== value) {
      const why = `${name} was "${stored}" when this ledger began and is "${value}" now; every feed id would change`
      return fail({ reason: 'settings-refused', why })
    }
  }
  const digest = digestSettings(publication.value)
  if (ledger.findSetting('digest') !== digest) {
    ledger.transaction(() => {
      ledger.deleteAllEditions()
      if (ledger.findSetting('digest') !== undefined) beginSweep(ledger, 'renew', now)
      ledger.setSetting('digest', digest)
    })
  }
  logHiddenCodes(ledger)
  return publication
}

/**
 * Setting of the ledger: the names that codes were compared with. Without it they are compared at
 * the next start.
 */
export const CHECKED_NAMES_SETTING = 'reserved'

/**
 * Logs the codes that have the name of an address, once for each version that reserves more names.
 * They go on leading to their stories; where the site has another host than the short links, the
 * address answers there (docs/decisions/018-forgiving-links.md).
 */
function logHiddenCodes(ledger: Ledger): void {
  const names = digestValue({ names: RESERVED_CODES })
  if (ledger.findSetting(CHECKED_NAMES_SETTING) === names) return
  const hidden = RESERVED_CODES.flatMap((name) =>
    ledger.listCodesByFolded(name).map(({ code }) => code),
  )
  if (hidden.length > 0)
    console.warn(JSON.stringify({ event: 'desk.codes.hidden', codes: hidden.slice(0, 100) }))
  ledger.setSetting(CHECKED_NAMES_SETTING, names)
}
