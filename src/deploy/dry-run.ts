/**
 * `npm run deploy -- --dry-run`: builds as a deploy does and says whether the platform would take it. It needs
 * no account and no network, so the gate runs it.
 */
import { checkSettings, type Order, unfinishedSetting } from './order.ts'
import type { World } from './world.ts'

/** Of Workers Free; Workers Paid takes 10 MB. Newer pages allow 64 MiB: the least keeps every account open. */
export const MAX_GZIP_BYTES = 3_000_000
/** The platform's own limit is of its own processor's time; what is measured here has room to be noisy in. */
export const MAX_START_MS = 1000
const START_RUNS = 3

/** Returns the exit code: 0 when a deploy could go out, but for an account. */
export async function dryRun(order: Order, world: World): Promise<number> {
  const { wrangler, print, error } = world
  const publication = checkSettings(world.settings)
  if (!publication.ok) {
    error(`Cannot deploy: ${publication.why}`)
    return 1
  }
  const built = await wrangler.build(order.given)
  if (built.code !== 0) return built.code
  const starts: number[] = []
  for (let run = 0; run < START_RUNS; run++) {
    const profiled = await wrangler.profileStart()
    if (profiled.code !== 0) {
      error('Cannot deploy: the worker does not start')
      return profiled.code
    }
    starts.push(profiled.activeMs)
  }
  const { rawBytes, gzipBytes } = built.size
  const start = median(starts)
  print('')
  print(
    `  Bundle    ${kilobytes(rawBytes)}, ${kilobytes(gzipBytes)} as gzip; ${kilobytes(MAX_GZIP_BYTES)} is the limit of Workers Free`,
  )
  print(
    `  Start-up  ${Math.round(start)} ms of work before the first request, in workerd on this machine, median of ${START_RUNS}; ${MAX_START_MS.toLocaleString('en-US')} ms is the platform's limit`,
  )
  print('')
  const faults = [
    ...(gzipBytes > MAX_GZIP_BYTES
      ? [`the bundle has ${kilobytes(gzipBytes)} as gzip, more than ${kilobytes(MAX_GZIP_BYTES)}`]
      : []),
    ...(start > MAX_START_MS
      ? [`the start takes ${Math.round(start)} ms, more than ${MAX_START_MS} ms`]
      : []),
  ]
  for (const fault of faults) error(`Cannot deploy: ${fault}`)
  if (faults.length > 0) return 1
  const unfinished = unfinishedSetting(publication.value)
  print(
    unfinished === undefined
      ? 'A deploy can go out.'
      : `The worker can go out; a deploy will still be refused: ${unfinished}.`,
  )
  return 0
}

/** The platform counts in thousands. */
const kilobytes = (bytes: number): string => `${Math.ceil(bytes / 1000).toLocaleString('en-US')} kB`

const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
