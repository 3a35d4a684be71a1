/**
 * Checks that run whenever the desk starts, before it serves any request. Settings that shape feed
 * ids must never change. Other changed settings, or changed renderers, start a sweep.
 */
import { fail, type Result } from '../model/failures.ts'
import type { Publication } from '../model/publication.ts'
import { RESERVED_CODES } from '../model/urls.ts'
import { digestValue } from '../text/digest.ts'
import { digestSettings } from './documents/rendering.ts'
import type { Ledger } from './ledger/ledger.ts'
import { beginSweep } from './sweep.ts'

/**
 * Opens the ledger for these settings. Fails with `settings-refused` when a setting that must never
 * change has changed. Begins a sweep when other settings or the renderers have changed. `now` is in
 * milliseconds.
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
      const why = `${name} was "${stored}" when this ledger was created and is "${value}" now; every feed id would change`
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
 * Ledger setting: digest of the reserved names that the codes were last compared with. If it is
 * absent, the codes are compared at the next start.
 */
export const CHECKED_NAMES_SETTING = 'reserved'

/**
 * Logs codes that were assigned before they became reserved names, once after each change of these
 * names. Their short links still redirect to their stories. If short links have a host of their
 * own, the site's host serves the page with that name instead
 * (docs/decisions/018-forgiving-links.md).
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
