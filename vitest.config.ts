import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './tests/support/order.ts'

/**
 * Circles that start workerd share one build of the worker. Each server has its own port and
 * folder.
 */
const onWorkerd = {
  globalSetup: ['tests/support/build.ts'],
  // Tests wait for conditions, and how long that takes depends on the machine.
  testTimeout: 120_000,
  hookTimeout: 120_000,
}

/**
 * One worker more than there are processors, five at most: while one waits for its server, the
 * others work. More servers at once could fill the memory of a small machine.
 */
const maxWorkers = Math.min(5, availableParallelism() + 1)

/** Where `.ci/run` reads the counts. */
const report = process.env['DATELINE_TEST_REPORT']

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'hono/jsx' } },
  test: {
    maxWorkers,
    // All files of a worker share its modules. Loading them anew took up to half of the time.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    alias: {
      'cloudflare:workers': join(import.meta.dirname, 'tests/support/cloudflare-workers.ts'),
    },
    ...(report && { reporters: ['default', ['json', { outputFile: report }]] }),
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.ts'],
          // No unit test waits for anything. Some take a second, or several on a loaded machine.
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        // Simulations and long properties. They run in Node like the unit tests, but take seconds.
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
