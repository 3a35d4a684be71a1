/**
 * Times. Inside, a time is a whole number of seconds since 1970 (UTC): feeds, HTTP dates and
 * Last-Modified know nothing finer. At the edges it is RFC 3339 with an offset; a date alone means
 * 00:00Z.
 */

const TIMESTAMP =
  /^(?<date>\d{4}-\d{2}-\d{2})(?:[T ](?<time>\d{2}:\d{2}(?::\d{2})?)(?:\.\d{1,9})?(?<offset>Z|[+-]\d{2}:\d{2}))?$/i

/** A newsroom's past is older than the clocks of computers, but not than printing. */
const EARLIEST_SECONDS = Date.UTC(1000, 0, 1) / 1000
/** Latest time that can be stated: four-digit years, as RFC 822 and RFC 3339 demand. */
const LATEST_SECONDS = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000

/**
 * Requests of one isolate see clocks that differ a little; what lies further ahead was never now.
 */
const CLOCK_TOLERANCE_MS = 1000

/** Whether `then` lies in the future of `now`, both in milliseconds, by more than clocks differ. */
export const isInFuture = (then: number, now: number): boolean => then - now > CLOCK_TOLERANCE_MS

/**
 * How long ago `then` was at `now`, both in milliseconds. A clock that was set back leaves times of
 * the future behind: they are infinitely old, so that nothing waits for them or is kept on their
 * account.
 */
export const getAge = (then: number, now: number): number =>
  isInFuture(then, now) ? Number.POSITIVE_INFINITY : now - then

/** Whether it is a time that can be stated. */
export const isValidTime = (seconds: number): boolean =>
  Number.isInteger(seconds) && seconds >= EARLIEST_SECONDS && seconds <= LATEST_SECONDS

/**
 * Reads an RFC 3339 timestamp or a date; `undefined` when it is neither, or names a day that does
 * not exist.
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

/** RFC 3339, UTC, whole seconds: `2026-01-15T09:00:00Z`. */
export const formatTime = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')

/** The month in UTC: `2026-11`. */
export const formatMonth = (seconds: number): string => formatTime(seconds).slice(0, 7)

/**
 * The first second of the month that is so many after that of `seconds`; before it, when negative.
 */
export function getMonthStart(seconds: number, monthOffset = 0): number {
  const date = new Date(seconds * 1000)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + monthOffset, 1) / 1000
}

/**
 * The seconds of a month such as `2026-11`: from its first one to that of the next month, which is
 * not in it.
 */
export function getMonthSpan(month: string): { from: number; to: number } {
  const from = Date.parse(`${month}-01T00:00:00Z`) / 1000
  return { from, to: getMonthStart(from, 1) }
}

/** IMF-fixdate (RFC 9110 section 5.6.7), which is also a valid RFC 822 date for RSS. */
export const formatHttpDate = (seconds: number): string => new Date(seconds * 1000).toUTCString()

/**
 * A time for people, in UTC and with its zone: `January 15, 2026 at 9:00 AM UTC`. The language is
 * one that we have words in.
 */
export const formatLongTime = (seconds: number, language: string): string =>
  `${getFormatter(language, { dateStyle: 'long', timeStyle: 'short' }).format(seconds * 1000)} UTC`

/** Its day alone. */
export const formatLongDate = (seconds: number, language: string): string =>
  getFormatter(language, { dateStyle: 'long' }).format(seconds * 1000)

/**
 * To make a formatter takes a seventh of what a preview takes. There are two for each language that
 * we have words in.
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
