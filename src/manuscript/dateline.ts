/** Extracts the dateline: the place at the beginning of a text, as news agencies write it. */
import type { Root } from 'hast'
import { collapseWhiteSpace, findForbidden } from '../text/characters.ts'
import {
  divideDateline,
  getLetterCase,
  isAgency,
  isDateline,
  isPlaceInCapitals,
  isRegion,
  isSamePlace,
  type LetterCase,
} from './places.ts'
import {
  findStoryStart,
  getOwnText,
  getParagraphText,
  isBlock,
  isBold,
  type LineStart,
  type Parent,
  readLineStart,
  removeCharacters,
  removeTextBlock,
  type StoryStart,
  trimStart,
} from './story-start.ts'

const COLON = /[:：﹕]/u
const DASH = /\p{Pd}{1,3}(?=\s)|[—―]+/u
const COLON_OR_DASH = new RegExp(`${COLON.source}|${DASH.source}`, 'u')
/**
 * On another line, a longer text before a colon is a sentence, not the name of a speaker or topic.
 */
const MAX_LABEL_CHARACTERS = 60

/**
 * Removes the dateline from the first text and returns it. A dateline is capitals of any script and
 * a colon (`ISLAMABAD: `), or bold text and a colon, which may be bold too. Pictures and players
 * may precede it. A text in which several lines begin in this way is an interview or a list of
 * topics, and has none. If the manuscript has a `dateline`, only text that names the same place is
 * removed, and a dash may stand for the colon.
 */
export function extractDateline(
  tree: Root,
  suppliedDateline: string | undefined,
): string | undefined {
  const start = findStoryStart(tree)
  if (!start) return undefined
  return suppliedDateline === undefined
    ? takeDateline(tree, start)
    : removeRepeated(start, suppliedDateline)
}

function takeDateline(tree: Root, { block, index }: StoryStart): string | undefined {
  const lead = readLead(block, index)
  if (!lead || !isDateline(lead.name)) return undefined
  const hasText = getParagraphText(block, index).slice(lead.end).trim() !== ''
  if (!hasText || hasSimilarLead(tree, block, lead)) return undefined
  removeCharacters(block, index, lead.end)
  trimStart(block, index)
  return lead.name
}

/**
 * Text in capitals or bold before a colon. `end` is the position after the colon, `lastIndex` the
 * child of the block that has the colon.
 */
type Lead = { name: string; letterCase: LetterCase; end: number; lastIndex: number }

function readLead(block: Parent, index: number): Lead | undefined {
  const line = readLineStart(block, index)
  const colon = line.text.search(COLON)
  if (colon === -1) return undefined
  const name = cleanName(line.text.slice(0, colon))
  const letterCase = getLetterCase(divideDateline(name).place)
  if (letterCase === undefined) return undefined
  const isInBold = isBoldPlace(line, colon)
  if (!isInBold && !(isPlaceInCapitals(name) && isColonOfLabel(line.text, colon))) return undefined
  const last = line.pieces.findLast(({ begin }) => begin <= colon)
  if (!last) return undefined
  // If the emphasis goes on after the colon, the whole is a title or a sentence.
  const { emphasis } = last
  if (
    emphasis &&
    getOwnText(emphasis.element)
      .slice(colon + 1 - emphasis.begin)
      .trim() !== ''
  )
    return undefined
  return { name, letterCase, end: colon + 1, lastIndex: last.topIndex }
}

/**
 * An ASCII colon without a space after it is part of a word or a time. Marks of direction may
 * precede the space.
 */
const isColonOfLabel = (text: string, colon: number): boolean =>
  text[colon] !== ':' || /^(?:[\s\u200e\u200f]|$)/.test(text.slice(colon + 1))

/**
 * Removes marks of direction and other invisible characters, except joiners within words. A text
 * with characters that no document may contain is returned unchanged, and is no place.
 */
const cleanName = (text: string): string =>
  findForbidden(text)
    ? text
    : collapseWhiteSpace(text.replace(/(?![\u200c\u200d])\p{Cf}/gu, '')).replace(
        /^[\u200c\u200d]+|[\u200c\u200d]+$/g,
        '',
      )

/**
 * Returns whether the place is bold. It ends at a comma or bracket: region and agency may be plain.
 */
