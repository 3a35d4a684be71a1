/** The costs of reading a manuscript are bounded before it is parsed, whatever it contains. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import remarkGfm from 'remark-gfm'
import remarkParse from 'remark-parse'
import { unified } from 'unified'
import { describe, expect, it } from 'vitest'
import {
  computeTotalShare,
  countCosts,
  findExcessiveCost,
  MAX_LINES,
  MAX_TOTAL_SHARE,
} from '../../src/manuscript/cost.ts'
import { prepareManuscript } from '../../src/manuscript/prepare.ts'
import { MAX_MANUSCRIPT_BYTES } from '../../src/manuscript/read.ts'
import { cleanMarkup } from '../../src/manuscript/sanitize.ts'
import { LIMITS } from '../../src/model/rules.ts'
import {
  COSTLY_FRONT_MATTER,
  COSTLY_HTML,
  COSTLY_JSON,
  COSTLY_MARKDOWN,
  DISGUISES,
} from '../support/costly.ts'
import { runs } from '../support/runs.ts'

const OWN = { origins: ['https://news.example'] }
const DESK = { language: 'en', siteUrl: 'https://news.example', shortUrl: 'https://nws.example' }
const costs = (text: string) => countCosts(text.split('\n'))

function measureCpuSeconds(action: () => void): number {
  const began = process.cpuUsage()
  action()
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1e6
}

/** Counts the stars of each part that the parser reads separately. */
function countStars(text: string): number[] {
  const stars: number[] = []
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null || !('type' in node)) return
    const { type } = node
    if (['paragraph', 'heading', 'tableCell'].includes(String(type)) && 'position' in node) {
      const { start, end } = node.position as Record<'start' | 'end', { offset: number }>
      stars.push(text.slice(start.offset, end.offset).split('*').length - 1)
    } else if ('children' in node && Array.isArray(node.children)) node.children.forEach(walk)
  }
  walk(unified().use(remarkParse).use(remarkGfm).parse(text))
  return stars
}

function findRefusal(
  bytes: string,
  type: 'text/markdown' | 'application/json',
): string | undefined {
  const prepared = prepareManuscript(new TextEncoder().encode(bytes), type, 'x', DESK)
  if (prepared.ok) return undefined
  const { failure } = prepared
  return failure.reason === 'invalid'
    ? failure.faults.map(({ detail }) => detail).join('\n')
    : 'why' in failure
      ? failure.why
      : failure.reason
}

const TOO_LONG =
  'has paragraphs with too many brackets and emphasis marks; split them with blank lines'
const NOT_CLOSED =
  'has too many unclosed code spans, comments or links; close them, or escape their first character with a backslash'
const PUNCTUATION =
  'has addresses with too many punctuation marks in a row; shorten them, or put a space after each address'

