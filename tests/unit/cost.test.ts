/** What a manuscript may cost to read: bounded before it is parsed, whatever it is made of. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../src/article.ts'
import { costsOf, MAX_LINES, MAX_SHARE, shareOf, slowMarkdown } from '../../src/cost.ts'
import { cleanMarkup } from '../../src/html.ts'
import { MAX_BODY_BYTES, prepareManuscript } from '../../src/manuscript.ts'
import {
  COSTLY_FRONT_MATTER,
  COSTLY_HTML,
  COSTLY_JSON,
  COSTLY_MARKDOWN,
} from '../support/costly.ts'
import { runs } from '../support/runs.ts'

const OWN = { origins: ['https://news.example'] }
const DESK = { language: 'en', siteUrl: 'https://news.example', shortUrl: 'https://nws.example' }
const costs = (text: string) => costsOf(text.split('\n'))

function whyNot(bytes: string, type: 'text/markdown' | 'application/json'): string | undefined {
  const prepared = prepareManuscript(new TextEncoder().encode(bytes), type, 'x', DESK)
  if (prepared.ok) return undefined
  const { failure } = prepared
  return failure.reason === 'invalid'
    ? failure.faults.map(({ detail }) => detail).join('\n')
    : 'why' in failure
      ? failure.why
      : failure.reason
}

describe('a Markdown text that is costly to parse', () => {
  it.each([
    ['500 levels by indentation', 'a list that gets deeper', 126_000, 'nested deeper than 100'],
    ['bare addresses', 'addresses with www', 250_000, 'has 31250 bare addresses and @ signs'],
    ['e-mail addresses', 'e-mail addresses', 60_000, 'has 10000 bare addresses and @ signs'],
    ['list items', 'a list', 16_000, 'lines of lists, quotes, headings and the like'],
    ['lazy lines', 'lines that belong to a quote without its mark', 8_000, 'lines of lists'],
    ['lists in quotes', 'quotes in lists in quotes', 100_000, 'lines of lists, quotes'],
    ['zigzag', 'a list that gets deeper, again and again', 150_000, 'lines of lists'],
    ['emphasis', 'emphasis', 16_000, 'steps over emphasis and brackets in one paragraph'],
    ['stars', 'one run of stars', 9_000, 'steps over emphasis and brackets in one paragraph'],
    ['closing brackets', 'closing brackets', 16_000, 'steps over emphasis and brackets'],
    ['words in a bracket', 'words in a bracket', 16_000, 'steps over emphasis and brackets'],
    ['comments', 'comments without an end', 32_000, 'comments and titles that are never closed'],
    ['instructions', 'instructions without an end', 24_000, 'titles that are never closed'],
    ['backticks', 'backticks of many lengths', 250_000, 'titles that are never closed'],
    ['backslashes', 'backslashes', 250_000, 'has 250000 marks, more than 15000'],
    ['definitions', 'a definition used often', 6_000, 'repeats its reference definitions'],
    ['footnotes', 'footnote marks', 16_000, 'has 3999 links and references'],
    ['a table', 'a table of a hundred columns', 19_000, 'vertical bars of tables'],
    ['deep code', 'footnotes that get deeper', 200_000, 'levels of nesting and indentation'],
  ] as const)('is refused before it is parsed: %s (X-15, X-16)', (_, name, bytes, why) => {
    const text = COSTLY_MARKDOWN[name]?.(bytes) ?? ''
    const cleaned = cleanMarkup('markdown', text, OWN)
    expect('detail' in cleaned ? cleaned.detail : 'accepted').toContain(why)
  })

  it('may not use up two limits by nearly the whole of each', () => {
    const list = '- a\n'.repeat(1_200)
    const addresses = 'www.a.b '.repeat(1_800)
    expect(slowMarkdown(list)).toBeUndefined()
    expect(slowMarkdown(addresses)).toBeUndefined()
    expect(slowMarkdown(`${list}\n${addresses}`)).toBe(
      'has too much markup in all, most of it 1800 bare addresses and @ signs and 1200 lines of lists, quotes, headings and the like',
    )
  })

  it('is known by counts that grow as the text does', () => {
    for (const [name, construct] of Object.entries(COSTLY_MARKDOWN)) {
      const text = construct(4_000)
      const twice = `${text}\n\n${text}`
      const [once, both] = [costs(text), costs(twice)]
      for (const key of Object.keys(once) as (keyof typeof once)[])
        expect(both[key], `${name}: ${key}`).toBeLessThanOrEqual(2 * once[key] + 2_000)
    }
  })

  it('is none that a person wrote', () => {
    const folder = join(import.meta.dirname, '../../articles')
    const stories = readdirSync(folder).filter((name) => name.endsWith('.md'))
    expect(stories.length).toBeGreaterThan(10)
    for (const name of stories) {
      const text = readFileSync(join(folder, name), 'utf8')
      expect(shareOf(costs(text)), name).toBeLessThan(0.1)
    }
    // A long report: 400 paragraphs with a link and emphasis each, a list of 300 sources, a table of 300 rows.
    const report = [
      ...Array.from(
        { length: 400 },
        (_, n) => `Some *words* of [a source](https://a.example/${n}) and **more**.\n`,
      ),
      ...Array.from({ length: 300 }, (_, n) => `- [Source ${n}](https://b.example/${n})`),
      '',
      '| place | seats | votes |\n|---|---|---|',
      ...Array.from({ length: 300 }, (_, n) => `| ${n} | 1 | 2 |`),
    ].join('\n')
    expect(slowMarkdown(report)).toBe(undefined)
    expect(
      slowMarkdown('A line of a text that is wrapped at eighty columns.\n'.repeat(3_900)),
    ).toBe(undefined)
  })

  it('is refused, or is within every bound, whatever it is made of', () => {
    const construct = fc.constantFrom(...Object.values(COSTLY_MARKDOWN))
    const part = fc.tuple(construct, fc.integer({ min: 1, max: 3_000 }))
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 12 }), (parts) => {
        const text = parts.map(([make, bytes]) => make(bytes)).join('\n\n')
        if (slowMarkdown(text) !== undefined) return
        expect(text.split('\n').length).toBeLessThanOrEqual(MAX_LINES)
        expect(shareOf(costs(text))).toBeLessThanOrEqual(MAX_SHARE)
      }),
      { numRuns: runs(300) },
    )
  })
})

describe('HTML that is costly to clean', () => {
  it.each([
    ['what may not stand in a table', 'makes more than 60000 elements of HTML'],
    ['formatting that opens again', 'makes more than 60000 elements of HTML'],
    ['rows of cells', 'elements of HTML'],
    ['line breaks', 'elements of HTML'],
  ])('is refused when it makes too many elements: %s (X-15, X-16)', (name, why) => {
    const cleaned = cleanMarkup('html', COSTLY_HTML[name]?.(LIMITS.sourceBytes) ?? '', OWN)
    expect('detail' in cleaned ? cleaned.detail : 'accepted').toContain(why)
  })

  it('loses combining marks that no letter has, and says so', () => {
    const pile = '\u0316\u0301'.repeat(5_000)
    for (const [form, source] of [
      ['html', `<p>a${pile}</p>`],
      ['html', `<p>a${'&#x316;&#x301;'.repeat(5_000)}</p>`],
      ['markdown', `a${pile}`],
    ] as const) {
      const cleaned = cleanMarkup(form, source, OWN)
      if ('detail' in cleaned) throw new Error(cleaned.detail)
      expect(cleaned.removed).toEqual(['combining mark after 30 in a row, 9970 times'])
      expect(cleaned.text.normalize('NFD').length).toBe(31)
    }
  })

  it('loses an address that is longer than any browser follows, and says so', () => {
    const cleaned = cleanMarkup('html', `<p><a href="https://a${'é'.repeat(9_000)}">b</a></p>`, OWN)
    expect(cleaned).toMatchObject({ html: '<p><a>b</a></p>', removed: ['href "https:" on <a>'] })
  })
})

describe('a manuscript with keys that are costly to check', () => {
  it.each([
    ['keys', 'the front matter has 14803 lines and marks, more than 5000'],
    ['keys of the picture', 'lines and marks, more than 5000'],
    ['commas', 'lines and marks, more than 5000'],
    ['braces', 'lines and marks, more than 5000'],
    ['a title of combining marks', 'title has more than 30 combining marks in a row'],
  ])('is refused for its front matter: %s (X-15)', (name, why) => {
    const front = COSTLY_FRONT_MATTER[name]?.(64 * 1024 - 20) ?? ''
    expect(whyNot(`---\n${front}\n---\nText`, 'text/markdown')).toContain(why)
  })

  it.each([
    ['keys', 'the body has an object of more than 1000 keys'],
    ['tags', 'tags has 451520 entries, more than 32'],
    ['numbers for tags', 'tags has 903040 entries, more than 32'],
    ['objects for authors', 'authors has 602026 entries, more than 16'],
    ['empty points', 'summary has 602026 entries, more than 5'],
    ['a title of combining marks', 'title has more than 30 combining marks in a row'],
  ])('is refused with one sentence: %s (X-15)', (name, why) => {
    const json = COSTLY_JSON[name]?.(MAX_BODY_BYTES - 160_000) ?? ''
    expect(whyNot(json, 'application/json')).toBe(why)
  })

  it('is told at once that it has too many keys', () => {
    const some = Object.fromEntries(Array.from({ length: 98 }, (_, index) => [`k${index}`, 1]))
    const few = whyNot(JSON.stringify({ body: 'b', ...some }), 'application/json')
    expect(few?.split('\n')).toHaveLength(99)
    expect(
      whyNot(
        JSON.stringify({ title: 't', body: 'b', language: 'en', ...some }),
        'application/json',
      ),
    ).toBe('manuscript has 102 keys, more than 100')
  })
})
