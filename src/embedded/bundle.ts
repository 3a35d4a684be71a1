/**
 * The worker's bundle in the state folder. Building it takes seconds, so it is built again only
 * when what it is made of has changed: the sources, the configuration, the dependencies, or Node
 * itself.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildWorker, CONFIGURATION, ROOT } from './server.ts'

/** Holds the digest of what the bundle beside it was made of. */
const STAMP_FILE = 'made-of'

/**
 * Builds the worker into the folder unless the bundle there is of the same sources; returns the
 * folder.
 */
export async function currentBundle(
  folder: string,
  env: Record<string, string> = {},
): Promise<string> {
  const stamp = join(folder, STAMP_FILE)
  const digest = digestOfSources()
  if (readStamp(stamp) === digest) return folder
  // A build that is broken off must not look like a whole one.
  rmSync(stamp, { force: true })
  await buildWorker(folder, undefined, env)
  writeFileSync(stamp, digest)
  return folder
}

function digestOfSources(): string {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(?:tsx?|mjs|css)$/.test(path))
    .sort()
    .map((path) => join(ROOT, 'src', path))
  const hash = createHash('sha256').update(process.version)
  for (const path of [...sources, CONFIGURATION, join(ROOT, 'package-lock.json')])
    hash.update(path).update(readFileSync(path))
  return hash.digest('hex')
}

function readStamp(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
