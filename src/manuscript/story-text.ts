/** The plain text of a story, from which its excerpt is taken. */
import type { Element, ElementContent, Nodes, Root, RootContent } from 'hast'
import { PAGE_MARK } from '../text/characters.ts'
import { findNotes } from './notes.ts'
import { getNodeText, TEXT_BREAKS } from './tree.ts'

/**
 * Returns the text of a story without captions, names of media, footnotes, the marks that refer to
 * them, and text that is struck out. If nothing else is left, returns all text.
 */
export function getStoryText(tree: Root): string {
  const { notes, marks } = findNotes(tree)
  const story = getText(tree, (element) =>
    marks.has(element) ? MARK : notes.has(element) || isOutsideStory(element) ? '' : undefined,
  )
  return story || getText(tree, () => undefined)
}

/**
 * Stands for the mark of a footnote until the brackets and commas around it are removed. A cleaned
 * text does not contain this character.
 */
const MARK = '\0'
const MARKS = /\0(?:[,،、;–-]?\s?\0)*/g
const MARK_IN_BRACKETS = /\p{Ps}\0\p{Pe}/gu
const MARK_WITH_SPACE = /[ \u00a0]\0(?=[\s\p{Po}\p{Pe}]|$)|\0/gu

/** Captions, the reading aids of ruby, and text that is no longer valid. */
const SKIPPED_ELEMENTS = new Set(['figcaption', 'caption', 'rt', 'rp', 'del', 's'])

const isOutsideStory = (element: Element): boolean =>
  SKIPPED_ELEMENTS.has(element.tagName) || isOnlyLink(element) || isPictureWithCaption(element)

/** Returns whether a paragraph is only a link: an embedded medium, or what to read next. */
function isOnlyLink({ tagName, children }: Element): boolean {
  if (tagName !== 'p') return false
  const [link, ...others] = children.filter((child) => !isBlank(child))
  if (link?.type !== 'element' || others.length > 0) return false
  const { href } = link.properties
  return link.tagName === 'a' && href !== undefined && !String(href).startsWith(PAGE_MARK)
}

/** Returns whether a paragraph is a picture, followed by its caption in small or slanted type. */
function isPictureWithCaption({ tagName, children }: Element): boolean {
  if (tagName !== 'p') return false
  const [picture, ...others] = children.filter((child) => !isBlank(child))
  return (
    picture?.type === 'element' &&
    isPicture(picture) &&
    others.every(
      (child) =>
        child.type === 'element' && (isPicture(child) || /^(?:em|i|small|br)$/.test(child.tagName)),
    )
  )
}

const isPicture = ({ tagName, children }: Element): boolean =>
  tagName === 'img' ||
  (tagName === 'a' &&
    children.length > 0 &&
    children.every((child) => isBlank(child) || (child.type === 'element' && isPicture(child))))

const isBlank = (node: RootContent | ElementContent): boolean =>
  node.type !== 'element' && getNodeText(node).trim() === ''

/** `replace` returns what is written instead of an element, if anything. */
function getText(tree: Root, replace: (element: Element) => string | undefined): string {
  const read = (node: Nodes): string => {
    if (node.type === 'text') return node.value
    if (!('children' in node)) return ''
    const replacement = node.type === 'element' ? replace(node) : undefined
    if (replacement !== undefined) return replacement
    const text = node.children.map((child) => read(child)).join('')
    return node.type === 'element' ? writeElement(node.tagName, text) : text
  }
  return read(tree)
    .replace(MARKS, MARK)
    .replace(MARK_IN_BRACKETS, MARK)
    .replace(MARK_WITH_SPACE, '')
    .replace(/\n{2,}/g, '\n')
    .trim()
}

function writeElement(tagName: string, text: string): string {
  if (TEXT_BREAKS.has(tagName)) return `\n${text}\n`
  if (tagName === 'sup') return writeRaised(text, SUPERSCRIPTS, '^')
  if (tagName === 'sub') return writeRaised(text, SUBSCRIPTS, '_')
  // Browsers add the quotation marks of this element.
  if (tagName === 'q' && text.trim() !== '' && !/^\s*[\p{Pi}"]/u.test(text)) return `“${text}”`
  return text
}

/**
 * Writes a raised or lowered number in characters that keep its meaning: 10⁶ is not 106. Words are
 * unchanged, because 1<sup>st</sup> and CO<sub>x</sub> are clear.
 */
function writeRaised(text: string, characters: ReadonlyMap<string, string>, sign: string): string {
  if (text.length > MAX_RAISED_CHARACTERS || !/[\p{Nd}+−-]/u.test(text)) return text
  const written = Array.from(text, (character) => characters.get(character) ?? character)
  return /[\p{L}\p{Nd}]/u.test(written.join('')) ? sign + text : written.join('')
}
const MAX_RAISED_CHARACTERS = 12
const mapCharacters = (from: string, to: string): ReadonlyMap<string, string> =>
  new Map(Array.from(from, (character, index) => [character, Array.from(to)[index] ?? character]))
const SUPERSCRIPTS = mapCharacters('0123456789+-−–=()', '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾')
const SUBSCRIPTS = mapCharacters('0123456789+-−–=()', '₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎')
