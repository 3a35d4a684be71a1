/** Languages (BCP 47) and the direction their scripts are written in. */

const RTL_LANGUAGES = new Set([
  'ar',
  'arc',
  'ckb',
  'dv',
  'fa',
  'he',
  'ks',
  'ps',
  'sd',
  'syr',
  'ug',
  'ur',
  'yi',
])
const RTL_SCRIPTS = new Set([
  'Adlm',
  'Arab',
  'Aran',
  'Hebr',
  'Mand',
  'Nkoo',
  'Rohg',
  'Syrc',
  'Thaa',
])

const known = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' })

/** The canonical form of a language tag whose language exists (`AR-eg` is `ar-EG`), else `undefined`. */
export function canonicalLanguage(tag: string): string | undefined {
  try {
    const locale = new Intl.Locale(tag)
    return known.of(locale.language) === undefined ? undefined : locale.toString()
  } catch {
    return undefined
  }
}

/** How the language is written. An explicit script decides: `az-Arab` runs right to left, `ur-Latn` does not. */
export function directionOf(tag: string): 'ltr' | 'rtl' {
  const { language, script } = new Intl.Locale(tag)
  if (script) return RTL_SCRIPTS.has(script) ? 'rtl' : 'ltr'
  return RTL_LANGUAGES.has(language) ? 'rtl' : 'ltr'
}

/** The language's own name for itself, for headings: `ar` is `العربية`. */
export function nameOfLanguage(tag: string): string {
  return new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag
}
