/** Attributes whose value means nothing are dropped, and others are normalized. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { cleanMarkup } from '../../src/manuscript/sanitize.ts'
import { runs } from '../support/runs.ts'

function clean(html: string): { html: string; removed: string[] } {
  const cleaned = cleanMarkup('html', html, { origins: ['https://news.example'] })
  if ('detail' in cleaned) throw new Error(cleaned.detail)
  return cleaned
}
const A = 'src="https://a.example/a.png" alt=""'

it.each([
  [`<img ${A} width="100%" height="auto">`, `<img ${A}>`],
  [`<img ${A} width="640px" height=" 480 ">`, `<img ${A} width="640" height="480">`],
  ['<p dir="bogus">a</p>', '<p>a</p>'],
  ['<p dir="RTL">a</p>', '<p dir="rtl">a</p>'],
  ['<p lang="en_US">a</p>', '<p>a</p>'],
  ['<p lang="zh-cmn-Hans">a</p>', '<p lang="zh-cmn-Hans">a</p>'],
  ['<p title=" ">a</p>', '<p>a</p>'],
  ['<ol start="many"><li value="3x">a</li></ol>', '<ol><li value="3">a</li></ol>'],
  ['<time datetime="yesterday">a</time>', '<time>a</time>'],
  ['<time datetime="2026-11-27T10:00">a</time>', '<time datetime="2026-11-27T10:00">a</time>'],
  ['<time datetime="2026-11">a</time>', '<time datetime="2026-11">a</time>'],
  ['<time datetime="P1DT2H">a</time>', '<time datetime="P1DT2H">a</time>'],
])('%s becomes %s, and nothing is reported', (source, expected) => {
  expect(clean(source)).toMatchObject({ html: expected, removed: [] })
})

it('keeps table attributes that browsers understand', () => {
  const table = (cell: string): string =>
    `<table><tbody><tr><th scope="col">a</th>${cell}</tr></tbody></table>`
  expect(clean(table('<td colspan="2" align="CENTER">b</td>')).html).toBe(
    table('<td colspan="2" align="center">b</td>'),
  )
  expect(clean(table('<td colspan="0" rowspan="-1" align="char">b</td>')).html).toBe(
    table('<td>b</td>'),
  )
})

it('makes every stored size a whole number, whatever was sent', () => {
  const size = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.integer().map(String),
    fc.double().map(String),
    fc.integer({ min: 0, max: 2000 }).map((number) => `${number}%`),
  )
  fc.assert(
    fc.property(size, (value) => {
      const escaped = value.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
      const { html } = clean(`<p>a<img ${A} width="${escaped}"></p>`)
      const stored = /width="([^"]*)"/.exec(html)?.[1]
      if (stored !== undefined) expect(stored).toMatch(/^\d{1,5}$/)
    }),
    { numRuns: runs(300) },
  )
})
