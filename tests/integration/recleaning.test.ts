/** Tests that texts published by an earlier version are cleaned again, on the real runtime. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { chainDigest } from '../../src/desk/backup/records.ts'
import { PAGE_MARK, SITE_MARK } from '../../src/text/characters.ts'
import { digest } from '../../src/text/digest.ts'
import { MANUSCRIPTS_FOLDER, readSampleManuscripts } from '../support/manuscripts.ts'
import { type Newsroom, openNewsroom } from '../support/newsroom.ts'

const EARLIER_DESK = readFileSync(join(MANUSCRIPTS_FOLDER, 'earlier-desk.ndjson'), 'utf8')

type Page = {
  checked: number
  results: { id: string; changes: { key: string }[]; problem?: unknown }[]
  next?: string
}
type StoredText = { html: string; updated: number; revision: number }

/** Changes the article `id` of an export, and writes the digest of the end record anew. */
function alterArticle(text: string, id: string, change: (record: Line) => void): string {
  const lines = text.trimEnd().split('\n')
  const altered = lines.map((line) => {
    const record = JSON.parse(line) as Line
    if (record['record'] !== 'article' || record['id'] !== id) return line
    change(record)
    return JSON.stringify(record)
  })
  const end = JSON.parse(altered.at(-1) ?? '') as Line
  end['digest'] = altered.slice(1, -1).reduce((sum, line) => chainDigest(sum, digest(line)), '')
  return `${[...altered.slice(0, -1), JSON.stringify(end)].join('\n')}\n`
}

type Line = Record<string, unknown>

it('an article with a key that the desk refuses today gets a clean text and keeps the key', async () => {
  const newsroom = await openNewsroom()
  onTestFinished(() => newsroom.close())
  const authors = [{ name: 'Aisha Khan', email: 'اسم@news.example' }]
  const text = alterArticle(EARLIER_DESK, 'lazy-theme', (record) => {
    Object.assign(record['story'] as Line, { authors })
  })
  const { export: name } = JSON.parse(text.split('\n')[0] ?? '') as { export: string }
  const imported = await newsroom.api(`/api/import?export=${name}&line=1`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-ndjson' },
    body: text,
  })
  expect(await imported.json()).toMatchObject({ state: 'done' })
  const page = (await (
    await newsroom.api('/api/reclean?after=japanese', { method: 'POST' })
  ).json()) as Page
  const result = page.results.find(({ id }) => id === 'lazy-theme')
  expect(result?.changes.map(({ key }) => key)).toEqual(['html'])
  expect(result?.problem).toMatchObject({ status: 422 })
  const article = await (await newsroom.api('/api/articles/lazy-theme')).json()
  expect(article).toMatchObject({ authors, revision: 2 })
  await newsroom.waitForOutbox()
  expect(await (await newsroom.get('/articles/lazy-theme')).text()).toContain('alt="Roses"')
})

describe('texts of an earlier version', () => {
  let newsroom: Newsroom
  beforeAll(async () => {
    newsroom = await openNewsroom()
    const lines = EARLIER_DESK
    const { export: name } = JSON.parse(lines.split('\n')[0] ?? '') as { export: string }
    const response = await newsroom.api(`/api/import?export=${name}&line=1`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: lines,
    })
    expect(await response.json()).toMatchObject({ state: 'done' })
    expect((await newsroom.withdraw('hindi')).status).toBe(200)
  })
  afterAll(async () => await newsroom.close())

  /** Cleans all texts again, page by page, and returns the pages as one. */
  async function reclean(query: string): Promise<Page> {
    const all: Page = { checked: 0, results: [] }
    for (let next: string | undefined = `/api/reclean${query}`; next !== undefined; ) {
      const response = await newsroom.api(next, { method: 'POST' })
      expect(response.status).toBe(200)
      const page = (await response.json()) as Page
      all.checked += page.checked
      all.results.push(...page.results)
      next = page.next
    }
    return all
  }

  async function readStoredTexts(): Promise<Map<string, StoredText>> {
    const text = await (await newsroom.api('/api/export')).text()
    const records = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    return new Map(
      records
        .filter(({ record }) => record === 'article')
        .map(({ id, updated, revision, story }) => [id, { html: story.html, updated, revision }]),
    )
  }

  const ids = readSampleManuscripts()
    .map(({ id }) => id)
    .filter((id) => id !== 'hindi')

  it('are reported by a dry run, which changes nothing', async () => {
    const before = await readStoredTexts()
    const { checked, results } = await reclean('?dry_run=true')
    expect(checked).toBe(ids.length + 1)
    expect(results.filter(({ problem }) => problem !== undefined)).toEqual([])
    expect(results.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['liveblog-html', 'lazy-theme', 'google-docs']),
    )
    for (const { changes } of results) expect(changes).not.toEqual([])
    expect(await readStoredTexts()).toEqual(before)
  })

  it('become what the same manuscripts become today, with the same time of change', async () => {
    const before = await readStoredTexts()
    const { results } = await reclean('')
    const changed = new Set(results.map(({ id }) => id))
    const after = await readStoredTexts()
    for (const id of ids) {
      const stored = after.get(id)
      const html = stored?.html.replaceAll(SITE_MARK, '{site}').replaceAll(PAGE_MARK, '{page}')
      const expected = readFileSync(join(MANUSCRIPTS_FOLDER, 'expected', `${id}.html`), 'utf8')
      expect(`${html}\n`, id).toBe(expected)
      expect(stored?.updated, id).toBe(before.get(id)?.updated)
      expect(stored?.revision, id).toBe(changed.has(id) ? 2 : 1)
    }
    expect(after.get('hindi')).toEqual(before.get('hindi'))
  })

  it('reach feeds and pages, and stay as they are when they are cleaned once more', async () => {
    await newsroom.waitForOutbox()
    const feed = await (await newsroom.get('/feed.json')).text()
    expect(feed).toContain('Augsburg<br>und Ulm')
    const page = await (await newsroom.get('/articles/lazy-theme')).text()
    expect(page).toContain('<img src="https://cdn.gardens.example/rose.jpg" alt="Roses">')
    expect(await reclean('')).toEqual({ checked: ids.length + 1, results: [] })
  })

  it('are cleaned only from an id on, or not at all if the query is invalid', async () => {
    const response = await newsroom.api('/api/reclean?after=urdu', { method: 'POST' })
    expect(await response.json()).toEqual({ checked: 2, results: [] })
    for (const query of ['?after=No', '?dry_run=yes', '?dry-run=true', '?dry_run=true&id=urdu'])
      expect((await newsroom.api(`/api/reclean${query}`, { method: 'POST' })).status).toBe(400)
    expect((await newsroom.api('/api/reclean')).status).toBe(405)
  })
})
