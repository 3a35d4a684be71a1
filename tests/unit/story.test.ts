/**
 * Each key of a story has one entry in the table STORY, from which the code derives its types and
 * schemas. These tests check what the compiler cannot: every step preserves a key, and README and
 * docs/storage.md list it.
 */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildFullArticle } from '../../src/api/article-receipt.ts'
import { acceptDraft } from '../../src/desk/editing.ts'
import { prepareManuscript } from '../../src/manuscript/prepare.ts'
import { DESK_KEYS, MANUSCRIPT } from '../../src/model/article.ts'
import { column } from '../../src/model/rows.ts'
import { STORY, StorySchema } from '../../src/model/story.ts'
import { exportLines, importLines } from '../support/copies.ts'
import { expectFailure, expectOk, openDesk, PUBLICATION } from '../support/drafts.ts'
import { runs } from '../support/runs.ts'
import { openMemoryLedger } from '../support/sqlite.ts'

const examples = column(STORY, 'example')
const { title, body, ...optional } = examples
/** Every optional key except those that only the desk sets, each with a value. */
const OPTIONAL: Readonly<Record<string, unknown>> = {
  ...optional,
  canonical: 'https://news.example/2026/expo',
  code: 'Expo-25',
  published: '2026-01-14T08:00:00Z',
  updated: '2026-01-15T09:00:00Z',
  correction: ['It runs for three days'],
  republish: true,
}

const sendManuscript = (desk: ReturnType<typeof openDesk>, manuscript: object) => {
  const bytes = new TextEncoder().encode(JSON.stringify(manuscript))
  const prepared = prepareManuscript(bytes, 'application/json', 'expo', PUBLICATION)
  const moment = { now: desk.clock.now * 1000, randomBytes: (n: number) => new Uint8Array(n) }
  return expectOk(acceptDraft(desk.ledger, PUBLICATION, expectOk(prepared).draft, {}, moment))
    .article
}

/** Keys that are stored even if the manuscript does not have them. */
const ALWAYS = Object.entries(column(STORY, 'stored'))
  .filter(([, schema]) => schema.type !== 'exact_optional')
  .map(([key]) => key)

describe('a key of a story', () => {
  const stored = Object.keys(column(STORY, 'stored'))
  const editorKeys = stored.filter((key) => key in column(STORY, 'sent'))

  it.each(editorKeys)(
    'such as %s has a description, and an example that is stored, exported and returned by the API',
    (key) => {
      const desk = openDesk()
      const article = sendManuscript(desk, { ...examples })
      expect(article.story).toHaveProperty(key)
      expect(buildFullArticle(article, PUBLICATION)).toHaveProperty(key)
      const line = exportLines(desk.ledger, desk.clock).find((each) => each.includes('"article",'))
      expect(JSON.parse(line ?? '{}')).toHaveProperty(['story', key])
      expect(column(MANUSCRIPT, 'meaning')).toHaveProperty(key)
    },
  )

  it.each(editorKeys)('such as %s is the first word of each message about this key', (key) => {
    const manuscript = { ...examples, [key]: true }
    const bytes = new TextEncoder().encode(JSON.stringify(manuscript))
    const prepared = prepareManuscript(bytes, 'application/json', 'expo', PUBLICATION)
    const failure = expectFailure(prepared)
    const details = failure.reason === 'invalid' ? failure.faults.map(({ detail }) => detail) : []
    expect(details).not.toEqual([])
    for (const detail of details)
      expect(detail).toMatch(new RegExp(`^(?:${key}|${key.replace(/s$/, '')}) `))
  })

  it('is stored in the order of the rows, whatever the order in the manuscript', () => {
    const reversed = Object.fromEntries(Object.entries(examples).reverse())
    const { story } = sendManuscript(openDesk(), reversed)
    expect(Object.keys(story)).toEqual([...stored, 'html', 'source'])
  })

  it('is listed in README and docs/storage.md', () => {
    const readme = readFileSync('README.md', 'utf8')
    const list = /Keys of a manuscript: ([\s\S]*?)\. Only/.exec(readme)?.[1] ?? ''
    const deskKeys: readonly string[] = DESK_KEYS
    const editorKeysInSchema = Object.keys(column(MANUSCRIPT, 'sent')).filter(
      (key) => !deskKeys.includes(key),
    )
    const keysInReadme = [...list.replace(/\([^)]*\)/g, '').matchAll(/`(\w+)`/g)].map(
      ([, key]) => key,
    )
    expect(keysInReadme.sort()).toEqual(editorKeysInSchema.sort())
    const storage = readFileSync('docs/storage.md', 'utf8')
    const row = /\| `story`: (.*?) \|/.exec(storage)?.[1] ?? ''
    const keys = [...row.replace(/\([^)]*\)/g, '').matchAll(/`(\w+)`(\??)/g)]
    expect(keys.map(([, key]) => key)).toEqual(Object.keys(StorySchema.entries))
    const mayBeAbsent = Object.entries(StorySchema.entries)
      .filter(([, schema]) => schema.type === 'exact_optional')
      .map(([key]) => key)
    expect(keys.filter(([, , mark]) => mark === '?').map(([, key]) => key)).toEqual(mayBeAbsent)
  })
})

describe('an article', () => {
  const withdrawal = fc.subarray(['reason', 'legal'])
  const keys = fc.subarray(Object.keys(OPTIONAL))

  it('has exactly the same keys in the export, after the import and in the API', () => {
    fc.assert(
      fc.property(keys, fc.option(withdrawal), (presentKeys, withdrawn) => {
        const desk = openDesk()
        const more = Object.fromEntries(presentKeys.map((key) => [key, OPTIONAL[key]]))
        sendManuscript(desk, { title, body, ...more })
        if (withdrawn)
          expectOk(desk.withdraw('expo', Object.fromEntries(withdrawn.map((key) => [key, 'Why']))))
        const lines = exportLines(desk.ledger, desk.clock)
        const copy = openMemoryLedger()
        expect(importLines(copy, lines)).toMatchObject({ ok: true, value: { state: 'done' } })
        expect(exportLines(copy, desk.clock).slice(1)).toEqual(lines.slice(1))
        const article = copy.findArticle('expo')
        expect(article).toEqual(desk.ledger.findArticle('expo'))
        const read = article && buildFullArticle(article, PUBLICATION)
        for (const key of Object.keys(optional)) {
          const isExpected = ALWAYS.includes(key) || presentKeys.includes(key)
          expect(Object.hasOwn(read ?? {}, key), key).toBe(isExpected)
        }
      }),
      { numRuns: runs(60) },
    )
  })
})
