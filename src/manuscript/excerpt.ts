/** The excerpt of a text: its beginning, for feeds and previews of articles without a summary. */
import { collapseWhiteSpace } from '../text/characters.ts'
import { findBareAddresses } from './bare-addresses.ts'

export const EXCERPT_CHARACTERS = 280
/** Room for the space and the ellipsis. */
const ELLIPSIS_CHARACTERS = 2
/** A longer run of letters without a space is divided, unless it is an address. */
const MAX_RUN_CHARACTERS = 30
/**
 * No excerpt depends on the text after this index, even if every character takes two UTF-16 code
 * units.
 */
const MAX_RELEVANT_LENGTH = 4 * EXCERPT_CHARACTERS

/** Returns the beginning of the text, cut after a word. `language` is a tag (BCP 47). */
export function buildExcerpt(text: string, language: string): string {
  const line = collapseWhiteSpace(text)
  if (countCharacters(line) <= EXCERPT_CHARACTERS) return line
  const limit = EXCERPT_CHARACTERS - ELLIPSIS_CHARACTERS
  let excerpt = ''
  let length = 0
  for (const { word, isAddress } of listWords(line.slice(0, MAX_RELEVANT_LENGTH), language)) {
    const room = limit - length
    if (countCharacters(word.trimEnd()) > room) {
      // A very long word is cut too if the text in front of it would be too short an excerpt.
      const isCut = length === 0 || (!isAddress && length < limit / 2)
      return `${trimCut(excerpt + (isCut ? cutWord(word, room) : ''))} …`
    }
    excerpt += word
    length += countCharacters(word)
  }
  return excerpt.trimEnd()
}

const countCharacters = (text: string): number => Array.from(text).length

/** Removes spaces and brackets that would open in front of the ellipsis. */
const trimCut = (excerpt: string): string => excerpt.replace(/(?<=\S)[\p{Ps}\p{Pi}\s]+$/u, '')

/** Cuts between two characters as readers see them, such as an emoji of several code points. */
function cutWord(word: string, limit: number): string {
  let cut = ''
  for (const { segment } of new Intl.Segmenter().segment(word)) {
    if (countCharacters(cut + segment) > limit) break
    cut += segment
  }
  return cut || Array.from(word).slice(0, limit).join('')
}

type Word = { word: string; isAddress: boolean }

/** Yields words with the spaces and punctuation that follow them. An address is one word. */
function* listWords(line: string, language: string): Generator<Word> {
  let position = 0
  for (const { start, end } of findBareAddresses(line)) {
    yield* listPlainWords(line.slice(position, start), language)
    const length = findAddressLength(line.slice(start, end))
    const rest = line.slice(start + length)
    const [following = ''] = /^[^\p{L}\p{N}\p{Ps}\p{Pi} ]{0,9} ?/u.exec(rest) ?? []
    position = start + length + following.length
    yield { word: line.slice(start, position), isAddress: true }
  }
  yield* listPlainWords(line.slice(position), language)
}

/** A long run of letters outside of ASCII after an address is text of a script without spaces. */
function findAddressLength(address: string): number {
  const [ascii = ''] = /^[!-~]*/.exec(address) ?? []
  return address.length - ascii.length > MAX_RUN_CHARACTERS ? ascii.length : address.length
}

function* listPlainWords(text: string, language: string): Generator<Word> {
  for (const [run] of text.matchAll(/[^ ]+ ?| /g)) {
    if (run.length <= MAX_RUN_CHARACTERS) {
      yield { word: run, isAddress: false }
      continue
    }
    // Chinese, Japanese and Thai put no spaces between words.
    let word = ''
    for (const { segment, isWordLike } of new Intl.Segmenter(language, {
      granularity: 'word',
    }).segment(run)) {
      if (isWordLike && word !== '' && !/^[\p{P}\p{S}]+$/u.test(word)) {
        yield { word, isAddress: false }
        word = ''
      }
      word += segment
    }
    if (word !== '') yield { word, isAddress: false }
  }
}
