/** The codes that may be meant by a mistyped code, and the order in which they are tried (L-15). */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  listFormsExceptOmissions,
  listOmissionForms,
  listSimilarForms,
  MAX_FULLY_VARIED_LENGTH,
  MAX_SIMILAR_FORMS,
} from '../../src/model/similar-codes.ts'

const GRAMMAR = /^[a-z0-9_-]{1,64}$/

describe('look-alikes', () => {
  it.each([
    ['mhen0', 'mheno'],
    ['mheno', 'mhen0'],
    ['1ate', 'late'],
    ['iate', 'late'],
    ['late', '1ate'],
    ['1tem', 'item'],
    ['2ain', 'zain'],
    ['zain', '2ain'],
    ['5port', 'sport'],
    ['sport', '5port'],
    ['8ank', 'bank'],
    ['bank', '8ank'],
    ['6ank', 'bank'],
    ['bank', '6ank'],
    ['6ulf', 'gulf'],
    ['9ulf', 'gulf'],
    ['gulf', '9ulf'],
    ['qulf', 'gulf'],
    ['9atar', 'qatar'],
    ['vae', 'uae'],
    ['uae', 'vae'],
    ['else_where', 'else-where'],
    ['else-where', 'else_where'],
    ['rnheng', 'mheng'],
    ['mheng', 'rnheng'],
    ['nnheng', 'mheng'],
    ['mheng', 'nnheng'],
    ['vvorld', 'world'],
    ['world', 'vvorld'],
    ['clesk', 'desk'],
    ['desk', 'clesk'],
  ])('in %s are replaced before other typing errors are tried: %s', (typed, intended) => {
    const forms = listSimilarForms(typed)
    expect(forms).toContain(intended)
    const transposed =
      typed.slice(0, -2) + typed.charAt(typed.length - 1) + typed.charAt(typed.length - 2)
    expect(forms).toContain(transposed)
    expect(forms.indexOf(intended)).toBeLessThan(forms.indexOf(transposed))
  })

  it.each([
    ['vv0r1d', 'world', 3],
    ['v-a-e', 'u_a_e', 3],
    ['5p0rt', 'sport', 2],
    ['rnornent', 'moment', 2],
    ['1ll1', 'llll', 2],
    ['0oo0', 'oooo', 2],
  ])('in %s are replaced together, which gives %s (%i replacements)', (typed, intended) => {
    expect(listSimilarForms(typed)).toContain(intended)
  })

  it('are listed in the order of the number of replacements', () => {
    const forms = listSimilarForms('0a1b5')
    const one = ['oa1b5', '0alb5', '0aib5', '0a185', '0a165', '0a1bs']
    expect(forms.slice(0, one.length)).toEqual(one)
    expect(forms.indexOf('oalb5')).toBeLessThan(forms.indexOf('oalbs'))
  })

  it('do not overlap, so that each character is replaced at most once', () => {
    const forms = listSimilarForms('rnn')
    expect(forms).toEqual(expect.arrayContaining(['mn', 'rm']))
    // `m` for both would use the middle `n` twice.
    expect(forms).not.toContain('mm')
  })

  it('are replaced one at a time at every position, however long the code is', () => {
    for (const [unit, singles] of [
      ['g', ['6', '9', 'q']],
      ['1', ['l', 'i']],
      ['b', ['8', '6']],
    ] as const) {
      const code = unit.repeat(64)
      const forms = new Set(listSimilarForms(code))
      for (let at = 0; at < 64; at += 1)
        for (const single of singles)
          expect(forms.has(code.slice(0, at) + single + code.slice(at + 1))).toBe(true)
    }
  })
})

describe('a typing error', () => {
  it.each([
    ['a transposition', 'mhneg', 'mheng'],
    ['a transposition at the start', 'hmeng', 'mheng'],
    ['a neighbouring key', 'nheng', 'mheng'],
    ['a distant key', 'mxeng', 'mheng'],
    ['the digit above a letter', 'mh3ng', 'mheng'],
    ['an extra character', 'mhfeng', 'mheng'],
    ['a doubled character', 'mhheng', 'mheng'],
    ['a missing character', 'mhen', 'mheng'],
    ['a missing first character', 'heng', 'mheng'],
    ['a missing character of a pair', 'geting', 'getting'],
    ['a missing hyphen', 'elsewhere', 'else-where'],
    ['an extra hyphen', 'mh-eng', 'mheng'],
  ])('such as %s is corrected: %s to %s', (_, typed, intended) => {
    expect(listSimilarForms(typed)).toContain(intended)
  })

  it('is corrected in this order: look-alike, transposition, near key, far key, omission, insertion', () => {
    const forms = listSimilarForms('kheng')
    const order = ['khen6', 'hkeng', 'jheng', 'qheng', 'heng', 'kkheng', 'xkheng']
    const positions = order.map((form) => forms.indexOf(form))
    expect(positions).not.toContain(-1)
    expect(positions).toEqual([...positions].sort((a, b) => a - b))
  })

  it('of a key that is adjacent on a QWERTY keyboard is corrected before one of a distant key', () => {
    const substituted = listSimilarForms('aaa').filter(
      (form) =>
        form.length === 3 && [...form].filter((character) => character === 'a').length === 2,
    )
    const keys = [...'qwsz']
    const adjacentCount = keys.length * 3
    expect(
      substituted
        .slice(0, adjacentCount)
        .map((form) => form.replaceAll('a', ''))
        .sort(),
    ).toEqual([...keys, ...keys, ...keys].sort())
    expect(substituted).toHaveLength(37 * 3)
  })

  it('that omits one of two equal characters is corrected before other omissions', () => {
    const forms = listSimilarForms('geting').filter((form) => form.length === 7)
    const doubled = ['ggeting', 'geeting', 'getting', 'getiing', 'getinng', 'getingg']
    const insertions = forms.filter((form) => !['6', '9', 'q'].some((one) => form.startsWith(one)))
    expect(insertions.slice(0, 6)).toEqual(doubled)
  })
})

