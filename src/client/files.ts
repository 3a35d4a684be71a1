/**
 * Finds manuscripts on disk: single files (`.md`, `.markdown`, `.json`) and collections with one
 * manuscript on each line (`.ndjson`, `.jsonl`). `manuscripts.ts` reads them.
 */
import { readdirSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

/**
 * `name` is the path relative to the current folder, as messages show it. `bytes` is the size of
 * the file.
 */
export type ManuscriptFile = { path: string; name: string; bytes: number }

const MANUSCRIPT_NAME = /\.(?:md|markdown|json)$/i
const COLLECTION_NAME = /\.(?:ndjson|jsonl)$/i

/** Returns whether the file has one manuscript on each line. */
export const isCollection = (file: ManuscriptFile): boolean => COLLECTION_NAME.test(file.path)

/**
 * Returns the files that `paths` name, and the manuscripts in folders that they name, sorted by
 * name within each folder. In folders, collections, README files and hidden files are ignored.
 * Throws if a path does not exist.
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