describe('a Markdown text that is expensive to parse', () => {
  it.each([
    ['500 levels by indentation', 'a list that gets deeper', 126_000, 'nested deeper than 100'],
    ['bare addresses', 'addresses with www', 250_000, 'has 31250 bare addresses and @ signs'],
    ['e-mail addresses', 'e-mail addresses', 60_000, 'has 10000 bare addresses and @ signs'],
    ['list items', 'a list', 16_000, 'lines of lists, quotes, headings and the like'],
    ['lazy lines', 'lines that belong to a quote without its mark', 8_000, 'lines of lists'],
    ['lists in quotes', 'quotes in lists in quotes', 100_000, 'lines of lists, quotes'],
    ['zigzag', 'a list that gets deeper, again and again', 150_000, 'lines of lists'],
    ['emphasis', 'emphasis', 16_000, TOO_LONG],
    ['stars', 'one run of stars', 9_000, TOO_LONG],
    ['closing brackets', 'closing brackets', 16_000, TOO_LONG],
    ['words in a bracket', 'words in a bracket', 16_000, TOO_LONG],
    ['code in a bracket', 'a bracket that only code closes', 16_000, TOO_LONG],
    ['links in a bracket', 'a bracket that only links close', 16_000, TOO_LONG],
    ['tags in a bracket', 'a bracket that only tags close', 50_000, TOO_LONG],
    ['short words', 'a bracket and short words between others', 16_000, TOO_LONG],
    ['white space', 'lines that look blank', 16_000, TOO_LONG],
    ['no rule', 'a table whose rule is none', 16_000, TOO_LONG],
    ['lazy rows', 'a quote after a table', 16_000, TOO_LONG],
    ['comments', 'comments without an end', 32_000, NOT_CLOSED],
    ['instructions', 'instructions without an end', 24_000, NOT_CLOSED],
    ['backticks', 'backticks of many lengths', 250_000, NOT_CLOSED],
    ['titles', 'titles of links that end once', 120_000, NOT_CLOSED],
    ['angles', 'titles of links after addresses in angle brackets', 120_000, NOT_CLOSED],
    [
      'backslashes',
      'backslashes',
      250_000,
      'has 250000 markup characters such as * and [, more than',
    ],
    [
      'definitions',
      'a definition used often',
      6_000,
      'has reference definitions that become more than',
    ],
    [
      'one in a list',
      'a definition in a numbered list, used often',
      6_000,
      'has reference definitions that become more than',
    ],
    ['footnotes', 'footnote marks', 16_000, 'has 3999 links and references'],
    ['a table', 'a table of a hundred columns', 40_000, 'has tables with'],
    ['bars', 'vertical bars between words', 24_000, 'has 12000 vertical bars in tables, more than'],
    ['deep code', 'footnotes that get deeper', 200_000, 'with too many levels; use fewer levels'],
    ['punctuation', 'an address before many punctuation marks', 10_000, PUNCTUATION],
    ['entities', 'an address before many entities', 10_000, PUNCTUATION],
    ['dots', 'punctuation after each address', 20_000, PUNCTUATION],
  ] as const)('is refused before it is parsed: %s (X-15, X-16)', (_, name, bytes, why) => {
    const text = COSTLY_MARKDOWN[name]?.(bytes) ?? ''
    const cleaned = cleanMarkup('markdown', text, OWN)
    expect('detail' in cleaned ? cleaned.detail : 'accepted').toContain(why)
  })

  it('may not nearly use up two limits at once', () => {
    const list = '- a\n'.repeat(1_200)
    const addresses = 'www.a.b '.repeat(1_800)
    expect(findExcessiveCost(list)).toBeUndefined()
    expect(findExcessiveCost(addresses)).toBeUndefined()
    expect(findExcessiveCost(`${list}\n${addresses}`)).toBe(
      'has too much markup, mostly bare addresses and @ signs, then lines of lists, quotes, headings and the like; publish it in parts',
    )
  })

  it('is refused wherever the expensive construct begins (X-15)', () => {
    const refusals = Object.entries(COSTLY_MARKDOWN)
      .map(([name, construct]) => ({ name, text: construct(20_000) }))
      .filter(({ text }) => findExcessiveCost(text) !== undefined)
    expect(refusals.length).toBeGreaterThan(40)
    for (const [opening, before] of Object.entries(DISGUISES)) {
      for (const { name, text } of refusals)
        expect(findExcessiveCost(before + text), `${name} after ${opening}`).toBeDefined()
    }
  })

  it('is measured wherever the parser reads Markdown', () => {
    const line = fc.constantFrom(
      ...Object.values(DISGUISES).flatMap((opening) => opening.split('\n')),
      ...['', '>', '    >', '\u00a0', '<div>', '</div>', '- ', '  * b', '|a|', '|-|', '| | |', '|'],
      ...[
        '||',
        '|-|-|',
        '|-',
        '-|-',
        '|a|\t',
        '<!-- a -->',
        '<b>',
        '# c',
        '[d]: e',
        '\t<div>',
        '<p/>',
      ],
    )
    const starred = fc.tuple(line, fc.boolean()).map(([begin, star]) => begin + (star ? '*' : ''))
    fc.assert(
      fc.property(fc.array(starred, { maxLength: 14 }), (all) => {
        const text = all.join('\n')
        const stars = countStars(text)
        const counted = costs(text)
        expect(counted.get('marks')).toBeGreaterThanOrEqual(stars.reduce((a, b) => a + b, 0))
        // In a run of stars, half as many pieces are found, and the search for each passes all
        // stars.
        expect(counted.get('markSteps')).toBeGreaterThanOrEqual(Math.max(0, ...stars) ** 2 / 2)
      }),
      { numRuns: runs(1000) },
    )
  })

  it('is measured in a time that grows linearly with the text', () => {
    const signs = [...'!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ \ta']
    for (const one of signs) {
      const alone = measureCpuSeconds(() => findExcessiveCost(one.repeat(256 * 1024)))
      expect(alone, one).toBeLessThan(1)
      for (const other of signs) {
        const lines = [(one + other).repeat(6 * 1024)]
        // If only the second character is repeated, every opening searches for a distant end.
        const far = [`${one}${other.repeat(2 * 1024)}`.repeat(2)]
        expect(
          measureCpuSeconds(() => countCosts(lines)),
          one + other,
        ).toBeLessThan(0.25)
        expect(
          measureCpuSeconds(() => countCosts(far)),
          `${one}, ${other}`,
        ).toBeLessThan(0.25)
      }
    }
    expect(findExcessiveCost(']:'.repeat(128 * 1024))).toBe(
      'has 131072 links and references, more than 2000',
    )
  })

  it('counts grow linearly with the text', () => {
    for (const [name, construct] of Object.entries(COSTLY_MARKDOWN)) {
      const text = construct(4_000)
      const twice = `${text}\n\n${text}`
      const [once, both] = [costs(text), costs(twice)]
      for (const [key, count] of once)
        expect(both.get(key), `${name}: ${key}`).toBeLessThanOrEqual(2 * count + 2_000)
    }
  })

  it('no text that a person wrote is too expensive', () => {
    const folder = join(import.meta.dirname, '../../articles')
    const stories = readdirSync(folder).filter((name) => name.endsWith('.md'))
    expect(stories.length).toBeGreaterThan(10)
    for (const name of stories) {
      const text = readFileSync(join(folder, name), 'utf8')
      expect(computeTotalShare(costs(text)), name).toBeLessThan(0.1)
    }
    // Builds a long report: 400 paragraphs with a link and emphasis each, a list of 300 sources, a
    // table of 300 rows.
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
    expect(findExcessiveCost(report)).toBe(undefined)
    expect(
      findExcessiveCost('A line of a text that is wrapped at eighty columns.\n'.repeat(3_900)),
    ).toBe(undefined)
  })

  const times = (many: number, line: (n: number) => string, between = '\n'): string =>
    Array.from({ length: many }, (_, n) => line(n)).join(between)

  it.each([
    ['English', 'The mayor said that nobody had asked her about the bridge'],
    ['Arabic', 'قالت رئيسة البلدية إن أحدا لم يسألها عن الجسر القديم'],
    ['Urdu', 'میئر نے کہا کہ کسی نے ان سے پل کے بارے میں نہیں پوچھا'],
    ['Hindi', 'महापौर ने कहा कि पुल के बारे में उनसे किसी ने नहीं पूछा'],
    ['Chinese', '市长说，没有人问过她关于那座桥的事情，也没有人写信给她'],
  ])('no long newsroom text is too expensive: %s', (_, words) => {
    const link = (n: number): string => `[${words}](https://a.example/news/${n}_(city))`
    const texts = {
      'interview with <br>': `${link(1)} ${times(231, () => `${words}<br>`)}`,
      'interview with backslashes': `${link(1)} ${times(400, () => `${words}\\`)}`,
      'interview with names in bold': times(300, (n) => `**A. B.:** ${words} (${n})<br>`),
      'live blog': times(400, (n) => `**12:${n}** ${words}. ${link(n)}. *${words}*.`, '\n\n'),
      'live blog with headings': times(400, (n) => `### 12:${n}\n\n${words}. ${link(n)}.`, '\n\n'),
      names: times(1_000, (n) => `- ${words} ${n}`),
      'names with links': times(900, (n) => `- ${link(n)}`),
      transcript: times(1_200, () => `**A. B.:** ${words}.`, '\n\n'),
      'transcript in lines': times(400, () => `**A. B.:** ${words}.`),
      'results of an election': `| |${'a|'.repeat(7)}\n|${'-|'.repeat(8)}\n${times(600, (n) => `| ${words} |${' 12.3 |'.repeat(6)} ${n} |`)}`,
      'results in bold': `| a |${'b|'.repeat(3)}\n|${'---|'.repeat(4)}\n${times(600, (n) => `| **${words}** | 1 | ${link(n)} | x |`)}`,
      footnotes: `${times(300, (n) => `${words}.[^${n}]`, '\n\n')}\n\n${times(300, (n) => `[^${n}]: ${words}, https://a.example/${n}`)}`,
      glossary: times(500, (n) => `**${words}** ${n}: ${words}.`, '\n\n'),
      'glossary as a list': times(500, (n) => `- **${n}**: ${words}, see ${link(n)}.`),
      'glossary with code': times(500, (n) => `- \`${n}\`: ${words} [sic] \`x\`.`),
      'HTML with a comment': `<!-- a -->\n\n${times(300, () => `<p class="b">${words}</p>`)}\n\n${times(300, link)}`,
      'references below': `${times(300, (n) => `[${words}][${n}]`, '\n\n')}\n\n${times(300, (n) => `[${n}]: https://a.example/${n} "${words}"`)}`,
    }
    for (const [name, text] of Object.entries(texts))
      expect(findExcessiveCost(text), name).toBe(undefined)
  })

  it('is refused, or is within every limit, whatever it contains', () => {
    const construct = fc.constantFrom(...Object.values(COSTLY_MARKDOWN))
    const part = fc.tuple(construct, fc.integer({ min: 1, max: 3_000 }))
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 12 }), (parts) => {
        const text = parts.map(([make, bytes]) => make(bytes)).join('\n\n')
        if (findExcessiveCost(text) !== undefined) return
        expect(text.split('\n').length).toBeLessThanOrEqual(MAX_LINES)
        expect(computeTotalShare(costs(text))).toBeLessThanOrEqual(MAX_TOTAL_SHARE)
      }),
      { numRuns: runs(300) },
    )
  })
})

