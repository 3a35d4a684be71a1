/**
 * Language tags (BCP 47): validation, the writing direction, and the names of languages. All of it
 * comes from the Unicode data in `Intl`, except for the list of right-to-left scripts.
 */

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
 * Returns the canonical form of a language tag (`AR-eg` becomes `ar-EG`), or `undefined` if the
 * language does not exist.
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
 * Returns the direction of the stated script, or of the script that the language usually has in its
 * region. `ur-Latn` and `pa` run left to right, `az-Arab` and `pa-PK` do not.
 */
export function getDirection(tag: string): 'ltr' | 'rtl' {
  const { script } = new Intl.Locale(tag).maximize()
  return script !== undefined && RTL_SCRIPTS.has(script) ? 'rtl' : 'ltr'
}

/** Returns the language's own name, for headings: `العربية` for `ar`. */
export function getLanguageName(tag: string): string {
  // Without extensions such as `-u-nu-latn`, which have no names.
  const { baseName } = new Intl.Locale(tag)
  return new Intl.DisplayNames([tag], { type: 'language' }).of(baseName) ?? tag
}
