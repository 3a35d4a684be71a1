/**
 * Determines how often properties and simulations run. Each test passes a number of runs, and
 * `DATELINE_RUNS` multiplies it. By default half as many runs are made, which still catches the
 * faults of `tests/faults/`. `.ci/long` makes ten times the passed number before a release.
 *
 * A failure prints its seed, and `DATELINE_SEED` repeats the run with that seed.
 */
import fc from 'fast-check'

const FACTOR = Number(process.env['DATELINE_RUNS'] ?? '0.5')
const SEED = process.env['DATELINE_SEED']

if (SEED !== undefined) fc.configureGlobal({ seed: Number(SEED) })

export const runs = (count: number): number => Math.max(1, Math.round(count * FACTOR))