describe('HTML that is expensive to clean', () => {
  it.each([
    ['elements that a table may not contain', 'makes more than 60000 HTML elements'],
    ['formatting that is repeated in each block', 'makes more than 60000 HTML elements'],
    ['rows of cells', 'HTML elements'],
    ['line breaks', 'HTML elements'],
  ])('is refused if it has too many elements: %s (X-15, X-16)', (name, why) => {
    const cleaned = cleanMarkup('html', COSTLY_HTML[name]?.(LIMITS.sourceBytes) ?? '', OWN)
    expect('detail' in cleaned ? cleaned.detail : 'accepted').toContain(why)
  })

  it('loses surplus combining marks, and reports it', () => {
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

  it('loses an address that is too long for browsers, and reports it', () => {
    const cleaned = cleanMarkup('html', `<p><a href="https://a${'é'.repeat(9_000)}">b</a></p>`, OWN)
    expect(cleaned).toMatchObject({ html: '<p><a>b</a></p>', removed: ['href "https:" on <a>'] })
  })
})

describe('a manuscript with keys that are expensive to validate', () => {
  it.each([
    ['keys', 'the front matter has 14803 lines and punctuation marks, more than 5000'],
    ['keys of the picture', 'lines and punctuation marks, more than 5000'],
    ['commas', 'lines and punctuation marks, more than 5000'],
    ['braces', 'lines and punctuation marks, more than 5000'],
    ['a title of combining marks', 'title has more than 30 combining marks in a row'],
  ])('is refused for its front matter: %s (X-15)', (name, why) => {
    const front = COSTLY_FRONT_MATTER[name]?.(64 * 1024 - 20) ?? ''
    expect(findRefusal(`---\n${front}\n---\nText`, 'text/markdown')).toContain(why)
  })

  it.each([
    ['keys', 'the body has an object of more than 1000 keys'],
    ['tags', 'tags has 451520 entries, more than 32'],
    ['numbers for tags', 'tags has 903040 entries, more than 32'],
    ['objects for authors', 'authors has 602026 entries, more than 16'],
    ['empty points', 'summary has 602026 entries, more than 5'],
    ['a title of combining marks', 'title has more than 30 combining marks in a row'],
  ])('is refused with one sentence: %s (X-15)', (name, why) => {
    const json = COSTLY_JSON[name]?.(MAX_MANUSCRIPT_BYTES - 160_000) ?? ''
    expect(findRefusal(json, 'application/json')).toBe(why)
  })

  it('is refused at once because of too many keys', () => {
    const some = Object.fromEntries(Array.from({ length: 98 }, (_, index) => [`k${index}`, 1]))
    const few = findRefusal(JSON.stringify({ body: 'b', ...some }), 'application/json')
    expect(few?.split('\n')).toHaveLength(99)
    expect(
      findRefusal(
        JSON.stringify({ title: 't', body: 'b', language: 'en', ...some }),
        'application/json',
      ),
    ).toBe('manuscript has 102 keys, more than 100')
  })
})
