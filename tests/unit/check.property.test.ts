/** `check` finds a fault if and only if a desk without articles refuses the manuscript. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { findManuscripts } from '../../src/client/files.ts'
import { type Manuscript, readManuscripts } from '../../src/client/manuscripts.ts'
import { acceptDraft } from '../../src/desk/editing.ts'
import { prepareLine } from '../../src/manuscript/prepare.ts'
import { countingBytes, PUBLICATION, START } from '../support/drafts.ts'
import { runs } from '../support/runs.ts'
import { openMemoryLedger } from '../support/sqlite.ts'

const folder = mkdtempSync(join(tmpdir(), 'dateline-check-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The settings with which `check` reads, so that both read the same. */
const SETTINGS = {
  language: 'en',
  siteUrl: 'https://site.invalid',
  shortUrl: 'https://short.invalid',
}

async function readFile(name: string, content: string | Uint8Array): Promise<Manuscript> {
  writeFileSync(join(folder, name), content)
  for await (const manuscript of readManuscripts(findManuscripts([name], folder))) return manuscript
  throw new Error('The file has no manuscript')
}

/** Returns why a desk without articles refuses what the command line would send, if it does. */
function findRefusal({ line }: Manuscript): string | undefined {
  if (!line.ok) return line.faults.join()
  const prepared = prepareLine({ number: 1, bytes: line.json }, SETTINGS)
  if (!prepared.ok) return JSON.stringify(prepared.failure)
  const { draft } = prepared.value
  const context = { now: START * 1000, randomBytes: countingBytes() }
  const outcome = acceptDraft(openMemoryLedger(), PUBLICATION, draft, {}, context)
  return outcome.ok ? undefined : JSON.stringify(outcome.failure)
}

const text = fc.constantFrom('A title', '', ' ', 'خبر', '\u202e', 'x'.repeat(301), 'a\uFFFDb')
const time = fc.constantFrom(
  ...['2026-01-15T09:00:00Z', '2026-01-15', '2999-01-01', 'soon', '2026-02-30', 7, null],
  new Date((START + 60) * 1000).toISOString(),
  new Date((START - 60) * 1000).toISOString(),
)
const address = fc.constantFrom(
  'https://a.example/x',
  'javascript:alert(1)',
  '/media/none.png',
  'https://site.invalid/articles/other',
  'https://site.invalid/rss.xml',
  7,
)
const KEYS = {
  title: text,
  body: fc.constantFrom('Text', '', '<script></script>', '> '.repeat(200), '**a', 'LIVE: b', '\0'),
  html: fc.constantFrom('<p>Text</p>', '', '<b>'.repeat(2_000)),
  id: fc.constantFrom('story', 'Story', 'x'.repeat(97), 7),
  code: fc.constantFrom(
    'Mheng',
    'rss',
    'feeds',
    'search',
    'about',
    'api',
    'a b',
    'x'.repeat(65),
    7,
  ),
  canonical: address,
  published: time,
  updated: time,
  language: fc.constantFrom('en', 'bal', 'pnb', 'xx', 'zh-cmn', 'EN_us', 'mul', ''),
  tags: fc.constantFrom(['a'], ['a', 'A'], ['+++'], 'a', [], Array(40).fill('a')),
  section: text,
  summary: fc.constantFrom('One', ['One', 'Two'], [], Array(9).fill('x')),
  authors: fc.constantFrom(
    'A',
    ['A', 'A'],
    [{ name: 'A', email: 'a@b' }],
    [{ name: 'A', email: 'ö@b.example' }],
    [{ name: '' }],
  ),
  image: fc.record({ url: address, alt: text }),
  correction: fc.constantFrom('A mistake', ['a', 'a'], Array(21).fill(0).map(String), ''),
  corrections: fc.constantFrom([], [{ at: '2026-01-15T09:00:00Z', text: 'a' }], null),
  revision: fc.constantFrom(1, 7),
  status: fc.constantFrom('public', 'embargoed'),
  short_url: address,
  republish: fc.boolean(),
  unknown_key: fc.constant(1),
}

/** Several keys at once, of which the first faults are found. */
const severalKeys = fc.record(KEYS, { requiredKeys: [] }).chain((keys) =>
  fc.constantFrom(keys, {
    title: 'A title',
    ...keys,
    body: 'Text',
    html: undefined,
  }),
)
/** A manuscript without faults and one more key, so that many are accepted. */
const oneKey = fc
  .tuple(fc.constantFrom(...Object.keys(KEYS)), fc.record(KEYS))
  .map(([key, values]) => ({
    title: 'A title',
    body: 'Text',
    ...Object.fromEntries(Object.entries(values).filter(([name]) => name === key)),
  }))
const manuscript = fc.oneof(severalKeys, oneKey)

describe('dateline check', () => {
  it('agrees with a desk without articles about JSON manuscripts', async () => {
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(manuscript, async (value) => {
        const file = await readFile('story.json', JSON.stringify(value))
        const { faults } = file.check(START)
        const refusal = findRefusal(file)
        expect({ faults: faults.length > 0, refusal }).toMatchObject({
          faults: refusal !== undefined,
        })
        if (refusal === undefined) accepted += 1
      }),
      { numRuns: runs(600) },
    )
    expect(accepted).toBeGreaterThan(runs(600) / 10)
  })

  it('agrees with it about lines of a collection', async () => {
    await fc.assert(
      fc.asyncProperty(manuscript, async (value) => {
        const file = await readFile('all.ndjson', `${JSON.stringify(value)}\n`)
        expect(file.check(START).faults.length > 0).toBe(findRefusal(file) !== undefined)
      }),
      { numRuns: runs(300) },
    )
  })

  it.each([
    ['a title that is a date', 'title: 2026-01-15'],
    ['numbers that JSON does not have', 'title: a\ntags: [.nan]'],
    ['a time without quotation marks', 'title: a\npublished: 2026-01-15T09:00:00Z'],
    ['a date', 'title: a\npublished: 2026-01-15'],
    ['a number that is too long', 'title: 12345678901234567890'],
    ['null', 'title: a\nsection: null'],
    ['an alias', 'title: &t a\nsection: *t'],
    ['a planned name as its code', 'title: a\ncode: search'],
    ['the claims of an article that was read', 'title: a\nrevision: 3\nstatus: public'],
    ['no front matter', ''],
  ])('agrees with it about front matter with %s', async (_, front) => {
    const file = await readFile('story.md', front === '' ? 'Text' : `---\n${front}\n---\nText`)
    const refusal = findRefusal(file)
    const { faults } = file.check(START)
    expect({ faults, refusal, isRefused: faults.length > 0 }).toMatchObject({
      isRefused: refusal !== undefined,
    })
  })
})
