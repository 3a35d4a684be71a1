/** The first difference of two texts, as `dateline reclean` shows it. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { excerptDifference } from '../../src/text/difference.ts'
import { runs } from '../support/runs.ts'

it.each([
  ['a', 'b', 'a', 'b'],
  ['', 'new', '', 'new'],
  [
    `${'x'.repeat(30)}old`,
    `${'x'.repeat(30)}new`,
    `…${'x'.repeat(20)}old`,
    `…${'x'.repeat(20)}new`,
  ],
  [`a${'y'.repeat(90)}`, 'b', `a${'y'.repeat(79)}…`, 'b'],
])('of %j and %j shows the text around it', (before, after, old, current) => {
  expect(excerptDifference(before, after)).toEqual({ before: old, after: current })
})

it('differs whenever the texts do, and is short', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 300 })
  fc.assert(
    fc.property(text, text, (before, after) => {
      const shown = excerptDifference(before, after)
      if (before !== after) expect(shown.before).not.toBe(shown.after)
      for (const part of Object.values(shown))
        expect(Array.from(part).length).toBeLessThanOrEqual(82)
    }),
    { numRuns: runs(300) },
  )
})