describe('the number of similar forms', () => {
  it.each(['', 'MHENG', 'mheng.', 'a b', 'خبر', 'a/b', 'a'.repeat(65)])('is 0 for %j', (typed) => {
    expect(listSimilarForms(typed)).toEqual([])
  })

  it('counts forms of one and two characters for a code of one character, but no empty form', () => {
    const forms = listSimilarForms('a')
    // There are 37 substitutions, and 38 + 37 insertions, because inserting `a` gives `aa` twice.
    expect(forms).toHaveLength(37 + 38 + 37)
    expect(forms).not.toContain('')
  })

  it('is at most 2,117, and some codes nearly reach this', () => {
    expect(MAX_SIMILAR_FORMS).toBe(2117)
    let maxForms = 0
    for (const unit of [
      'a',
      'm',
      'g',
      'b',
      '1',
      'rn',
      'vv',
      'cl',
      'nn',
      '-',
      'mngb',
      'o0il1',
      'abcdefgh',
    ]) {
      for (let length = 1; length <= 64; length += 1) {
        const forms = listSimilarForms(unit.repeat(64).slice(0, length))
        maxForms = Math.max(maxForms, forms.length)
        expect(forms.every((form) => GRAMMAR.test(form))).toBe(true)
      }
    }
    expect(maxForms).toBeLessThanOrEqual(MAX_SIMILAR_FORMS)
    expect(maxForms).toBeGreaterThan(MAX_SIMILAR_FORMS - 50)
  })

  it('does not include substitutions and insertions for codes longer than 24 characters', () => {
    const long = 'ac'.repeat(32).slice(0, MAX_FULLY_VARIED_LENGTH + 1)
    const forms = listSimilarForms(long)
    expect(forms).toContain(`ca${long.slice(2)}`)
    expect(forms).toContain(long.slice(1))
    expect(forms).not.toContain(`x${long.slice(1)}`)
    expect(forms).not.toContain(`x${long}`)
    expect(listSimilarForms(long.slice(1))).toContain(`x${long.slice(1)}`)
    expect(listSimilarForms('gm'.repeat(32)).length).toBeLessThanOrEqual(256 + 63 + 64)
  })

  it('is between 410 and 700 for minted codes of five characters', () => {
    expect(listSimilarForms('k7wxp').length).toBeGreaterThan(410)
    expect(listSimilarForms('mg2bs').length).toBeLessThan(700)
  })
})

describe('the omission forms of similar codes', () => {
  const code = fc.string({
    unit: fc.constantFrom(...'mnrwvdcl0o1i5sab-_'),
    minLength: 1,
    maxLength: 30,
  })

  it('connect any code with each of its similar forms, except those of listFormsExceptOmissions', () => {
    fc.assert(
      fc.property(code, (folded) => {
        const beyondOmissions = new Set(listFormsExceptOmissions(folded))
        const omissionForms = new Set(listOmissionForms(folded))
        for (const form of listSimilarForms(folded))
          if (!beyondOmissions.has(form))
            expect(listOmissionForms(form).some((each) => omissionForms.has(each))).toBe(true)
      }),
    )
  })

  it('are the code itself and the code without each one of its characters', () => {
    expect(listOmissionForms('aab')).toEqual(['aab', 'ab', 'aa'])
    expect(listOmissionForms('a')).toEqual(['a', ''])
    expect(listOmissionForms('a'.repeat(MAX_FULLY_VARIED_LENGTH + 2))).toEqual([])
  })

  it('are supplemented by look-alikes that differ from the code in more than one place', () => {
    expect(listFormsExceptOmissions('m0')).toEqual(expect.arrayContaining(['rn0', 'nn0', 'rno']))
    expect(listFormsExceptOmissions('m0')).not.toContain('mo')
    expect(listFormsExceptOmissions('#')).toEqual([])
  })
})
