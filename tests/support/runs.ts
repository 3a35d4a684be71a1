/**
 * How often properties and simulations run. A test says how often it is worth running;
 * `DATELINE_RUNS` multiplies all of these. For every change it is half, which still finds the
 * faults that were seeded by hand, and `.ci/long` takes ten times as many before a release.
 *
 * A failure prints its seed: `DATELINE_SEED` plays it again.
 */
import fc from 'fast-check'

const FACTOR = Number(process.env['DATELINE_RUNS'] ?? '0.5')
const SEED = process.env['DATELINE_SEED']

if (SEED !== undefined) fc.configureGlobal({ seed: Number(SEED) })

export const runs = (count: number): number => Math.max(1, Math.round(count * FACTOR))
