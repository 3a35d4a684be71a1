/** Builds the worker once for all test files: as it is deployed, and with injectable failures. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { ensureBundle } from '../../src/embedded/bundle.ts'
import { buildWorker, ROOT } from '../../src/embedded/server.ts'

type Bundles = { folder: string; bundle: string; faultyBundle: string }

declare module 'vitest' {
  interface ProvidedContext {
    bundle: string
    faultyBundle: string
  }
}

declare global {
  /**
   * Each project loads this module again, so the promise of the only build is stored outside of it.
   */
  var testBundles: Promise<Bundles> | undefined
}

async function build(): Promise<Bundles> {
  const folder = mkdtempSync(join(tmpdir(), 'dateline-bundle-'))
  const [bundle, faultyBundle] = await Promise.all([
    ensureBundle(join(folder, 'plain')),
    buildWorker(join(folder, 'faulty'), 'tests/support/faulty-worker.ts'),
  ])
  return { folder, bundle, faultyBundle }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Builds and newsrooms share one cache of compiled modules.
  process.env['NODE_COMPILE_CACHE'] ??= join(ROOT, 'node_modules/.cache/dateline')
  globalThis.testBundles ??= build()
  const { folder, bundle, faultyBundle } = await globalThis.testBundles
  project.provide('bundle', bundle)
  project.provide('faultyBundle', faultyBundle)
  return async () => rmSync(folder, { recursive: true, force: true })
}
