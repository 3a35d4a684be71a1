/** After any single typing error, the similar forms of the typed code include the intended code. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  listSimilarForms,
  MAX_FULLY_VARIED_LENGTH,
  MAX_SIMILAR_FORMS,
} from '../../src/model/similar-codes.ts'
import { runs } from '../support/runs.ts'

const CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789-_'
const character = fc.constantFrom(...CHARACTERS)
const arbitraryCode = (maxLength: number, minLength = 1) =>
  fc.array(character, { minLength, maxLength }).map((characters) => characters.join(''))
const position = fc.nat()

const transpose = (code: string, at: number): string =>
  code.slice(0, at) + code.charAt(at + 1) + code.charAt(at) + code.slice(at + 2)

/** A code, and the same code with one typing error. */
const typingError = fc
  .tuple(
    arbitraryCode(MAX_FULLY_VARIED_LENGTH - 1, 2),
    position,
    character,
    fc.constantFrom('transposed', 'substituted', 'omitted', 'inserted'),
  )
  .map(([intended, nat, wrong, kind]) => {
    const at = nat % intended.length
    const typed = {
      transposed: transpose(intended, nat % (intended.length - 1)),
      substituted: intended.slice(0, at) + wrong + intended.slice(at + 1),
      omitted: intended.slice(0, at) + intended.slice(at + 1),
      inserted: intended.slice(0, at) + wrong + intended.slice(at),
    }[kind]
    return { intended, typed }
  })
  .filter(({ intended, typed }) => intended !== typed)

/** Plain Damerau-Levenshtein edits, independent of the code under test. */
function edits(code: string): Set<string>[] {
  const positions = Array.from(code, (_, at) => at)
  const put = (at: number, removedCount: number, text: string) =>
    code.slice(0, at) + text + code.slice(at + removedCount)
  return [
    new Set(positions.slice(1).map((at) => transpose(code, at - 1))),
    new Set(positions.flatMap((at) => [...CHARACTERS].map((other) => put(at, 1, other)))),
    new Set(positions.map((at) => put(at, 1, ''))),
    new Set(
      [...positions, code.length].flatMap((at) =>
        [...CHARACTERS].map((other) => put(at, 0, other)),
      ),
    ),
  ].map((forms) => {
    forms.delete(code)
    forms.delete('')
    return forms
  })
}

describe('the similar forms of a code', () => {
  it('include the intended code after one typing error', () => {
    fc.assert(
      fc.property(typingError, ({ intended, typed }) => {
        expect(listSimilarForms(typed).includes(intended)).toBe(true)
      }),
      { numRuns: runs(1000) },
    )
  })

  it('are unique, valid, different from the input, and not more than the limit', () => {
    fc.assert(
      fc.property(arbitraryCode(64), (code) => {
        const forms = listSimilarForms(code)
        expect(new Set(forms).size).toBe(forms.length)
        expect(forms.includes(code)).toBe(false)
        expect(forms.filter((form) => !/^[a-z0-9_-]{1,64}$/.test(form))).toEqual([])
        expect(forms.length).toBeLessThanOrEqual(MAX_SIMILAR_FORMS)
      }),
      { numRuns: runs(300) },
    )
  })

  it('are in this order: look-alikes, transpositions, substitutions, omissions, insertions', () => {
    fc.assert(
      fc.property(arbitraryCode(MAX_FULLY_VARIED_LENGTH), (code) => {
        const forms = listSimilarForms(code)
        // The kind of a form is the first kind that produces it. In a form without a kind,
        // look-alikes replace several characters.
        const kinds = edits(code)
        const getKind = (form: string) => kinds.findIndex((kind) => kind.has(form))
        const all = new Set(kinds.flatMap((kind) => [...kind]))
        expect(forms.filter((form) => all.has(form))).toHaveLength(all.size)
        const singleEditCount = forms.length - forms.findLastIndex((form) => !all.has(form)) - 1
        const singleEdits = forms.slice(forms.length - singleEditCount).map(getKind)
        const firstTransposition = singleEdits.indexOf(0)
        const fromTransposition =
          firstTransposition < 0 ? [] : singleEdits.slice(firstTransposition)
        expect(fromTransposition).toEqual([...fromTransposition].sort((a, b) => a - b))
      }),
      { numRuns: runs(200) },
    )
  })

  it('of a long code include the intended code after a transposition or an extra character', () => {
    fc.assert(
      fc.property(
        arbitraryCode(63, MAX_FULLY_VARIED_LENGTH + 1),
        position,
        character,
        (intended, nat, extra) => {
          const at = nat % (intended.length - 1)
          const swapped = transpose(intended, at)
          if (swapped !== intended) expect(listSimilarForms(swapped).includes(intended)).toBe(true)
          expect(
            listSimilarForms(intended.slice(0, at) + extra + intended.slice(at)).includes(intended),
          ).toBe(true)
        },
      ),
      { numRuns: runs(300) },
    )
  })

  it('are the same for each call', () => {
    fc.assert(
      fc.property(arbitraryCode(64), (code) => {
        expect(listSimilarForms(code)).toEqual(listSimilarForms(code))
      }),
      { numRuns: runs(50) },
    )
  })
})
