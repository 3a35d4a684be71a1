/**
 * Complete manuscripts, each with the HTML, the summary and the report of its receipt that it must
 * give. After an intended change, `npm test -- --project unit manuscripts -u` writes the expected
 * files again; read the difference before you commit it.
 */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PAGE_MARK, SITE_MARK } from '../../src/text/characters.ts'
import { MANUSCRIPTS_FOLDER, prepareSample, readSampleManuscripts } from '../support/manuscripts.ts'

const samples = readSampleManuscripts().map((sample) => ({
  ...sample,
  prepared: prepareSample(sample),
}))
const listAttributes = (html: string, name: string): string[] =>
  [...html.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map(([, value = '']) => value)

it('the folder has manuscripts of every kind', () => {
  expect(samples.length).toBeGreaterThanOrEqual(14)
})

describe.each(samples)('$name', ({ name, prepared: { draft, removed, warnings } }) => {
  const { html, excerpt, dateline, authors } = draft.story

  it('becomes the expected HTML, summary and report', async () => {
    const readable = html.replaceAll(SITE_MARK, '{site}').replaceAll(PAGE_MARK, '{page}')
    const expected = join(MANUSCRIPTS_FOLDER, 'expected', name)
    await expect(`${readable}\n`).toMatchFileSnapshot(`${expected}.html`)
    const report = { dateline, excerpt, authors, removed, warnings }
    await expect(`${JSON.stringify(report, null, 2)}\n`).toMatchFileSnapshot(`${expected}.json`)
  })

  it('has a target for every link within the text', () => {
    const ids = new Set(listAttributes(html, 'id'))
    const targets = listAttributes(html, 'href').filter((href) => href.startsWith(PAGE_MARK))
    for (const target of targets)
      expect(ids).toContain(decodeURIComponent(target.slice(PAGE_MARK.length + 1)))
  })

  it('has only addresses that conform to RFC 3986', () => {
    const addresses = ['href', 'src', 'cite'].flatMap((each) => listAttributes(html, each))
    for (const address of addresses) {
      const absolute = address
        .replaceAll('&#x26;', '&')
        .replace(SITE_MARK, 'https://news.example')
        .replace(PAGE_MARK, 'https://news.example/articles/a')
      expect(absolute).toMatch(/^[a-z]+:(?:[\w\-.~!$&'()*+,;=:@/?#]|%[\dA-Fa-f]{2})*$/)
      expect(URL.canParse(absolute), absolute).toBe(true)
    }
  })
})
