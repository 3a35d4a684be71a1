/** Dates in the headers of every response (RFC 9110 sections 6.6.1 and 8.8.2.1). */
import { formatHttpDate } from '../text/time.ts'

export class DateHeader {
  /** Caches the last formatted date, because many responses are sent within the same second. */
  #lastFormatted = { second: Number.NaN, date: '' }

  /**
   * Sets `Date`, which a server with a clock must send and workerd does not set. If `Last-Modified`
   * is in the future because the clock was set back, lowers it to the current time. `now` is in
   * milliseconds.
   */
  setDate(headers: Headers, now: number): void {
    const second = Math.floor(now / 1000)
    headers.set('Date', this.#formatDate(second))
    if (Date.parse(headers.get('Last-Modified') ?? '') > second * 1000)
      headers.set('Last-Modified', this.#formatDate(second))
  }

  #formatDate(second: number): string {
    if (this.#lastFormatted.second !== second)
      this.#lastFormatted = { second, date: formatHttpDate(second) }
    return this.#lastFormatted.date
  }
}
