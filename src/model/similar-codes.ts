/**
 * Generates the codes that a reader may have meant by an unknown one: misread from print or a
 * picture, or mistyped. This file only generates candidates. The desk checks which of them exist
 * and are public.
 */
import { CODE_ALPHABET } from './code.ts'

const FOLDED_GRAMMAR = /^[a-z0-9_-]{1,64}$/
const MAX_CODE_LENGTH = 64
/** Characters of minted codes first, because most codes are minted. */
const CHARACTERS: readonly string[] = [...CODE_ALPHABET, ...'01ilo-_']

/**
 * Characters that readers confuse. Most single ones come from pwgen's list of ambiguous characters
 * (`B8G6I1l0OQDS5Z2`), in lower case because codes are folded. `Q` and `D` are left out, because
 * listSubstitutions covers them. `9`, `g`, `q`, `6`, `b` and `u`, `v` look alike in handwriting.
 * `rn` and `m` are in confusables.txt of UTS 39; `nn`, `vv`, `cl` merge in narrow print and scans.
 */
const LOOK_ALIKE_GROUPS: readonly (readonly string[])[] = [
  ['0', 'o'],
  ['1', 'l', 'i'],
  ['2', 'z'],
  ['5', 's'],
  ['8', 'b'],
  ['6', 'b'],
  ['6', 'g'],
  ['9', 'g', 'q'],
  ['u', 'v'],
  ['-', '_'],
  ['rn', 'm'],
  ['nn', 'm'],
  ['vv', 'w'],
  ['cl', 'd'],
]
const SWAPS: readonly { from: string; to: string }[] = LOOK_ALIKE_GROUPS.flatMap((group) =>
  group.flatMap((from) => group.filter((to) => to !== from).map((to) => ({ from, to }))),
)

/** The rows of a QWERTY keyboard, with the position of their first key in key widths. */
const KEY_ROWS: readonly (readonly [row: string, indent: number])[] = [
  ['1234567890-', 0],
  ['qwertyuiop', 0.5],
  ['asdfghjkl', 0.75],
  ['zxcvbnm', 1.25],
]
const KEYBOARD_KEYS = KEY_ROWS.flatMap(([row, indent], line) =>
  [...row].map((key, index) => ({ key, line, offset: index + indent })),
)
/** Keys that touch: in the same row, or less than a key's width apart in a neighbouring row. */
const NEIGHBOURING_KEYS: ReadonlyMap<string, readonly string[]> = new Map(
  KEYBOARD_KEYS.map((one) => [
    one.key,
    KEYBOARD_KEYS.filter((other) => {
      const distance = Math.abs(one.offset - other.offset)
      return one.line === other.line
        ? distance === 1
        : Math.abs(one.line - other.line) === 1 && distance < 1
    }).map(({ key }) => key),
  ]),
)

/**
 * Longer codes get no substitutions and insertions, because they are words, which are hardly ever
 * typed from print.
 */
export const MAX_FULLY_VARIED_LENGTH = 24
/**
 * Room for all forms with one look-alike: at most three per character, so 192 for 64 characters.
 * Forms with more look-alikes fill the rest.
 */
const MAX_LOOK_ALIKE_FORMS = 256

/**
 * The largest number of forms that a code can have. It is reached by a code of 24 characters:
 * look-alikes, 23 transpositions, 24 × 37 substitutions, 24 omissions, 24 × 37 + 38 insertions. A
 * code of five has about 450.
 */
export const MAX_SIMILAR_FORMS =
  MAX_LOOK_ALIKE_FORMS +
  (MAX_FULLY_VARIED_LENGTH - 1) +
  MAX_FULLY_VARIED_LENGTH * (CHARACTERS.length - 1) +
  MAX_FULLY_VARIED_LENGTH +
  MAX_FULLY_VARIED_LENGTH * (CHARACTERS.length - 1) +
  CHARACTERS.length

/**
 * Lists folded codes that may have been meant by `folded`, best first: look-alikes, one
 * transposition of neighbours, one substitution (neighbouring keys first), one surplus character,
 * one missing character (a doubled one first). Each is valid, listed once, and differs from
 * `folded`. Returns at most MAX_SIMILAR_FORMS; an invalid code has none.
 */
