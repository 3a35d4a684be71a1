/**
 * How often properties and simulations run. A test says how often it runs for every change;
 * `DATELINE_RUNS` multiplies all of these, which is what `.ci/long` does before a release. A
 * failure prints its seed.
 */
const FACTOR = Number(process.env['DATELINE_RUNS'] ?? '1')

export const runs = (count: number): number => Math.max(1, Math.round(count * FACTOR))
