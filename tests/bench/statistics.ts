/** The little arithmetic that the figures need. Pure. */

/** The value below which this share of them lies, by nearest rank: `share` 0.5 is the median of many. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = [...values].sort((a, b) => a - b)
  const rank = Math.max(1, Math.ceil(share * sorted.length))
  return sorted[rank - 1] ?? Number.NaN
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

/**
 * How many times as much, pair by pair, and of those the median. What disturbs the machine for a while meets both
 * of a pair and so leaves their ratio alone. Throws when the two do not pair up.
 */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): number {
  if (ours.length !== theirs.length)
    throw new RangeError(`Cannot pair ${ours.length} values with ${theirs.length}`)
  return median(ours.map((value, index) => value / (theirs[index] ?? Number.NaN)))
}
