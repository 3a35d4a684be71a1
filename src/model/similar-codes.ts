/**
 * Codes that a person may have meant who typed another: read wrong from print or from a picture, or
 * slipped on the keyboard (rule L-15). Forms only; whether one exists, and may be told, is known to
 * the desk.
 */
import { CODE_ALPHABET } from './code.ts'

const FOLDED_GRAMMAR = /^[a-z0-9_-]{1,64}$/
const MAX_CODE_LENGTH = 64
/** Minted characters first: most codes are minted. */
const CHARACTERS: readonly string[] = [...CODE_ALPHABET, ...'01ilo-_']

/**
 * What is taken for each other. Single characters from the list of ambiguous ones of pwgen
 * (`B8G6I1l0OQDS5Z2`), here in both cases because codes are folded, but for `Q` and `D`, which
 * every substitution covers; `9`, `g`, `q`, `6`, `b` and `u`, `v` are alike in handwriting; `rn`
 * and `m` are in confusables.txt of UTS 39, and `nn`, `vv`, `cl` run together like them in narrow
 * print and in scans.
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

/** Rows of a QWERTY keyboard with the place of their first key, in widths of a key. */
const KEY_ROWS: readonly (readonly [row: string, indent: number])[] = [
  ['1234567890-', 0],
  ['qwertyuiop', 0.5],
  ['asdfghjkl', 0.75],
  ['zxcvbnm', 1.25],
]
const KEYBOARD_KEYS = KEY_ROWS.flatMap(([row, indent], line) =>
  [...row].map((key, index) => ({ key, line, offset: index + indent })),
)
/** Keys that touch: beside each other, or less than a width apart in the rows above and below. */
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
 * Longer codes are words, hardly ever typed from print: they get no substitution and no insertion.
 */
export const MAX_FULLY_VARIED_LENGTH = 24
/**
 * All with one look-alike (three a character at most, so 192), then with two, and so on while there
 * is room.
 */
const MAX_LOOK_ALIKE_FORMS = 256

/**
 * The most forms that any code has, reached with 24 characters: look-alikes, 23 transpositions, 24
 * × 37 substitutions, 24 omissions, 24 × 37 + 38 insertions. A code of five has some 450.
 */
export const MAX_SIMILAR_FORMS =
  MAX_LOOK_ALIKE_FORMS +
  (MAX_FULLY_VARIED_LENGTH - 1) +
  MAX_FULLY_VARIED_LENGTH * (CHARACTERS.length - 1) +
  MAX_FULLY_VARIED_LENGTH +
  MAX_FULLY_VARIED_LENGTH * (CHARACTERS.length - 1) +
  CHARACTERS.length

/**
 * Folded codes that may have been meant by `folded`, best first: look-alikes, one transposition of
 * neighbours, one substitution (neighbouring keys first), one character typed too much, one
 * forgotten (one of a pair first). Each once, never the given one, all of the grammar, at most
 * NEAR_FORMS_LIMIT. What is no folded code has none.
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
  // Characters are right as they are made; a look-alike can be longer, and an omission leave
  // nothing.
  return [...forms].filter((form) => form.length >= 1 && form.length <= MAX_CODE_LENGTH)
}

/** Breadth first, so that a form with fewer look-alikes comes before one with more. */
function listLookAlikes(folded: string): string[] {
  const swaps = listIndexes(folded).flatMap((at) =>
    SWAPS.filter(({ from }) => folded.startsWith(from, at)).map((swap) => ({ at, ...swap })),
  )
  const forms: string[] = []
  // `next` is the index in `folded` from which on nothing is swapped yet.
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
 * The code, and the code without each one of its characters: two codes have one of these in common
 * when one is the other with a character more, a character less, another character, or two
 * neighbours changed round. Codes that are longer than any fully varied one with a character more
 * have none.
 */
export const listOmissionForms = (folded: string): readonly string[] =>
  folded.length <= MAX_FULLY_VARIED_LENGTH + 1
    ? [...new Set([folded, ...listOmissions(folded)])]
    : []

/**
 * Those of `nearForms` that have no such form in common with the code: look-alikes that differ in
 * more than one place, and of codes that are not fully varied all.
 */
export const listFormsBeyondOmissions = (folded: string): readonly string[] =>
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
