/** How fast something goes and how long it will take, as people want to be told it. Times in milliseconds. */

/** The rate is that of the last seconds: what was skipped, or went by quickly long ago, says nothing of what is left. */
const RATE_WINDOW_MS = 10_000

type Sample = { at: number; weight: number; count: number }

export class Pace {
  readonly #total: number
  readonly #samples: Sample[]
  #latest: Sample

  /** `total`: the sum of the weights to come, in any unit. */
  constructor(total: number, now: number) {
    this.#total = total
    this.#latest = { at: now, weight: 0, count: 0 }
    this.#samples = [this.#latest]
  }

  /** So much of the weight is done, which were so many things. */
  add(weight: number, count: number, now: number): void {
    const { weight: weightBefore, count: countBefore } = this.#latest
    this.#latest = { at: now, weight: weightBefore + weight, count: countBefore + count }
    this.#samples.push(this.#latest)
    while (this.#samples.length > 2 && (this.#samples[1]?.at ?? now) < now - RATE_WINDOW_MS)
      this.#samples.shift()
  }

  /** `12,345, 512/s, 3 min left`; without a rate as long as none is known. */
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

/** A duration in seconds, as exact as it can be known: `8 s`, `3 min`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
