/**
 * Estimates how fast work goes and how long the rest will take, for a progress bar. Work has a
 * weight, such as bytes, and a number of items. Times are in milliseconds.
 */

/**
 * Only recent progress is used, because items that were skipped earlier do not show how long the
 * rest takes.
 */
const RATE_WINDOW_MS = 10_000

type Sample = { at: number; weight: number; count: number }

export class Pace {
  readonly #total: number
  readonly #samples: Sample[]
  #latest: Sample

  /** `total` is the sum of all weights, in any unit. */
  constructor(total: number, now: number) {
    this.#total = total
    this.#latest = { at: now, weight: 0, count: 0 }
    this.#samples = [this.#latest]
  }

  /** Records that `count` items are done, with a total weight of `weight`. */
  add(weight: number, count: number, now: number): void {
    const { weight: weightBefore, count: countBefore } = this.#latest
    this.#latest = { at: now, weight: weightBefore + weight, count: countBefore + count }
    this.#samples.push(this.#latest)
    while (this.#samples.length > 2 && (this.#samples[1]?.at ?? now) < now - RATE_WINDOW_MS)
      this.#samples.shift()
  }

  /**
   * Formats `12,345, 512/s, 3 min left`. Rate and time are left out until they can be estimated.
   */
  format(): string {
    const count = this.#latest.count.toLocaleString('en')
    const oldest = this.#samples[0] ?? this.#latest
    const seconds = (this.#latest.at - oldest.at) / 1000
    if (seconds < 1) return count
    const countPerSecond = (this.#latest.count - oldest.count) / seconds
    const weightPerSecond = (this.#latest.weight - oldest.weight) / seconds
    const remaining = Math.max(0, this.#total - this.#latest.weight)
    const timeLeft =
      weightPerSecond > 0 ? `, ${formatDuration(remaining / weightPerSecond)} left` : ''
    return `${count}, ${countPerSecond < 10 ? countPerSecond.toFixed(1) : Math.round(countPerSecond).toLocaleString('en')}/s${timeLeft}`
  }
}

/** Formats a duration in seconds with sensible precision: `8 s`, `3 min`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
