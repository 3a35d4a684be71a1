/**
 * The complete manuscripts in `tests/manuscripts`, as newsrooms write and paste them. A file in
 * HTML has its keys in front matter, like one in Markdown.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseMarkdown } from '../../src/manuscript/front-matter.ts'
import { type PreparedManuscript, prepareManuscript } from '../../src/manuscript/prepare.ts'

export const MANUSCRIPTS_FOLDER = join(import.meta.dirname, '../manuscripts')

/** `json` is the manuscript as the API accepts it. */
export type SampleManuscript = { name: string; id: string; json: string }

export function readSampleManuscripts(): SampleManuscript[] {
  return readdirSync(MANUSCRIPTS_FOLDER)
    .filter((file) => /^[a-z-]+\.(?:md|html)$/.test(file))
    .sort()
    .map((file) => {
      const parsed = parseMarkdown(readFileSync(join(MANUSCRIPTS_FOLDER, file), 'utf8'))
      if (!parsed.ok) throw new Error(`${file}: ${parsed.why}`)
      const { body, ...keys } = parsed.value
      const name = file.replace(/\.\w+$/, '')
      const text = file.endsWith('.html') ? { html: body } : { body }
      return { name, id: name, json: JSON.stringify({ ...keys, ...text, id: name }) }
    })
}

export function prepareSample({ id, json }: SampleManuscript): PreparedManuscript {
  const settings = {
    language: 'en',
    siteUrl: 'https://news.example',
    shortUrl: 'https://nws.example',
  }
  const bytes = new TextEncoder().encode(json)
  const prepared = prepareManuscript(bytes, 'application/json', id, settings)
  if (!prepared.ok) throw new Error(`${id}: ${JSON.stringify(prepared.failure)}`)
  return prepared.value
}
