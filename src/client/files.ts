/** Finds manuscripts on disk. */
import { readdirSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

/** `name` is the path from the user's folder, for messages and the journal. `bytes`: its size. */
export type ManuscriptFile = { path: string; name: string; bytes: number }

const MANUSCRIPT_NAME = /\.(?:md|markdown|json)$/i
const COLLECTION_NAME = /\.(?:ndjson|jsonl)$/i

/** Returns whether the file has many manuscripts, one a line. */
export const isCollection = (file: ManuscriptFile): boolean => COLLECTION_NAME.test(file.path)

/**
 * Returns the named files, and all manuscripts in the named folders, sorted by name. Throws if one
 * does not exist.
 */
export function findManuscripts(paths: string[], baseFolder: string): ManuscriptFile[] {
  const filePaths = paths.flatMap((path) => {
    const absolutePath = resolve(baseFolder, path)
    return statSync(absolutePath).isDirectory() ? listManuscriptPaths(absolutePath) : [absolutePath]
  })
  return [...new Set(filePaths)].map((path) => ({
    path,
    name: relative(baseFolder, path) || path,
    bytes: statSync(path).size,
  }))
}

function listManuscriptPaths(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.name.startsWith('.')) return []
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return listManuscriptPaths(path)
      return MANUSCRIPT_NAME.test(entry.name) && !/^readme\./i.test(entry.name) ? [path] : []
    })
}