function isBoldPlace({ text, pieces }: LineStart, colon: number): boolean {
  const divider = text.slice(0, colon).search(/[,،(（]/)
  const placeEnd = divider === -1 ? colon : divider
  return pieces.every(
    (piece) =>
      piece.isBold ||
      piece.begin >= placeEnd ||
      /^[\s\p{Cf}]*$/u.test(piece.text.slice(0, placeEnd - piece.begin)),
  )
}

/**
 * Returns whether another line, or bold text within a line, is a lead of the same case: the next
 * speaker of an interview, or the next topic. A label that a link follows is no such lead: the text
 * of a line start ends at the link, so it is empty.
 */
function hasSimilarLead(tree: Root, first: Parent, { letterCase, lastIndex }: Lead): boolean {
  const isSimilar = (block: Parent, index: number): boolean => {
    const lead = readLead(block, index)
    return (
      lead?.letterCase === letterCase &&
      lead.name.length <= MAX_LABEL_CHARACTERS &&
      readLineStart(block, index).text.slice(lead.end).trim() !== ''
    )
  }
  const search = (block: Parent): boolean => {
    let isAtLineStart = true
    return block.children.some((child, index) => {
      if (isBlock(child)) {
        isAtLineStart = true
        return search(child)
      }
      const isCandidate = isAtLineStart || isBold(child)
      if (child.type === 'element') isAtLineStart = child.tagName === 'br'
      else if (child.type === 'text' && child.value.trim() !== '') isAtLineStart = false
      return isCandidate && !(block === first && index <= lastIndex) && isSimilar(block, index)
    })
  }
  return search(tree)
}

/**
 * Removes the place and the region that the manuscript supplies too. A date, and an agency that the
 * manuscript does not name, remain in the text.
 */
function removeRepeated({ block, index, owner }: StoryStart, supplied: string): string | undefined {
  const line = readLineStart(block, index)
  const match = COLON_OR_DASH.exec(line.text)
  const separator = match?.[0] ?? ''
  const end = match?.index ?? line.text.length
  const name = cleanName(line.text.slice(0, end))
  const kept = findKeptPart(name, supplied)
  if (kept === undefined) return undefined
  const rest = getParagraphText(block, index).slice(end + separator.length)
  const isDash = separator !== '' && !COLON.test(separator)
  // A date or an agency belongs to datelines only.
  const standsOut = kept !== '' || isPlaceInCapitals(name) || isBoldPlace(line, end)
  if (isDash && !standsOut && isDashOfSentence(name, rest)) return undefined
  // A paragraph that is only the dateline is removed.
  if (rest.trim() === '' && kept === '' && owner && removeTextBlock(owner, block)) return supplied
  if (separator === '') return undefined
  removeCharacters(block, index, end + separator.length)
  trimStart(block, index)
  if (kept !== '') block.children.splice(index, 0, { type: 'text', value: `${kept} ` })
  return supplied
}

/** Returns what follows the supplied place in a dateline, or `undefined` for another text. */
function findKeptPart(name: string, supplied: string): string | undefined {
  if (isSamePlace(name, supplied)) return ''
  const found = divideDateline(name)
  const wanted = divideDateline(supplied)
  const isOtherRegion =
    found.region !== '' && wanted.region !== '' && !isSamePlace(found.region, wanted.region)
  if (!isSamePlace(found.place, wanted.place) || isOtherRegion) return undefined
  if (!isRegion(found.region) || !isAgency(found.agency)) return undefined
  const date = /\p{N}/u.test(found.region) ? found.region : ''
  const isNewAgency = found.agency !== '' && !isSamePlace(found.agency, wanted.agency)
  return [date, isNewAgency ? `(${found.agency})` : ''].filter((part) => part !== '').join(' ')
}

/**
 * Returns whether a dash after the place belongs to a sentence: the sentence goes on in lower case,
 * or has a second dash (`Paris – a city of … – is …`).
 */
function isDashOfSentence(name: string, rest: string): boolean {
  if (getLetterCase(name) === 'mixed' && /^\s*\p{Ll}/u.test(rest)) return true
  const sentenceEnd = rest.search(/[.!?。！？।۔]/)
  return DASH.test(sentenceEnd === -1 ? rest : rest.slice(0, sentenceEnd))
}
