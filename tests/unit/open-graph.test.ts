/** Language tags as locales of Open Graph, always with a territory. */
import { expect, it } from 'vitest'
import { formatTerritoryLocale } from '../../src/text/language.ts'

it.each([
  ['en', 'en_US'],
  ['en-GB', 'en_GB'],
  ['ar', 'ar_EG'],
  ['ur', 'ur_PK'],
  ['bal', 'bal_PK'],
  ['zh-Hant', 'zh_TW'],
  ['sr-Latn-RS', 'sr_RS'],
  ['es-419', 'es_419'],
  ['ar-u-nu-latn', 'ar_EG'],
  ['pnb', 'pnb_PK'],
  ['prs', 'prs_AF'],
  ['tl', 'tl_PH'],
  ['und', undefined],
  ['mul', undefined],
  ['qaa', undefined],
])('the locale of %s is %s', (tag, locale) => {
  expect(formatTerritoryLocale(tag)).toBe(locale)
})
