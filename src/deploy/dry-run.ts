/**
 * `npm run deploy -- --dry-run` builds like a deploy, and reports whether the platform would accept
 * the result. It needs no account and no network, so the tests run it.
 */

import type { DeployDependencies } from './dependencies.ts'
import { checkSettings, type DeployOptions, findUnfinishedSetting } from './options.ts'

/**
 * The limit of Workers Free. Workers Paid accepts 10 MB, or 64 MiB according to newer pages of the
 * documentation. The lowest limit is safe for every account.
 */
export const MAX_GZIP_BYTES = 3_000_000
/** The platform's limit applies to its own processors, so a measurement here may differ. */
export const MAX_START_MS = 1000
const START_RUNS = 3

/** Returns the exit code: 0 if a deploy would be accepted. */
export async function dryRun(
  options: DeployOptions,
  dependencies: DeployDependencies,
): Promise<number> {
  const { wrangler, print, error } = dependencies
  const checked = checkSettings(dependencies.settings)
  if (!checked.ok) {
    error(`Cannot deploy: ${checked.why}`)
    return 1
  }
  const built = await wrangler.build(options.wranglerArgs)
  if (built.exitCode !== 0) return built.exitCode
  const startTimes: number[] = []
  for (let run = 0; run < START_RUNS; run++) {
    const profile = await wrangler.profileStart()
    if (profile.exitCode !== 0) {
      error('Cannot deploy: the worker does not start')
      return profile.exitCode
    }
    startTimes.push(profile.activeMs)
  }
  const { rawBytes, gzipBytes } = built.size
  const medianStartMs = median(startTimes)
  print('')
  print(
    `  Bundle    ${formatKilobytes(rawBytes)}, ${formatKilobytes(gzipBytes)} as gzip; the limit of Workers Free is ${formatKilobytes(MAX_GZIP_BYTES)}`,
  )
  print(
    `  Start-up  ${Math.round(medianStartMs)} ms of CPU time before the first request (median of ${START_RUNS} runs of workerd on this machine); the platform's limit is ${MAX_START_MS.toLocaleString('en-US')} ms`,
  )
  print('')
  const faults = [
    ...(gzipBytes > MAX_GZIP_BYTES
      ? [
          `the bundle is ${formatKilobytes(gzipBytes)} as gzip, more than ${formatKilobytes(MAX_GZIP_BYTES)}`,
        ]
      : []),
    ...(medianStartMs > MAX_START_MS
      ? [`the start takes ${Math.round(medianStartMs)} ms, more than ${MAX_START_MS} ms`]
      : []),
  ]
  for (const fault of faults) error(`Cannot deploy: ${fault}`)
  if (faults.length > 0) return 1
  const unfinishedSetting = findUnfinishedSetting(checked.value)
  print(
    unfinishedSetting === undefined
      ? 'Ready to deploy.'
      : `The worker is ready, but a deploy would be refused: ${unfinishedSetting}.`,
  )
  return 0
}

/** One kB is 1000 bytes, as in the limits of the platform. */
const formatKilobytes = (bytes: number): string =>
  `${Math.ceil(bytes / 1000).toLocaleString('en-US')} kB`

const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
