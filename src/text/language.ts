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

/** Matches a tag of BCP 47 (RFC 5646 section 2.1) with at most one extended language subtag. */
const TAG =
  /^([a-z]{2,3})(?:-([a-z]{3}))?(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*(?:-[a-wyz\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?$/i
/** Registered subtags for several, unknown, uncoded or no languages, which have no territory. */
const SPECIAL_SUBTAGS: ReadonlySet<string> = new Set(['mis', 'mul', 'und', 'zxx'])
/** The range of registered subtags for private use, `qaa` to `qtz`. */
const PRIVATE_USE = /^q[a-t][a-z]$/
/** The languages that have extended language subtags in the IANA registry. */
const EXTENDED_LANGUAGES: ReadonlySet<string> = new Set('ar kok lv ms sgn sw uz zh'.split(' '))
/** Tags that are older than the syntax, with the preferred value of the IANA registry. */
const GRANDFATHERED: Readonly<Record<string, string>> = {
  'art-lojban': 'jbo',
  'en-gb-oed': 'en-GB-oxendict',
  'i-ami': 'ami',
  'i-bnn': 'bnn',
  'i-hak': 'hak',
  'i-klingon': 'tlh',
  'i-lux': 'lb',
  'i-navajo': 'nv',
  'i-pwn': 'pwn',
  'i-tao': 'tao',
  'i-tay': 'tay',
  'i-tsu': 'tsu',
  'no-bok': 'nb',
  'no-nyn': 'nn',
  'sgn-be-fr': 'sfb',
  'sgn-be-nl': 'vgt',
  'sgn-ch-de': 'sgg',
  'zh-guoyu': 'cmn',
  'zh-hakka': 'hak',
  'zh-min-nan': 'nan',
  'zh-xiang': 'hsn',
}
/** Old subtags that programs still send, and the current ones. */
const REPLACED_LANGUAGES: Readonly<Record<string, string>> = {
  iw: 'he',
  in: 'id',
  ji: 'yi',
  jw: 'jv',
}

/**
 * Returns a language tag in its usual form (`AR-eg` becomes `ar-EG`), or `undefined` if the tag is
 * malformed or its language is not registered. An extended language subtag replaces the language
 * (RFC 5646 section 4.5): `ar-arz` becomes `arz`. The result is the same in every runtime.
 */
export function canonicalizeLanguage(input: string): string | undefined {
  const lowered = input.toLowerCase()
  const tag = Object.hasOwn(GRANDFATHERED, lowered) ? (GRANDFATHERED[lowered] ?? input) : input
  const [, language, extended] = TAG.exec(tag) ?? []
  const primary = language?.toLowerCase()
  if (primary === undefined || !isLanguageSubtag(primary)) return undefined
  if (extended !== undefined)
    return EXTENDED_LANGUAGES.has(primary)
      ? canonicalizeLanguage(tag.slice(primary.length + 1))
      : undefined
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
  const current = Object.hasOwn(REPLACED_LANGUAGES, primary) ? REPLACED_LANGUAGES[primary] : primary
  return [current, ...formatted].join('-')
}

/** Says why a tag is refused. Operating systems write `en_US` where BCP 47 has `en-US`. */
export function describeInvalidLanguage(tag: string): string {
  const hyphened = canonicalizeLanguage(tag.replaceAll('_', '-').replace(/\.utf-?8$/i, ''))
  return hyphened === undefined
    ? 'language is not a language tag such as ar or en-GB'
    : `language is not a language tag; use ${hyphened}`
}

const isLanguageSubtag = (subtag: string): boolean =>
  isRegisteredLanguage(subtag) || PRIVATE_USE.test(subtag)

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
  acq: 'تعزي عدني',
  acx: 'عماني',
  afb: 'خليجي',
  ajp: 'شامي',
  apc: 'شامي',
  ars: 'نجدي',
  ary: 'الدارجة المغربية',
  arz: 'مصري',
  ayl: 'ليبي',
  ayn: 'صنعاني',
  bal: 'بلوچی',
  bft: 'بلتی',
  bgn: 'بلوچی',
  brh: 'براہوئی',
  gwc: 'کالامی',
  haz: 'هزارگی',
  hno: 'ہندکو',
  khw: 'کھوار',
  phl: 'پالولا',
  pnb: 'پنجابی',
  prx: 'پرگی',
  scl: 'شینا',
  skr: 'سرائیکی',
  trw: 'توروالی',
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
 * is known. `Intl` replaces some languages by others (`pnb` by `lah`), so the language is that of
 * the tag.
 */
export function formatTerritoryLocale(tag: string): string | undefined {
  const [language = ''] = tag.split('-')
  if (SPECIAL_SUBTAGS.has(language)) return undefined
  const { region } = new Intl.Locale(tag).maximize()
  return region === undefined ? undefined : `${language}_${region}`
}
