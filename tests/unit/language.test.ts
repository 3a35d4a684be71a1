/** Language tags (BCP 47) and writing directions (rules ). */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import {
  canonicalizeLanguage,
  describeInvalidLanguage,
  getDirection,
  getLanguageName,
} from '../../src/text/language.ts'
import { isRegisteredLanguage } from '../../src/text/language-subtags.ts'

describe('canonicalizeLanguage', () => {
  it.each([
    ['AR-eg', 'ar-EG'],
    ['en-gb', 'en-GB'],
    ['zh-hant-tw', 'zh-Hant-TW'],
    ['iw', 'he'],
    ['ur', 'ur'],
    ['PNB', 'pnb'],
    ['skr-arab-pk', 'skr-Arab-PK'],
    ['es-419', 'es-419'],
    ['de-ch-1996', 'de-CH-1996'],
    ['en-X-AbCd-EF', 'en-x-abcd-ef'],
    ['zh-yue', 'yue'],
    ['AR-ARZ', 'arz'],
    ['zh-cmn-hans-cn', 'cmn-Hans-CN'],
    ['sgn-ase', 'ase'],
    ['i-klingon', 'tlh'],
    ['en-GB-oed', 'en-GB-oxendict'],
    ['zh-min-nan', 'nan'],
    ['und', 'und'],
    ['mul', 'mul'],
    ['zxx', 'zxx'],
    ['mis', 'mis'],
    ['qaa', 'qaa'],
    ['qtz-arab', 'qtz-Arab'],
  ])('writes %s as %s', (input, canonical) => {
    expect(canonicalizeLanguage(input)).toBe(canonical)
  })

  it.each([
    'xx',
    'english',
    '',
    'ar_EG',
    'a',
    'en-',
    'i-default',
    'en-yue',
    'zh-xxx',
    'zh-yue-cmn',
    'qua-',
    'quz-1-',
    'de-1996-1996',
    'en-a-bb-a-cc',
    '<script>',
    'ar\n',
  ])('rejects %j', (input) => {
    expect(canonicalizeLanguage(input)).toBeUndefined()
  })
})

it.each([
  ['en_US', 'language is not a language tag; use en-US'],
  ['ar_EG.UTF-8', 'language is not a language tag; use ar-EG'],
  ['english', 'language is not a language tag such as ar or en-GB'],
])('the refusal of %s says "%s"', (tag, message) => {
  expect(describeInvalidLanguage(tag)).toBe(message)
})

describe('a language of the region', () => {
  it.each(
    'bal skr pnb brh khw hno arz ary apc ajp acm afb ps sd ks prs haz gju wbl bft trw acq ayl bgn gwc scl phl prx'.split(
      ' ',
    ),
  )(
    'such as %s is accepted, has a name, and (with four exceptions) is written from right to left',
    (tag) => {
      expect(canonicalizeLanguage(tag)).toBe(tag)
      expect(getLanguageName(tag)).toMatch(/\p{L}{2}/u)
      if (!/^(?:wbl|trw|gju|bft)$/.test(tag)) expect(getDirection(tag)).toBe('rtl')
    },
  )
})

describe('the registered languages', () => {
  const path = createRequire(import.meta.url).resolve(
    'language-subtag-registry/data/json/language.json',
  )
  const registry = Object.keys(JSON.parse(readFileSync(path, 'utf8')))

  it('are exactly the languages in the IANA registry', () => {
    const letters = 'abcdefghijklmnopqrstuvwxyz'
    const possible = [...letters].flatMap((a) =>
      [...letters].flatMap((b) => [a + b, ...[...letters].map((c) => a + b + c)]),
    )
    expect(possible.filter(isRegisteredLanguage).sort()).toEqual(
      registry.filter((subtag) => /^[a-z]{2,3}$/.test(subtag)).sort(),
    )
  })

  it('have a direction and a name', () => {
    for (const tag of registry) {
      const canonical = canonicalizeLanguage(tag)
      if (canonical === undefined) continue
      expect(['ltr', 'rtl']).toContain(getDirection(canonical))
      expect(getLanguageName(canonical)).not.toBe('')
    }
  })
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
  ])('returns rtl for %s (R-45)', (tag) => {
    expect(getDirection(tag)).toBe('rtl')
  })

  it.each(['en', 'ur-Latn', 'pa', 'pa-IN', 'az', 'ku', 'uz', 'zh-Hant', 'hi', 'ar-Latn'])(
    'returns ltr for %s',
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
