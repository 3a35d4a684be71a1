/**
 * Checks minted codes with random bytes and random sets of codes in use (rules L-15, L-19, L-20).
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  CODE_ALPHABET,
  CODE_GRAMMAR,
  CODE_LENGTH,
  foldCode,
  hasRudeWord,
  mintCode,
} from '../../src/model/code.ts'
import { isReservedCode } from '../../src/model/urls.ts'
import { runs } from '../support/runs.ts'

/**
 * Returns a generator of bytes that repeats the same bytes for the same seed (a linear congruential
 * generator), so that failures can be reproduced.
 */
function createBytes(seed: number): (count: number) => Uint8Array {
  let state = seed >>> 0
  return (count) =>
    Uint8Array.from({ length: count }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state >>> 24
    })
}

it('a minted code is valid and never rude, reserved or in use', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 30 }), (seed, inUseBelow) => {
      const isInUse = (code: string): boolean =>
        isReservedCode(code) || CODE_ALPHABET.indexOf(code.charAt(0)) < inUseBelow
      const code = mintCode(createBytes(seed), isInUse)
      expect(code).toMatch(CODE_GRAMMAR)
      expect([...code].every((character) => CODE_ALPHABET.includes(character))).toBe(true)
      expect(code.length).toBeGreaterThanOrEqual(CODE_LENGTH)
      expect(foldCode(code)).toBe(code)
      expect(hasRudeWord(code)).toBe(false)
      expect(isInUse(code)).toBe(false)
    }),
    { numRuns: runs(1000) },
  )
})

it('ten thousand minted codes are all different, and none is longer than usual', () => {
  const bytes = createBytes(7)
  const minted = new Set<string>()
  for (let count = 0; count < 10_000; count += 1)
    minted.add(mintCode(bytes, (code) => minted.has(code)))
  expect(minted.size).toBe(10_000)
  expect([...minted].filter((code) => code.length > CODE_LENGTH)).toEqual([])
})

it('every character of the alphabet is equally likely, within a tenth', () => {
  const bytes = createBytes(11)
  const counts = new Map<string, number>()
  const codes = 20_000
  for (let count = 0; count < codes; count += 1)
    for (const character of mintCode(bytes, () => false))
      counts.set(character, (counts.get(character) ?? 0) + 1)
  const expected = (codes * CODE_LENGTH) / CODE_ALPHABET.length
  expect(counts.size).toBe(CODE_ALPHABET.length)
  // Rude words exclude some codes with `a`, `c` or `s`, so the limit is a tenth. By chance alone,
  // the difference would be less than a twentieth.
  for (const count of counts.values())
    expect(Math.abs(count - expected) / expected).toBeLessThan(0.1)
})
