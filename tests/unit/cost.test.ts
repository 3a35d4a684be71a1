/** Checks that reading a manuscript has bounded cost, whatever the manuscript contains. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { prepareManuscript } from '../../src/manuscript/prepare.ts'
import { MAX_MANUSCRIPT_BYTES } from '../../src/manuscript/read.ts'
import { cleanMarkup } from '../../src/manuscript/sanitize.ts'
import { LIMITS } from '../../src/model/rules.ts'
import {
  COSTLY_FRONT_MATTER,
  COSTLY_HTML,
  COSTLY_JSON,
  COSTLY_MARKDOWN,
} from '../support/costly.ts'
import { measureCpuSeconds } from '../support/cpu-time.ts'
import { runs } from '../support/runs.ts'

const OPTIONS = { origins: ['https://news.example'] }
const DESK = { language: 'en', siteUrl: 'https://news.example', shortUrl: 'https://nws.example' }

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

describe('a Markdown text that is expensive to parse', () => {
  it.each([
    ['a list that gets deeper', 'is nested deeper than 100'],
    ['one run of stars', 'is nested deeper than 100'],
    ['quotes in lists in quotes', 'HTML elements, more than 16000'],
    ['a table of a hundred columns', 'HTML elements, more than 16000'],
    ['emphasis signs', 'HTML elements, more than 16000'],
    ['a definition used often', 'makes more than 1048576 bytes of HTML'],
    ['a definition in a numbered list, used often', 'makes more than 1048576 bytes of HTML'],
    ['CDATA without an end', 'has more than 200 CDATA sections'],
  ])('is refused because of its result: %s (X-15, X-16)', (name, why) => {
    const cleaned = cleanMarkup('markdown', COSTLY_MARKDOWN[name]?.(64_000) ?? '', OPTIONS)
    expect('detail' in cleaned ? cleaned.detail : 'accepted').toContain(why)
  })

  it('takes far less than quadratic time, in each construct (X-16)', () => {
    for (const [name, construct] of Object.entries(COSTLY_MARKDOWN)) {
      const seconds = measureCpuSeconds(() => cleanMarkup('markdown', construct(64_000), OPTIONS))
      // The most expensive construct takes 0.3 s.
      expect(seconds, name).toBeLessThan(4)
    }
  }, 60_000)

  const repeatLine = (many: number, line: (n: number) => string, between = '\n'): string =>
    Array.from({ length: many }, (_, n) => line(n)).join(between)

  it.each([
    ['English', 'The mayor said that nobody had asked her about the bridge'],
    ['Arabic', 'قالت رئيسة البلدية إن أحدا لم يسألها عن الجسر القديم'],
    ['Urdu', 'میئر نے کہا کہ کسی نے ان سے پل کے بارے میں نہیں پوچھا'],
    ['Hindi', 'महापौर ने कहा कि पुल के बारे में उनसे किसी ने नहीं पूछा'],
    ['Chinese', '市长说，没有人问过她关于那座桥的事情，也没有人写信给她'],
  ])('is unlike the long texts of newsrooms, which are accepted: %s', (_, words) => {
    const link = (n: number): string => `[${words}](https://a.example/news/${n}_(city))`
    const texts = {
      'interview with <br>': `${link(1)} ${repeatLine(231, () => `${words}<br>`)}`,
      'interview with backslashes': `${link(1)} ${repeatLine(400, () => `${words}\\`)}`,
      'interview with names in bold': repeatLine(300, (n) => `**A. B.:** ${words} (${n})<br>`),
      'live blog': repeatLine(400, (n) => `**12:${n}** ${words}. ${link(n)}. *${words}*.`, '\n\n'),
      'live blog with headings': repeatLine(
        400,
        (n) => `### 12:${n}\n\n${words}. ${link(n)}.`,
        '\n\n',
      ),
      names: repeatLine(1_000, (n) => `- ${words} ${n}`),
      'names with links': repeatLine(900, (n) => `- ${link(n)}`),
      transcript: repeatLine(1_200, () => `**A. B.:** ${words}.`, '\n\n'),
      'transcript in lines': repeatLine(400, () => `**A. B.:** ${words}.`),
      'results of an election': `| |${'a|'.repeat(7)}\n|${'-|'.repeat(8)}\n${repeatLine(600, (n) => `| ${words} |${' 12.3 |'.repeat(6)} ${n} |`)}`,
      'results in bold': `| a |${'b|'.repeat(3)}\n|${'---|'.repeat(4)}\n${repeatLine(600, (n) => `| **${words}** | 1 | ${link(n)} | x |`)}`,
      footnotes: `${repeatLine(300, (n) => `${words}.[^${n}]`, '\n\n')}\n\n${repeatLine(300, (n) => `[^${n}]: ${words}, https://a.example/${n}`)}`,
      glossary: repeatLine(500, (n) => `**${words}** ${n}: ${words}.`, '\n\n'),
      'glossary as a list': repeatLine(500, (n) => `- **${n}**: ${words}, see ${link(n)}.`),
      'glossary with code': repeatLine(500, (n) => `- \`${n}\`: ${words} [sic] \`x\`.`),
      'HTML with a comment': `<!-- a -->\n\n${repeatLine(300, () => `<p class="b">${words}</p>`)}\n\n${repeatLine(300, link)}`,
      'references below': `${repeatLine(300, (n) => `[${words}][${n}]`, '\n\n')}\n\n${repeatLine(300, (n) => `[${n}]: https://a.example/${n} "${words}"`)}`,
    }
    for (const [name, text] of Object.entries(texts))
      expect(cleanMarkup('markdown', text, OPTIONS), name).toHaveProperty('html')
  })

  it('is accepted or refused within the limits, whatever it contains', () => {
    const construct = fc.constantFrom(...Object.values(COSTLY_MARKDOWN))
    const part = fc.tuple(construct, fc.integer({ min: 1, max: 3_000 }))
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 12 }), (parts) => {
        const text = parts.map(([make, bytes]) => make(bytes)).join('\n\n')
        const cleaned = cleanMarkup('markdown', text, OPTIONS)
        if ('html' in cleaned) expect(cleaned.html.length).toBeLessThan(2 * LIMITS.htmlBytes)
        else expect(cleaned.detail).toMatch(/ \d+/)
      }),
      { numRuns: runs(100) },
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
    const cleaned = cleanMarkup('html', COSTLY_HTML[name]?.(LIMITS.sourceBytes) ?? '', OPTIONS)
    expect('detail' in cleaned ? cleaned.detail : 'accepted').toContain(why)
  })

  it.each(
    'mrow mstyle menclose mmultiscripts mtd msqrt mfrac msup mfenced apply span font my-card table'.split(
      ' ',
    ),
  )('takes linear time for elements within elements: %s', (name) => {
    const nested = `<p><math>${`<${name}>`.repeat(90)}x${`</${name}>`.repeat(90)}</math></p>`
    const plain = nested.replaceAll('math', 'b')
    for (const source of [nested, plain])
      expect(measureCpuSeconds(() => cleanMarkup('html', source, OPTIONS))).toBeLessThan(2)
  })

  it('loses surplus combining marks, and the loss is reported', () => {
    const pile = '\u0316\u0301'.repeat(5_000)
    for (const [form, source] of [
      ['html', `<p>a${pile}</p>`],
      ['html', `<p>a${'&#x316;&#x301;'.repeat(5_000)}</p>`],
      ['markdown', `a${pile}`],
    ] as const) {
      const cleaned = cleanMarkup(form, source, OPTIONS)
      if ('detail' in cleaned) throw new Error(cleaned.detail)
      expect(cleaned.removed).toEqual(['combining mark after 30 in a row, 9970 times'])
      expect(cleaned.text.normalize('NFD').length).toBe(31)
    }
  })

  it('loses an address that is too long for browsers, and the loss is reported', () => {
    const cleaned = cleanMarkup(
      'html',
      `<p><a href="https://a${'é'.repeat(9_000)}">b</a></p>`,
      OPTIONS,
    )
    expect(cleaned).toMatchObject({
      html: '<p><a>b</a></p>',
      removed: [`href "https://a${'é'.repeat(91)}" on <a>`],
    })
  })
})

describe('a manuscript with keys that are expensive to validate', () => {
  it.each([
    ['keys', 'the front matter has 14803 lines and punctuation marks, more than 5000'],
    ['keys of the picture', 'lines and punctuation marks, more than 5000'],
    ['commas', 'lines and punctuation marks, more than 5000'],
    ['braces', 'lines and punctuation marks, more than 5000'],
    ['a title of combining marks', 'title has more than 30 combining marks in a row'],
  ])('is refused because of its front matter: %s (X-15)', (name, why) => {
    const frontMatter = COSTLY_FRONT_MATTER[name]?.(64 * 1024 - 20) ?? ''
    expect(findRefusal(`---\n${frontMatter}\n---\nText`, 'text/markdown')).toContain(why)
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

  it('is refused with one sentence if it has more than 100 keys', () => {
    const unknownKeys = Object.fromEntries(
      Array.from({ length: 98 }, (_, index) => [`k${index}`, 1]),
    )
    const detail = findRefusal(JSON.stringify({ body: 'b', ...unknownKeys }), 'application/json')
    expect(detail?.split('\n')).toHaveLength(99)
    expect(
      findRefusal(
        JSON.stringify({ title: 't', body: 'b', language: 'en', ...unknownKeys }),
        'application/json',
      ),
    ).toBe('manuscript has 102 keys, more than 100')
  })
})
