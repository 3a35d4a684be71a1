/**
 * Times. The code uses whole seconds since 1970 (UTC) because feeds and HTTP dates have no finer
 * resolution. Input and output use RFC 3339 with an offset. A date without a time means 00:00 UTC.
 * Ages and timeouts are in milliseconds where a name or comment says so.
 */

const TIMESTAMP =
  /^(?<date>\d{4}-\d{2}-\d{2})(?:[T ](?<time>\d{2}:\d{2}(?::\d{2})?)(?:\.\d{1,9})?(?<offset>Z|[+-]\d{2}:\d{2}))?$/i

/** Earliest accepted time. Archives may have articles that are centuries old. */
const EARLIEST_SECONDS = Date.UTC(1000, 0, 1) / 1000
/** Latest accepted time. Years have four digits in RFC 822 and RFC 3339. */
const LATEST_SECONDS = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000

/**
 * The clocks of requests in one isolate differ by less than this. A time further in the future
 * comes from a wrong clock.
 */
const CLOCK_TOLERANCE_MS = 1000

/**
 * Returns whether `then` is later than `now` by more than the tolerance. Both are in milliseconds.
 */
export const isInFuture = (then: number, now: number): boolean => then - now > CLOCK_TOLERANCE_MS

/**
 * Returns the milliseconds from `then` to `now`. If the clock was set back, `then` may be in the
 * future. Its age is then infinite, so that it counts as expired and nothing waits until the clock
 * catches up.
 */
export const getAge = (then: number, now: number): number =>
  isInFuture(then, now) ? Number.POSITIVE_INFINITY : now - then

/** Returns whether a time in seconds is a whole number within the accepted range. */
export const isValidTime = (seconds: number): boolean =>
  Number.isInteger(seconds) && seconds >= EARLIEST_SECONDS && seconds <= LATEST_SECONDS

/**
 * Parses an RFC 3339 timestamp or a date. Returns `undefined` for anything else, and for days that
 * do not exist.
 */
export function parseTime(text: string): number | undefined {
  const groups = TIMESTAMP.exec(text.trim())?.groups
  if (!groups?.['date']) return undefined
  const { date, time = '00:00:00', offset = 'Z' } = groups
  const clock = time.length === 5 ? `${time}:00` : time
  const day = new Date(`${date}T00:00:00Z`)
  if (Number.isNaN(day.getTime()) || !day.toISOString().startsWith(date)) return undefined
  const milliseconds = Date.parse(`${date}T${clock}${offset.toUpperCase()}`)
  if (Number.isNaN(milliseconds)) return undefined
  const seconds = Math.floor(milliseconds / 1000)
  return isValidTime(seconds) ? seconds : undefined
}

/** Formats a time as RFC 3339 in UTC, in whole seconds: `2026-01-15T09:00:00Z`. */
export const formatTime = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')

/** Formats the month in UTC: `2026-11`. */
export const formatMonth = (seconds: number): string => formatTime(seconds).slice(0, 7)

/**
 * Returns the first second of the month that is `monthOffset` months after the month of `seconds`.
 * A negative offset means an earlier month.
 */
export function getMonthStart(seconds: number, monthOffset = 0): number {
  const date = new Date(seconds * 1000)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + monthOffset, 1) / 1000
}

/**
 * Returns the range of a month such as `2026-11` in seconds. `to` is the first second of the next
 * month and is not part of the range.
 */
export function getMonthSpan(month: string): { from: number; to: number } {
  const from = Date.parse(`${month}-01T00:00:00Z`) / 1000
  return { from, to: getMonthStart(from, 1) }
}

/** Formats an IMF-fixdate (RFC 9110 section 5.6.7), which is also a valid RFC 822 date for RSS. */
export const formatHttpDate = (seconds: number): string => new Date(seconds * 1000).toUTCString()

/**
 * Formats a time for people, in UTC: `January 15, 2026 at 9:00 AM UTC`. `language` is a language
 * into which the pages are translated.
 */
export const formatLongTime = (seconds: number, language: string): string =>
  `${getFormatter(language, { dateStyle: 'long', timeStyle: 'short' }).format(seconds * 1000)} UTC`

/** Formats only the date, in UTC, for people: `January 15, 2026`. */
export const formatLongDate = (seconds: number, language: string): string =>
  getFormatter(language, { dateStyle: 'long' }).format(seconds * 1000)

/**
 * Caches formatters, because creating one takes a seventh of the time of a preview. There are two
 * for each language of the pages.
 */
function getFormatter(
  language: string,
  style: Pick<Intl.DateTimeFormatOptions, 'dateStyle' | 'timeStyle'>,
): Intl.DateTimeFormat {
  const cacheKey = `${language} ${style.timeStyle}`
  const formatter =
    formatters.get(cacheKey) ?? new Intl.DateTimeFormat(language, { ...style, timeZone: 'UTC' })
  formatters.set(cacheKey, formatter)
  return formatter
}
const formatters = new Map<string, Intl.DateTimeFormat>()
