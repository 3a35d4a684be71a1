/** Checks short codes (rules L-15, L-19, L-20): their alphabet, minting, and rude words. */
import { describe, expect, it } from 'vitest'
import {
  CODE_ALPHABET,
  CODE_GRAMMAR,
  CODE_LENGTH,
  foldCode,
  hasRudeWord,
  isRudeCode,
  mintCode,
} from '../../src/model/code.ts'

/**
 * Returns a generator of the bytes from which these codes are minted. It repeats them without end.
 */
function createBytes(...codes: string[]): (count: number) => Uint8Array {
  const bytes = codes
    .join('')
    .split('')
    .map((character) => CODE_ALPHABET.indexOf(character))
  let next = 0
  return (count) => Uint8Array.from({ length: count }, () => bytes[next++ % bytes.length] ?? 0)
}
const isNeverInUse = (): boolean => false

describe('the alphabet', () => {
  it('has 31 characters without look-alikes (L-19)', () => {
    expect(new Set(CODE_ALPHABET).size).toBe(31)
    expect(CODE_ALPHABET).not.toMatch(/[01iloA-Z]/)
  })
})

describe('mintCode', () => {
  it('returns five characters that are chosen by random bytes', () => {
    expect(mintCode(createBytes('mheng'), isNeverInUse)).toBe('mheng')
    expect(CODE_LENGTH).toBe(5)
  })

  it('discards bytes that would favour the first characters', () => {
    const bytes = [248, 249, 255, 0, 1, 2, 3, 4, 250, 251]
    let next = 0
    const code = mintCode(
      (count) => Uint8Array.from({ length: count }, () => bytes[next++ % 10] ?? 0),
      isNeverInUse,
    )
    expect(code).toBe(CODE_ALPHABET.slice(0, 5))
  })

  it('tries again when a code is in use, and checks the folded form', () => {
    const checked: string[] = []
    const code = mintCode(createBytes('aaaaa', 'bbbbb'), (folded) => {
      checked.push(folded)
      return folded === 'aaaaa'
    })
    expect(code).toBe('bbbbb')
    expect(checked).toEqual(['aaaaa', 'bbbbb'])
  })

  it('tries again when a code contains a rude word, without checking whether it is free', () => {
    const checked: string[] = []
    const code = mintCode(createBytes('xsexx', 'r4pe2', 'mheng'), (folded) => {
      checked.push(folded)
      return false
    })
    expect(code).toBe('mheng')
    expect(checked).toEqual(['mheng'])
  })

  it('returns a longer code when most codes of a length are in use', () => {
    const code = mintCode(createBytes('abcde'), (folded) => folded.length < 7)
    expect(code).toHaveLength(7)
    expect(code).toMatch(CODE_GRAMMAR)
  })
})

describe('rude words', () => {
  it.each(['xfucx', 'a55xx', 'pr4wn4n4l', 'SEX22', 'ABCNAZR'])(
    'are found anywhere in a minted code: %s',
    (code) => {
      expect(hasRudeWord(code)).toBe(true)
    },
  )

  it.each(['assembly', 'essex-trial', 'cocktails', 'Scunthorpe', 'mheng', 'class_pass'])(
    'are not found in %s, which a newsroom may choose',
    (code) => {
      expect(isRudeCode(code)).toBe(false)
    },
  )

  it.each(['ass', 'ASS', 'big-ass', 'a55', 'x_Sex_y', '5ex'])(
    'make the code %s invalid',
    (code) => {
      expect(isRudeCode(code)).toBe(true)
    },
  )
})

it('foldCode folds case and changes nothing else', () => {
  expect(foldCode('AbC-_9')).toBe('abc-_9')
})
