/**
 * Keeps the worker's bundle in the state folder. Building takes seconds, so it is only done if the
 * sources, the configuration, the dependencies or Node have changed.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildWorker, CONFIGURATION_FILE, ROOT } from './server.ts'

/** The file next to the bundle that has the digest of everything that the bundle was built from. */
const DIGEST_FILE = 'made-of'

/** Builds the worker into the folder unless the bundle is current. Returns the folder. */
export async function ensureBundle(
  folder: string,
  env: Record<string, string> = {},
): Promise<string> {
  const digestFile = join(folder, DIGEST_FILE)
  const sourceDigest = computeSourceDigest()
  if (readDigest(digestFile) === sourceDigest) return folder
  // An interrupted build must not look complete.
  rmSync(digestFile, { force: true })
  await buildWorker(folder, undefined, env)
  writeFileSync(digestFile, sourceDigest)
  return folder
}

function computeSourceDigest(): string {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(?:tsx?|mjs|css)$/.test(path))
    .sort()
    .map((path) => join(ROOT, 'src', path))
  const hash = createHash('sha256').update(process.version)
  for (const path of [...sources, CONFIGURATION_FILE, join(ROOT, 'package-lock.json')])
    hash.update(path).update(readFileSync(path))
  return hash.digest('hex')
}

function readDigest(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
