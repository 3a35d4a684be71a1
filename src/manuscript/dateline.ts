/** Extracts the dateline: the place at the beginning of a text, as news agencies write it. */
import type { Root } from 'hast'
import { collapseWhiteSpace, findForbidden } from '../text/characters.ts'
import {
  divideDateline,
  getLetterCase,
  hasCapitalPlace,
  isAgency,
  isDateline,
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
/** A longer bold text before a colon is a sentence. */
const MAX_LABEL_CHARACTERS = 60

/**
 * Removes the dateline from the first text and returns it. A dateline is capitals of any script and
 * a colon (`ISLAMABAD: `), or bold text and a colon, which may be bold too. Pictures and players
 * may precede it. A text in which several lines begin in this way is an interview or a list of
 * topics, and has none. If the manuscript has a `dateline`, only an equal place is removed, which
 * may end with a dash. Any other text is not removed.
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
 * A text before a colon that stands out: in capitals or bold. `end` is the position after the
 * colon, `lastIndex` the child of the block that has the colon.
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
  if (!isInBold && !(hasCapitalPlace(name) && isColonOfLabel(line.text, colon))) return undefined
  const last = line.pieces.findLast(({ begin }) => begin <= colon)
  if (!last) return undefined
  // The emphasis of a lead ends with it. Otherwise it is a title, or a sentence with a colon.
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

/** A narrow colon without a space is part of a word or a time. */
const isColonOfLabel = (text: string, colon: number): boolean =>
  text[colon] !== ':' || /^(?:[\s\u200e\u200f]|$)/.test(text.slice(colon + 1))

/** Removes marks of direction and other invisible characters, except joiners within words. */
const cleanName = (text: string): string =>
  findForbidden(text)
    ? text
    : collapseWhiteSpace(text.replace(/(?![\u200c\u200d])\p{Cf}/gu, '')).replace(
        /^[\u200c\u200d]+|[\u200c\u200d]+$/g,
        '',
      )

/** Returns whether the place is bold. The agency after it may be plain. */
function isBoldPlace({ text, pieces }: LineStart, end: number): boolean {
  const divider = text.slice(0, end).search(/[,،(（]/)
  const placeEnd = divider === -1 ? end : divider
  return pieces.every(
    (piece) =>
      piece.isBold ||
      piece.begin >= placeEnd ||
      /^[\s\p{Cf}]*$/u.test(piece.text.slice(0, placeEnd - piece.begin)),
  )
}

/**
 * Returns whether another line has a lead of the same case: the next speaker of an interview, or
 * the next topic. A label that is followed by nothing but a link is no such lead.
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
    let isLineBegin = true
    return block.children.some((child, index) => {
      if (isBlock(child)) {
        isLineBegin = true
        return search(child)
      }
      const isCandidate = isLineBegin || isBold(child)
      if (child.type === 'element') isLineBegin = child.tagName === 'br'
      else if (child.type === 'text' && child.value.trim() !== '') isLineBegin = false
      return isCandidate && !(block === first && index <= lastIndex) && isSimilar(block, index)
    })
  }
  return search(tree)
}

/**
 * Removes the place that the manuscript supplies too, with the region after it. Its agency and date
 * remain in the text.
 */
function removeRepeated({ block, index, owner }: StoryStart, supplied: string): string | undefined {
  const line = readLineStart(block, index)
  const [separator = '', end = line.text.length] = findSeparator(line.text)
  const name = cleanName(line.text.slice(0, end))
  const kept = findKeptPart(name, supplied)
  if (kept === undefined) return undefined
  const rest = getParagraphText(block, index).slice(end + separator.length)
  const isDash = separator !== '' && !COLON.test(separator)
  const standsOut = kept !== '' || hasCapitalPlace(name) || isBoldPlace(line, end)
  if (isDash && !standsOut && isParenthesis(name, rest)) return undefined
  if (rest.trim() === '' && kept === '' && owner && removeTextBlock(owner, block)) return supplied
  if (separator === '') return undefined
  removeCharacters(block, index, end + separator.length)
  trimStart(block, index)
  if (kept !== '') block.children.splice(index, 0, { type: 'text', value: `${kept} ` })
  return supplied
}

function findSeparator(text: string): [separator?: string, index?: number] {
  const match = COLON_OR_DASH.exec(text)
  return match ? [match[0], match.index] : []
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
  const isNewAgency = found.agency !== '' && !isSamePlace(found.agency, wanted.agency)
  return [
    /\p{N}/u.test(found.region) ? found.region : '',
    isNewAgency ? name.slice(name.search(/[(（]/)) : '',
  ]
    .filter((part) => part !== '')
    .join(' ')
}

/** Returns whether a dash after the place begins a remark within a sentence. */
function isParenthesis(name: string, rest: string): boolean {
  if (getLetterCase(name) === 'mixed' && /^\s*\p{Ll}/u.test(rest)) return true
  const sentenceEnd = rest.search(/[.!?。！？।۔]/)
  return DASH.test(sentenceEnd === -1 ? rest : rest.slice(0, sentenceEnd))
}
