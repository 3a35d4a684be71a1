import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './tests/support/order.ts'

/** Circles that start workerd share one build of the worker; each server has a port and a folder of its own. */
const onWorkerd = {
  globalSetup: ['tests/support/build.ts'],
  // A good test waits for conditions only; how long that takes is the machine's affair.
  testTimeout: 120_000,
  hookTimeout: 120_000,
}

/**
 * A worker more than there are processors, five at most: where one waits for its server, the others work. More servers at
 * once would press on the memory of a small machine.
 */
const maxWorkers = Math.min(5, availableParallelism() + 1)

/** Where `.ci/run` reads the counts. */
const report = process.env['DATELINE_TEST_REPORT']

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'hono/jsx' } },
  test: {
    maxWorkers,
    // The modules of a worker serve all files that it runs: loading them anew took up to half of the time.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    ...(report && { reporters: ['default', ['json', { outputFile: report }]] }),
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.ts'],
          // No unit test waits for anything; some take a second, on a loaded machine several.
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        // Simulations and long properties, in Node like the units, but seconds long.
        test: { name: 'model', include: ['tests/model/**/*.test.ts'], testTimeout: 120_000 },
      },
      {
        extends: true,
        test: { name: 'integration', include: ['tests/integration/**/*.test.ts'], ...onWorkerd },
      },
      {
        extends: true,
        test: { name: 'conformance', include: ['tests/conformance/**/*.test.ts'], ...onWorkerd },
      },
      {
        extends: true,
        test: { name: 'browser', include: ['tests/browser/**/*.test.ts'], ...onWorkerd },
      },
    ],
  },
})
