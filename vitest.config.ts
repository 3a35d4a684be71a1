import { defineConfig } from 'vitest/config'

/**
 * Circles that start workerd share one build of the worker and take turns: the machine is small. They share their modules
 * too: loading them anew for each file took a third of the time.
 */
const onWorkerd = {
  globalSetup: ['tests/support/build.ts'],
  testTimeout: 60_000,
  hookTimeout: 60_000,
  fileParallelism: false,
  isolate: false,
}

/** Where `.ci/run` reads the counts. */
const report = process.env['DATELINE_TEST_REPORT']

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'hono/jsx' } },
  test: {
    ...(report && { reporters: ['default', ['json', { outputFile: report }]] }),
    projects: [
      {
        extends: true,
        // Pure, so one worker's modules serve all files: loading unified anew for each took half of the time.
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.ts'],
          isolate: false,
          // No unit test waits for anything; property tests take seconds on a loaded machine.
          testTimeout: 60_000,
        },
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
