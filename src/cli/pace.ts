/** How fast something goes and how long it will take, as people want to be told it. Times in milliseconds. */

/** The rate is that of the last seconds: what was skipped, or went by quickly long ago, says nothing of what is left. */
const WINDOW_MS = 10_000

type Sample = { at: number; weight: number; count: number }

export class Pace {
  readonly #total: number
  readonly #samples: Sample[]
  #done: Sample

  /** `total`: the sum of the weights to come, in any unit. */
  constructor(total: number, now: number) {
    this.#total = total
    this.#done = { at: now, weight: 0, count: 0 }
    this.#samples = [this.#done]
  }

  /** So much of the weight is done, which were so many things. */
  add(weight: number, count: number, now: number): void {
    const { weight: weightBefore, count: countBefore } = this.#done
    this.#done = { at: now, weight: weightBefore + weight, count: countBefore + count }
    this.#samples.push(this.#done)
    while (this.#samples.length > 2 && (this.#samples[1]?.at ?? now) < now - WINDOW_MS)
      this.#samples.shift()
  }

  /** `12,345, 512/s, 3 min left`; without a rate as long as none is known. */
  tell(): string {
    const count = this.#done.count.toLocaleString('en')
    const from = this.#samples[0] ?? this.#done
    const seconds = (this.#done.at - from.at) / 1000
    if (seconds < 1) return count
    const rate = (this.#done.count - from.count) / seconds
    const speed = (this.#done.weight - from.weight) / seconds
    const left = Math.max(0, this.#total - this.#done.weight)
    const rest = speed > 0 ? `, ${durationOf(left / speed)} left` : ''
    return `${count}, ${rate < 10 ? rate.toFixed(1) : Math.round(rate).toLocaleString('en')}/s${rest}`
  }
}

/** A duration in seconds, as exact as it can be known: `8 s`, `3 min`, `2 h 5 min`. */
export function durationOf(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
