/**
 * Decides whether a text before a colon looks like the place of a dateline. Labels have the same
 * position, and a wrong place takes words out of the summary, so a doubtful text is not taken for a
 * place.
 */
import { isSlug, slugify } from '../model/channel.ts'
import { findForbidden } from '../text/characters.ts'
import { isLabel } from './labels.ts'

const MAX_CHARACTERS = 100
const MAX_WORDS = 6
const MAX_WORDS_WITHOUT_CASE = 3
/** Chinese and Japanese put no spaces between words. A longer text is a clause. */
const MAX_HAN_IN_ROW = 14

/** A dateline: `LAHORE`, `NEW YORK, N.Y.` or `KYIV, Ukraine (Reuters)`. */
type DatelineParts = { place: string; region: string; agency: string }

export function divideDateline(text: string): DatelineParts {
  const open = /[)）]$/.test(text) ? text.search(/[(（]/) : -1
  const agency = open === -1 ? '' : text.slice(open + 1, -1).trim()
  const name = (open === -1 ? text : text.slice(0, open)).trim()
  const comma = name.search(/[,،]/)
  if (comma === -1) return { place: name, region: '', agency }
  return { place: name.slice(0, comma).trim(), region: name.slice(comma + 1).trim(), agency }
}

/** `mixed` has small letters. `none` is the case of scripts without capitals, such as Arabic. */
export type LetterCase = 'capitals' | 'mixed' | 'none'

export function getLetterCase(text: string): LetterCase | undefined {
  if (/\p{Ll}/u.test(text)) return 'mixed'
  if (/\p{Lu}/u.test(text)) return 'capitals'
  return /\p{L}/u.test(text) ? 'none' : undefined
}

/** Returns whether the place is in capitals. Region and agency may follow in any case. */
export const isPlaceInCapitals = (text: string): boolean => {
  const { place } = divideDateline(text)
  return getLetterCase(place) === 'capitals' && !/\p{Lo}/u.test(place)
}

const NAME = /^[\p{L}\p{M}\p{Pd}\s.,،、'’‘/&·・ฯ׳״\u200c\u200d]+$/u
/**
 * The end of a sentence (after five letters, because shorter words may be abbreviations), the
 * initial of a person, and a dash between two clauses.
 */
const NOT_NAME = /\p{L}{5}\.\s|(?:^|\s)\p{L}\.(?=\s|$)|\s\p{Pd}|\p{Pd}\s/u
/**
 * Chinese characters with the ending of a Japanese verb or adjective. Names of places contain の, が
 * and つ.
 */
const INFLECTED = /\p{Script=Han}(?![のがつ])[\u3041-\u3096]/u
const LONG_HAN = new RegExp(`\\p{Script=Han}{${MAX_HAN_IN_ROW + 1}}`, 'u')

/** Returns whether the text may be a dateline. `text` has no line breaks and no doubled spaces. */
export function isDateline(text: string): boolean {
  const { place, region, agency } = divideDateline(text)
  const name = region === '' ? place : `${place} ${region}`
  return (
    [...text].length <= MAX_CHARACTERS &&
    !/\p{N}/u.test(text) &&
    !findForbidden(text) &&
    // The place becomes a channel.
    isSlug(slugify(text)) &&
    NAME.test(name) &&
    !NOT_NAME.test(name) &&
    !INFLECTED.test(name) &&
    !LONG_HAN.test(name) &&
    name.split(' ').length <= MAX_WORDS &&
    isCapitalized(place) &&
    isCapitalized(region) &&
    hasEnoughLetters(place) &&
    !isLabel(place) &&
    !isLongLabel(region) &&
    isAgency(agency)
  )
}

/** `Q`, `AI` and `TLDR` are no places. In scripts without capitals two letters are enough. */
function hasEnoughLetters(place: string): boolean {
  const letters = place.match(/\p{L}/gu)?.length ?? 0
  return letters >= (getLetterCase(place) === 'none' ? 2 : 3) && !WITHOUT_VOWEL.test(place)
}
const WITHOUT_VOWEL = /^[bcdfghjklmnpqrstvwxz]+$/i

/** Two letters are an abbreviation, of a state (`PORTLAND, OR`) or an agency (`AP`). */
const isLongLabel = (text: string): boolean => [...text].length > 2 && isLabel(text)

/**
 * Returns whether the words in brackets may be an agency, such as `The Associated Press`, or are
 * none. A label in brackets has one word.
 */
export const isAgency = (agency: string): boolean =>
  !/[?!;:؟！？；：。"“”«»()（）]/.test(agency) &&
  agency.split(' ').length <= MAX_WORDS &&
  (agency.includes(' ') || !isLongLabel(agency))

/** Words within names that have no capital: `Port of Spain`, `Rio de Janeiro`. */
const PARTICLES = new Set(
  `of and upon on the de del della di do da dos das du des la le les las los el al es y i e ed et en
   sur sous am an der den dem ob bei im zu und aan van op og och på ve dan над на и у του της των`.split(
    /\s+/,
  ),
)
/** The beginning of `al-Arish` and `d'Ivoire`. */
const PREFIXED = /^\p{Ll}{1,3}[\p{Pd}'’]\p{Lu}/u

/** Returns whether each word begins with a capital, as in a name, or has no case. */
function isCapitalized(name: string): boolean {
  if (getLetterCase(name) !== 'mixed') return true
  const words = name.split(' ')
  return words.every((word, index) => {
    const isInner = index > 0 && index < words.length - 1
    if (isInner && PARTICLES.has(word)) return true
    return !/^\P{L}*\p{Ll}/u.test(word) || PREFIXED.test(word)
  })
}

/** Returns whether two texts name the same place, whatever their case and accents. */
export function isSamePlace(a: string, b: string): boolean {
  const slug = foldPlace(a)
  return slug !== '' && slug === foldPlace(b)
}

/** Capitals often have no accents: `ΑΘΗΝΑ` is `Αθήνα`. */
const foldPlace = (text: string): string =>
  slugify(text.normalize('NFD').replace(/[\u0300-\u036f]/g, ''))

/**
 * Returns whether a text may follow the comma of a dateline that the manuscript supplies too: a
 * region or a date. In scripts without capitals a longer text is a sentence.
 */
export const isRegion = (text: string): boolean =>
  /^[\p{L}\p{M}\p{N}\p{Pd}\s.,'’]*$/u.test(text) &&
  text.split(' ').length <= (getLetterCase(text) === 'none' ? MAX_WORDS_WITHOUT_CASE : MAX_WORDS) &&
  isCapitalized(text)
