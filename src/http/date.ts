/** The times that every answer bears (RFC 9110 sections 6.6.1 and 8.8.2.1). */
import { formatHttpDate } from '../text/time.ts'

export class DateHeader {
  /** A second is formatted once, however many answers it has. */
  #formatted = { second: Number.NaN, date: '' }

  /**
   * Sets `Date`, which a server with a clock must say: workerd alone does not, an edge does. Lowers a `Last-Modified` of
   * the future, from a clock that was set back since. `now` in milliseconds.
   */
  stamp(headers: Headers, now: number): void {
    const second = Math.floor(now / 1000)
    headers.set('Date', this.#dateOf(second))
    if (Date.parse(headers.get('Last-Modified') ?? '') > second * 1000)
      headers.set('Last-Modified', this.#dateOf(second))
  }

  #dateOf(second: number): string {
    if (this.#formatted.second !== second)
      this.#formatted = { second, date: formatHttpDate(second) }
    return this.#formatted.date
  }
}
