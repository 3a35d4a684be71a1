/** Times: RFC 3339 as input, RFC 3339 and IMF-fixdate as output (R-12, A-14, H-02, H-11). */
import { describe, expect, it } from 'vitest'
import {
  formatHttpDate,
  formatLongDate,
  formatLongTime,
  formatTime,
  parseTime,
} from '../../src/text/time.ts'

const NINE = Date.UTC(2026, 0, 15, 9) / 1000

describe('parseTime', () => {
  it.each([
    ['2026-01-15T09:00:00Z', NINE],
    ['2026-01-15T14:00:00+05:00', NINE],
    ['2026-01-15T03:30:00-05:30', NINE],
    ['2026-01-15t09:00:00z', NINE],
    ['2026-01-15 09:00:00Z', NINE],
    ['2026-01-15T09:00Z', NINE],
    ['  2026-01-15T09:00:00Z\n', NINE],
    ['2026-01-15T09:00:00.999999999Z', NINE],
    ['2026-01-15', NINE - 9 * 3600],
    ['2024-02-29', Date.UTC(2024, 1, 29) / 1000],
    ['1970-01-01T00:00:00Z', 0],
    ['1851-10-14', -3_730_579_200],
    ['9999-12-31T23:59:59Z', Date.UTC(9999, 11, 31, 23, 59, 59) / 1000],
  ])('reads %s', (text, seconds) => {
    expect(parseTime(text)).toBe(seconds)
  })

  it.each([
    '2026-01-15T09:00:00',
    '2026-01-15T09:00',
    '2025-02-29',
    '2026-02-30T00:00:00Z',
    '2026-13-01',
    '2026-00-10',
    '2026-01-32',
    '2026-01-15T25:00:00Z',
    '2026-01-15T09:60:00Z',
    '2026-01-15T09:00:61Z',
    '2026-01-15T09:00:00+5',
    '2026-01-15T09:00:00+99:00',
    '2026-01-15T09Z',
    '26-01-15',
    '15.01.2026',
    'Thu, 15 Jan 2026 09:00:00 GMT',
    '1768467600',
    'yesterday',
    '',
    '0999-12-31T23:59:59Z',
    '9999-12-31T23:59:59-01:00',
    '٢٠٢٦-٠١-١٥',
  ])('rejects %j', (text) => {
    expect(parseTime(text)).toBeUndefined()
  })

  it('reads the output of formatTime', () => {
    for (const seconds of [0, 1, 951_782_400, NINE, 4_102_444_799])
      expect(parseTime(formatTime(seconds))).toBe(seconds)
  })
})

it('formatTime writes RFC 3339 in UTC with whole seconds (A-14)', () => {
  expect(formatTime(NINE)).toBe('2026-01-15T09:00:00Z')
})

it('formatHttpDate writes an IMF-fixdate with the correct weekday (R-12, H-02)', () => {
  expect(formatHttpDate(NINE)).toBe('Thu, 15 Jan 2026 09:00:00 GMT')
  expect(formatHttpDate(784_111_777)).toBe('Sun, 06 Nov 1994 08:49:37 GMT')
})

it.each([
  ['en', 'January 15, 2026', 'January 15, 2026 at 9:00 AM UTC'],
  ['ar', '15 يناير 2026', '15 يناير 2026 في 9:00 ص UTC'],
  ['en', 'January 15, 2026', 'January 15, 2026 at 9:00 AM UTC'],
])('formatLongDate and formatLongTime use the language %s', (language, date, time) => {
  expect(formatLongDate(NINE, language)).toBe(date)
  expect(formatLongTime(NINE, language)).toBe(time)
})
