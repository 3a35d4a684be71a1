/** Tests that texts published by an earlier version are cleaned again, on the real runtime. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PAGE_MARK, SITE_MARK } from '../../src/text/characters.ts'
import { MANUSCRIPTS_FOLDER, readSampleManuscripts } from '../support/manuscripts.ts'
import { type Newsroom, openNewsroom } from '../support/newsroom.ts'

type Page = {
  checked: number
  results: { id: string; changes: { key: string }[]; problem?: unknown }[]
  next?: string
}
type StoredText = { html: string; updated: number; revision: number }

describe('texts of an earlier version', () => {
  let newsroom: Newsroom
  beforeAll(async () => {
    newsroom = await openNewsroom()
    const lines = readFileSync(join(MANUSCRIPTS_FOLDER, 'earlier-desk.ndjson'), 'utf8')
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
    for (const query of ['?after=No', '?dry_run=yes'])
      expect((await newsroom.api(`/api/reclean${query}`, { method: 'POST' })).status).toBe(400)
    expect((await newsroom.api('/api/reclean')).status).toBe(405)
  })
})
