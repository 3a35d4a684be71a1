/** Languages (BCP 47) and the direction their scripts are written in. */

const RTL_SCRIPTS = new Set([
  'Adlm',
  'Arab',
  'Aran',
  'Armi',
  'Hebr',
  'Mand',
  'Nkoo',
  'Rohg',
  'Syrc',
  'Thaa',
])

const languageNames = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' })

/**
 * The canonical form of a language tag whose language exists (`AR-eg` is `ar-EG`), else
 * `undefined`.
 */
export function canonicalizeLanguage(tag: string): string | undefined {
  try {
    const locale = new Intl.Locale(tag)
    return languageNames.of(locale.language) === undefined ? undefined : locale.toString()
  } catch {
    return undefined
  }
}

/**
 * How the language is written: by its script, the stated one or else the one it is usually written
 * in where it is spoken. `ur-Latn` and `pa` run left to right, `az-Arab` and `pa-PK` do not.
 */
export function getDirection(tag: string): 'ltr' | 'rtl' {
  const { script } = new Intl.Locale(tag).maximize()
  return script !== undefined && RTL_SCRIPTS.has(script) ? 'rtl' : 'ltr'
}

/** The language's own name for itself, for headings: `ar` is `العربية`. */
export function getLanguageName(tag: string): string {
  // Without extensions such as `-u-nu-latn`, for which there are no names.
  const { baseName } = new Intl.Locale(tag)
  return new Intl.DisplayNames([tag], { type: 'language' }).of(baseName) ?? tag
}
