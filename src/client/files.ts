/** Finds manuscripts on disk. */
import { readdirSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

/**
 * `name` is what messages and memories call the file: its path from where the user stands. `bytes`:
 * its size.
 */
export type ManuscriptFile = { path: string; name: string; bytes: number }

const MANUSCRIPT = /\.(?:md|markdown|json)$/i
const COLLECTION = /\.(?:ndjson|jsonl)$/i

/** Whether the file has many manuscripts, one a line. */
export const isCollection = (file: ManuscriptFile): boolean => COLLECTION.test(file.path)

/**
 * Files as given, and all manuscripts in folders as given, by name. Throws when one is not there.
 */
export function findManuscripts(paths: string[], from: string): ManuscriptFile[] {
  const found = paths.flatMap((path) => {
    const full = resolve(from, path)
    return statSync(full).isDirectory() ? walk(full) : [full]
  })
  return [...new Set(found)].map((path) => ({
    path,
    name: relative(from, path) || path,
    bytes: statSync(path).size,
  }))
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.name.startsWith('.')) return []
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return walk(path)
      return MANUSCRIPT.test(entry.name) && !/^readme\./i.test(entry.name) ? [path] : []
    })
}
