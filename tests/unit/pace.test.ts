/** The rate and the remaining time that the progress display shows. */
import { expect, it } from 'vitest'
import { formatDuration, Pace } from '../../src/cli/pace.ts'

it('progress shows only the count until a rate can be computed', () => {
  const pace = new Pace(1000, 0)
  expect(pace.format()).toBe('0')
  pace.add(10, 5, 500)
  expect(pace.format()).toBe('5')
})

it('progress shows the rate, and estimates the remaining time from the weight', () => {
  const pace = new Pace(1000, 0)
  for (let second = 1; second <= 4; second += 1) pace.add(100, 2000, second * 1000)
  expect(pace.format()).toBe('8,000, 2,000/s, 6 s left')
})

it('progress shows the recent rate, not an average over the whole time', () => {
  const pace = new Pace(1_000_000, 0)
  pace.add(900_000, 90_000, 100)
  for (let second = 1; second <= 60; second += 1) pace.add(100, 5, second * 1000)
  expect(pace.format()).toBe('90,300, 5.0/s, 16 min left')
})

it.each([
  [0, '0 s'],
  [7.2, '8 s'],
  [89.5, '90 s'],
  [91, '2 min'],
  [3600, '60 min'],
  [7500, '2 h 5 min'],
])('a duration of %d seconds is formatted as %s', (seconds, expected) => {
  expect(formatDuration(seconds)).toBe(expected)
})
