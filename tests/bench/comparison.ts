/**
 * Compares contestants, such as desks with ledgers of different sizes. In each turn, every
 * contestant runs once and is compared with the first one. The median of these ratios is printed. A
 * disturbance of the machine usually affects all contestants of a turn, so it hardly changes their
 * ratios.
 */
import { type Aim, round, type Times } from './report.ts'

/** Returns the smallest value that is at least as large as `share` of the values (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? Number.NaN
}

/** Returns the middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

/**
 * Divides each of our values by the one of theirs at the same index. Returns the median of these
 * ratios. Throws if the numbers of values differ.
 */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): number {
  if (ours.length !== theirs.length)
    throw new RangeError(`Cannot pair ${ours.length} values with ${theirs.length}`)
  return median(ours.map((value, index) => value / (theirs[index] ?? Number.NaN)))
}

/** Returns the 50th and the 99th percentile. */
export const spread = (values: readonly number[] = []): [p50: number, p99: number] => [
  percentile(values, 0.5),
  percentile(values, 0.99),
]

/** Returns the ratio of contestant number `index` to the first one. The first one has no ratio. */
export const compareWithFirst = (values: readonly number[][], index: number): Times | undefined =>
  index > 0 ? { times: medianRatio(values[index] ?? [], values[0] ?? []) } : undefined

/**
 * Builds the aim that the largest size takes at most `most` times as long as the smallest size.
 * `things` says what the sizes count.
 */
export function growthAim(
  what: string,
  { sizes, things, most: maxRatio }: { sizes: readonly number[]; things: string; most: number },
  values: readonly number[][],
): Aim[] {
  const measured = compareWithFirst(values, sizes.length - 1)
  if (measured === undefined) return []
  const [smallest, largest] = [sizes[0] ?? 0, sizes.at(-1) ?? 0].map(round)
  const text = `${what}: at ${largest} ${things} at most ${maxRatio} × at ${smallest}`
  return [{ text, measured, reached: measured.times <= maxRatio }]
}

/**
 * Runs each contestant once per turn. The order rotates, so that no contestant always runs after
 * the same other one. Resolves with the results of each contestant, without those of the warm-up.
 */
export async function runInTurns<C, T>(
  contestants: readonly C[],
  { warmUp = 0, turns }: { warmUp?: number; turns: number },
  work: (contestant: C, turn: number) => Promise<T> | T,
): Promise<T[][]> {
  const results = contestants.map((): T[] => [])
  const numbered = [...contestants.entries()]
  for (let turn = 0; turn < warmUp + turns; turn += 1) {
    const first = turn % numbered.length
    for (const [index, contestant] of [...numbered.slice(first), ...numbered.slice(0, first)]) {
      const result = await work(contestant, turn)
      if (turn >= warmUp) results[index]?.push(result)
    }
  }
  return results
}
