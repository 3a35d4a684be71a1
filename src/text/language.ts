/**
 * Language tags (BCP 47): validation, the writing direction, and the names of languages. Directions
 * and most names come from the Unicode data in `Intl`.
 */
import { isRegisteredLanguage } from './language-subtags.ts'

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

/** Matches a tag of BCP 47 (RFC 5646 section 2.1) without extended language subtags. */
const TAG =
  /^([a-z]{2,3})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*(?:-[a-wyz\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?$/i
/** Registered subtags for several, unknown, uncoded or no languages. */
const SPECIAL_SUBTAGS: ReadonlySet<string> = new Set(['mis', 'mul', 'und', 'zxx'])
/** Old subtags that programs still send, and the current ones. */
const REPLACED_LANGUAGES: Readonly<Record<string, string>> = {
  iw: 'he',
  in: 'id',
  ji: 'yi',
  jw: 'jv',
}

/**
 * Returns a language tag in its usual form (`AR-eg` becomes `ar-EG`), or `undefined` if the tag is
 * malformed or its language is not registered. The result is the same in every runtime.
 */
export function canonicalizeLanguage(tag: string): string | undefined {
  const primary = TAG.exec(tag)?.[1]?.toLowerCase()
  if (primary === undefined || !isRegisteredLanguage(primary)) return undefined
  if (SPECIAL_SUBTAGS.has(primary)) return undefined
  // Other code passes the tag to `Intl`, which also refuses repeated variants and extensions.
  if (!isUsableTag(tag)) return undefined
  const [, ...subtags] = tag.split('-')
  let isExtension = false
  const formatted = subtags.map((subtag) => {
    isExtension ||= subtag.length === 1
    if (isExtension) return subtag.toLowerCase()
    if (/^[a-z]{2}$/i.test(subtag)) return subtag.toUpperCase()
    return /^[a-z]{4}$/i.test(subtag)
      ? subtag.charAt(0).toUpperCase() + subtag.slice(1).toLowerCase()
      : subtag.toLowerCase()
  })
  const language = Object.hasOwn(REPLACED_LANGUAGES, primary)
    ? REPLACED_LANGUAGES[primary]
    : primary
  return [language, ...formatted].join('-')
}

function isUsableTag(tag: string): boolean {
  try {
    return new Intl.Locale(tag) !== undefined
  } catch {
    return false
  }
}

/**
 * Returns the direction of the stated script, or of the script that the language usually has in its
 * region. `ur-Latn` and `pa` run from left to right, `az-Arab` and `pa-PK` from right to left.
 */
export function getDirection(tag: string): 'ltr' | 'rtl' {
  const { script } = new Intl.Locale(tag).maximize()
  return script !== undefined && RTL_SCRIPTS.has(script) ? 'rtl' : 'ltr'
}

/** The languages' own names that the Unicode data lack. */
const OWN_NAMES: Readonly<Record<string, string>> = {
  acm: 'عراقي',
  afb: 'خليجي',
  ajp: 'شامي',
  apc: 'شامي',
  ary: 'الدارجة المغربية',
  arz: 'مصري',
  bal: 'بلوچی',
  brh: 'براہوئی',
  hno: 'ہندکو',
  khw: 'کھوار',
  pnb: 'پنجابی',
  skr: 'سرائیکی',
}

/** Returns the language's own name, for headings: `العربية` for `ar`. */
export function getLanguageName(tag: string): string {
  const [primary = ''] = tag.split('-')
  if (Object.hasOwn(OWN_NAMES, primary)) return OWN_NAMES[primary] ?? tag
  // Leaves out extensions such as `-u-nu-latn`, which have no names.
  const { baseName } = new Intl.Locale(tag)
  return new Intl.DisplayNames([tag], { type: 'language' }).of(baseName) ?? tag
}

/**
 * Returns the language with its territory, as Open Graph writes it (`en_US`). A tag without a
 * territory gets the one in which most speakers of the language live. Returns `undefined` if none
 * is known.
 */
export function formatTerritoryLocale(tag: string): string | undefined {
  const { language, region } = new Intl.Locale(tag).maximize()
  return region === undefined ? undefined : `${language}_${region}`
}
