/**
 * Recognizes labels such as "Update:". They look like a dateline (a place and a colon at the
 * beginning of a line), but name no place. A text is a label if it has a word that no name of a
 * place has.
 */
import {
  LABEL_PARTS,
  LABEL_PHRASES,
  LABEL_WORDS,
  OPENING_WORDS,
  PLACE_NAMES_WITH_THE,
} from './label-words.ts'

/**
 * Makes spellings equal: case, the accents of Latin and Greek, the vowels and hamzas of Arabic, and
 * the letters that Arabic, Persian and Urdu keyboards write differently.
 */
const fold = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f\u064b-\u065f\u0670\u093c\u0640\u200b-\u200f]/g, '')
    .toLowerCase()
    .replace(/\u0307/g, '')
    .replace(/[ıςىیکہةۃ’‘ʼ]/g, (letter) => SAME_LETTERS[letter] ?? letter)

const SAME_LETTERS: Readonly<Record<string, string>> = {
  ı: 'i',
  ς: 'σ',
  ى: 'ي',
  ی: 'ي',
  ک: 'ك',
  ہ: 'ه',
  ة: 'ه',
  ۃ: 'ه',
  '’': "'",
  '‘': "'",
  ʼ: "'",
}

const listWords = (text: string): string[] => fold(text).match(/[\p{L}\p{M}]+/gu) ?? []
const normalizePhrase = (text: string): string => listWords(text).join(' ')
const toWordSet = (text: string): ReadonlySet<string> => new Set(listWords(text))

const WORDS = toWordSet(LABEL_WORDS)
const OPENINGS = toWordSet(OPENING_WORDS)
const AFTER_THE = toWordSet(PLACE_NAMES_WITH_THE)
const PHRASES: ReadonlySet<string> = new Set(LABEL_PHRASES.split('|').map(normalizePhrase))
const PARTS = new RegExp(fold(LABEL_PARTS).trim().split(/\s+/).join('|'), 'u')

/** Endings of abstract nouns in English and French. College Station and Mission Viejo are towns. */
const ABSTRACT =
  /^(?!(?:st|carn)ations?$|missions?$|ascension$)(?:\p{L}{2,}(?:[acinotu]tion|ption|[lnrsu]sion|[a-z]{3}ism)|\p{L}{4,}ment)s?$/u

/** Returns whether a text before a colon is a label. Case and accents do not matter. */
export function isLabel(text: string): boolean {
  const words = listWords(text)
  const phrase = words.join(' ')
  const [first = '', second = ''] = words
  return (
    PHRASES.has(phrase) ||
    PHRASES.has(phrase.replace(/s$/, '')) ||
    (OPENINGS.has(first) && !(first === 'the' && AFTER_THE.has(second))) ||
    words.some(isLabelWord) ||
    PARTS.test(fold(text))
  )
}

/** The plural and the Arabic article need no entries of their own. */
const isLabelWord = (word: string): boolean =>
  WORDS.has(word) ||
  (/^[a-z]+s$/.test(word) && WORDS.has(word.slice(0, -1))) ||
  (word.startsWith('ال') && WORDS.has(word.slice(2))) ||
  ABSTRACT.test(word)