export function listSimilarForms(folded: string): readonly string[] {
  if (!FOLDED_GRAMMAR.test(folded)) return []
  const isShort = folded.length <= MAX_FULLY_VARIED_LENGTH
  const forms = new Set([
    ...listLookAlikes(folded),
    ...listTranspositions(folded),
    ...(isShort ? listSubstitutions(folded) : []),
    ...listOmissions(folded),
    ...(isShort ? listInsertions(folded) : []),
  ])
  forms.delete(folded)
  // Characters are valid by construction, but a look-alike can be too long, and an omission empty.
  return [...forms].filter((form) => form.length >= 1 && form.length <= MAX_CODE_LENGTH)
}

/** Searches breadth first, so that forms with fewer look-alikes come first. */
function listLookAlikes(folded: string): string[] {
  const swaps = listIndexes(folded).flatMap((at) =>
    SWAPS.filter(({ from }) => folded.startsWith(from, at)).map((swap) => ({ at, ...swap })),
  )
  const forms: string[] = []
  // `next` is the index in `folded` from which nothing is replaced yet.
  const queue = [{ done: '', next: 0 }]
  for (const { done, next } of queue) {
    for (const { at, from, to } of swaps) {
      if (at < next) continue
      if (forms.length === MAX_LOOK_ALIKE_FORMS) return forms
      const swapped = { done: done + folded.slice(next, at) + to, next: at + from.length }
      queue.push(swapped)
      forms.push(swapped.done + folded.slice(swapped.next))
    }
  }
  return forms
}

/**
 * Lists the code itself, and every code that results from leaving out one of its characters. Two
 * codes that differ by one insertion, omission, substitution or transposition have at least one of
 * these forms in common, so the ledger can find similar codes by index. Codes longer than
 * `MAX_FULLY_VARIED_LENGTH + 1` have none, because they are longer by two characters or more than
 * every fully varied code.
 */
export const listOmissionForms = (folded: string): readonly string[] =>
  folded.length <= MAX_FULLY_VARIED_LENGTH + 1
    ? [...new Set([folded, ...listOmissions(folded)])]
    : []

/**
 * Lists the similar forms that cannot be found by their omission forms: look-alikes that differ in
 * more than one place, and all forms of long codes.
 */
export const listFormsExceptOmissions = (folded: string): readonly string[] =>
  folded.length <= MAX_FULLY_VARIED_LENGTH && FOLDED_GRAMMAR.test(folded)
    ? listLookAlikes(folded).filter((form) => !isOneSubstitution(folded, form))
    : listSimilarForms(folded)

const isOneSubstitution = (a: string, b: string): boolean =>
  a.length === b.length && listIndexes(a).filter((at) => a[at] !== b[at]).length === 1

const listTranspositions = (folded: string): string[] =>
  listIndexes(folded)
    .slice(1)
    .map((at) => splice(folded, at - 1, 2, folded.charAt(at) + folded.charAt(at - 1)))

function listSubstitutions(folded: string): string[] {
  const substituteEach = (charactersFor: (typed: string) => readonly string[]): string[] =>
    listIndexes(folded).flatMap((at) =>
      charactersFor(folded.charAt(at)).map((replacement) => splice(folded, at, 1, replacement)),
    )
  return [
    ...substituteEach((typed) => NEIGHBOURING_KEYS.get(typed) ?? []),
    ...substituteEach(() => CHARACTERS),
  ]
}

const listOmissions = (folded: string): string[] =>
  listIndexes(folded).map((at) => splice(folded, at, 1, ''))

function listInsertions(folded: string): string[] {
  const doubled = listIndexes(folded).map((at) => splice(folded, at, 0, folded.charAt(at)))
  const gaps = [...listIndexes(folded), folded.length]
  return [
    ...doubled,
    ...gaps.flatMap((at) => CHARACTERS.map((inserted) => splice(folded, at, 0, inserted))),
  ]
}

const listIndexes = (text: string): number[] => Array.from(text, (_, index) => index)

const splice = (text: string, at: number, deleteCount: number, inserted: string): string =>
  text.slice(0, at) + inserted + text.slice(at + deleteCount)
