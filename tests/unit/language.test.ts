/** Language tags (BCP 47) and writing directions (rules ). */
import { describe, expect, it } from 'vitest'
import { canonicalizeLanguage, getDirection, getLanguageName } from '../../src/text/language.ts'

describe('canonicalizeLanguage', () => {
  it.each([
    ['AR-eg', 'ar-EG'],
    ['en-gb', 'en-GB'],
    ['zh-hant-tw', 'zh-Hant-TW'],
    ['iw', 'he'],
    ['ur', 'ur'],
  ])('writes %s as %s', (input, canonical) => {
    expect(canonicalizeLanguage(input)).toBe(canonical)
  })

  it.each(['xx', 'english', '', 'ar_EG', 'a', 'en-', 'und', '<script>', 'ar\n'])(
    'rejects %j',
    (input) => {
      expect(canonicalizeLanguage(input)).toBeUndefined()
    },
  )
})

describe('getDirection', () => {
  it.each([
    'ar',
    'ar-EG',
    'arz',
    'ary',
    'ur',
    'ur-PK',
    'pnb',
    'pa-PK',
    'fa',
    'ps',
    'sd',
    'ks',
    'ckb',
    'ug',
    'he',
    'yi',
    'dv',
    'syr',
    'arc',
    'nqo',
    'az-Arab',
    'ku-Arab',
    'uz-AF',
    'ar-u-nu-latn',
  ])('writes %s from right to left (R-45)', (tag) => {
    expect(getDirection(tag)).toBe('rtl')
  })

  it.each(['en', 'ur-Latn', 'pa', 'pa-IN', 'az', 'ku', 'uz', 'zh-Hant', 'hi', 'ar-Latn'])(
    'writes %s from left to right',
    (tag) => {
      expect(getDirection(tag)).toBe('ltr')
    },
  )
})

describe('getLanguageName', () => {
  it('returns the name of a language in that language', () => {
    expect(getLanguageName('ar')).toBe('العربية')
    expect(getLanguageName('fr')).toBe('français')
  })

  it.each(['ar-u-nu-latn', 'en-x-private', 'de-1996', 'zh-Hant-TW'])(
    'returns a name for every tag that a manuscript may have: %s',
    (tag) => {
      expect(canonicalizeLanguage(tag)).toBe(tag)
      expect(getLanguageName(tag)).toMatch(/\p{L}{2}/u)
    },
  )
})
