/** The excerpt of a text: its beginning, for feeds and previews of articles without a summary. */
import type { Element, Nodes, Root } from 'hast'
import { collapseWhiteSpace, PAGE_MARK } from '../text/characters.ts'
import { findBareAddresses } from './bare-addresses.ts'

export const EXCERPT_CHARACTERS = 280
/** Room for the space and the ellipsis. */
const ELLIPSIS_CHARACTERS = 2
/** A longer run of letters without a space is divided, unless it is an address. */
const MAX_RUN_CHARACTERS = 30

/** Returns the beginning of the text, cut after a word. `language` is a tag (BCP 47). */
export function buildExcerpt(text: string, language: string): string {
  const line = collapseWhiteSpace(text)
  if (countCharacters(line) <= EXCERPT_CHARACTERS) return line
  const limit = EXCERPT_CHARACTERS - ELLIPSIS_CHARACTERS
  let excerpt = ''
  let length = 0
  for (const word of listWords(line, language)) {
    const characters = countCharacters(word)
    if (length + countCharacters(word.trimEnd()) > limit)
      return `${(excerpt || Array.from(word).slice(0, limit).join('')).trimEnd()} …`
    excerpt += word
    length += characters
  }
  return excerpt.trimEnd()
}

const countCharacters = (text: string): number => Array.from(text).length

/** Yields words with the spaces and punctuation that follow them. */
function* listWords(line: string, language: string): Generator<string> {
  for (const [run] of line.matchAll(/[^ ]+ ?/g)) {
    if (run.length <= MAX_RUN_CHARACTERS) {
      yield run
      continue
    }
    let position = 0
    for (const { start, end } of findBareAddresses(run)) {
      yield* segmentWords(run.slice(position, start), language)
      yield run.slice(start, end)
      position = end
    }
    yield* segmentWords(run.slice(position), language)
  }
}

/** Yields the words of a run without spaces: Chinese, Japanese and Thai put none between words. */
function* segmentWords(run: string, language: string): Generator<string> {
  let word = ''
  for (const { segment, isWordLike } of new Intl.Segmenter(language, {
    granularity: 'word',
  }).segment(run)) {
    if (isWordLike && word !== '' && !/^[\p{P}\p{S}]+$/u.test(word)) {
      yield word
      word = ''
    }
    word += segment
  }
  if (word !== '') yield word
}

/** Elements before and after which the plain text has a line break. */
const TEXT_BREAKS = new Set(
  `p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre hr figure figcaption div section details
   summary table caption thead tbody tfoot tr th td br`.split(/\s+/),
)
/** Numbers, letters and signs of any script, alone or in brackets, and the arrows of back links. */
const FOOTNOTE_MARK =
  /^\s*(?:[[({（［【〔]?\s*(?:注|註|※|note)?\s*[\p{N}\p{L}*†‡§¶]{0,5}\s*[\])}）］】〕]?|[↑↩⏎^⤴↵]\S{0,2})\s*$/iu

/**
 * Returns the text of a story without captions, footnotes, the marks that refer to them, and text
 * that is struck out. If nothing else is left, returns all text.
 */
export function getStoryText(tree: Root): string {
  const footnotes = findFootnotes(tree)
  const isSkipped = (element: Element): boolean => isOutsideStory(element) || footnotes.has(element)
  return getText(tree, isSkipped) || getText(tree, () => false)
}

/** A link within the page. `blocks` are the blocks around it, the outermost first. */
type InnerLink = {
  element: Element
  /** The number of the link in the order of the text. */
  position: number
  blocks: Element[]
  target: string
  isMark: boolean
}

/**
 * Finds the footnotes of other editors (WordPress, Word, Substack), and the links between them and
 * their marks. A footnote is a block to which a mark links, and from which a link leads back into a
 * block that has this mark.
 */
function findFootnotes(tree: Root): Set<Element> {
  const blockById = new Map<unknown, Element>()
  const links: InnerLink[] = []
  const walk = (node: Root | Element, blocks: Element[]): void => {
    for (const child of node.children) {
      if (child.type !== 'element') continue
      const { id, href } = child.properties
      const ownBlocks = TEXT_BREAKS.has(child.tagName) ? [...blocks, child] : blocks
      const block = ownBlocks.at(-1)
      if (id !== undefined && block) blockById.set(id, block)
      const target =
        child.tagName === 'a' && String(href ?? '').startsWith(`${PAGE_MARK}#`)
          ? decodeURIComponent(String(href).slice(PAGE_MARK.length + 1))
          : undefined
      if (target !== undefined) {
        const isMark = FOOTNOTE_MARK.test(getText(child, () => false))
        links.push({ element: child, position: links.length, blocks: ownBlocks, target, isMark })
      }
      walk(child, ownBlocks)
    }
  }
  walk(tree, [])
  const marksByNote = new Map<Element, InnerLink[]>()
  for (const link of links) {
    const note = blockById.get(link.target)
    if (note && link.isMark && !link.blocks.includes(note))
      marksByNote.set(note, [...(marksByNote.get(note) ?? []), link])
  }
  const footnotes = new Set<Element>()
  for (const back of links) {
    const source = blockById.get(back.target)
    const note = back.blocks.find((block) => marksByNote.has(block))
    if (!note || !source) continue
    const marks = marksByNote.get(note) ?? []
    // In a pair of links the earlier one is the mark.
    const leadsBack = marks.some(
      ({ position, blocks }) => position < back.position && blocks.includes(source),
    )
    if (!leadsBack) continue
    footnotes.add(note)
    for (const { element } of marks) footnotes.add(element)
  }
  return footnotes
}

/** Captions, the reading aids of ruby, and text that is no longer valid. */
const SKIPPED_ELEMENTS = new Set(['figcaption', 'caption', 'rt', 'rp', 'del', 's'])

function isOutsideStory(element: Element): boolean {
  const { tagName, properties } = element
  if (SKIPPED_ELEMENTS.has(tagName) || isLinkOnly(element)) return true
  return ['dataFootnotes', 'dataFootnoteRef', 'dataFootnoteBackref'].some(
    (name) => properties[name] !== undefined,
  )
}

/** Returns whether a paragraph is only a link: an embedded medium or post, or a pointer. */
function isLinkOnly({ tagName, children }: Element): boolean {
  const content = children.filter((child) => child.type !== 'text' || child.value.trim() !== '')
  const [only] = content
  return (
    /^(?:p|div)$/.test(tagName) &&
    content.length === 1 &&
    only?.type === 'element' &&
    only.tagName === 'a'
  )
}

function getText(tree: Root | Element, isSkipped: (element: Element) => boolean): string {
  const parts: string[] = []
  const walk = (node: Nodes): void => {
    if (node.type === 'element' && isSkipped(node)) return
    const isBlock = node.type === 'element' && TEXT_BREAKS.has(node.tagName)
    const start = parts.length
    const quote = node.type === 'element' && node.tagName === 'q'
    if (node.type === 'text') parts.push(node.value)
    if (isBlock) parts.push('\n')
    if (quote) parts.push('“')
    if ('children' in node) for (const child of node.children) walk(child)
    if (quote) parts.push('”')
    if (isBlock) parts.push('\n')
    if (node.type === 'element' && /^su[pb]$/.test(node.tagName))
      parts.push(raiseDigits(parts.splice(start).join(''), node.tagName))
  }
  walk(tree)
  return parts
    .join('')
    .replace(/\n{2,}/g, '\n')
    .trim()
}

/** Writes numbers above or below the line with the characters that mean so. `10⁶` is not `106`. */
function raiseDigits(text: string, tagName: string): string {
  const characters = tagName === 'sup' ? SUPERSCRIPTS : SUBSCRIPTS
  if (!/^[\s\d+−-]+$/.test(text)) return text
  return text.replace(/[\d+−-]/g, (character) => characters[DIGITS.indexOf(character)] ?? character)
}
const DIGITS = '0123456789+−-'
const SUPERSCRIPTS = [...'⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻']
const SUBSCRIPTS = [...'₀₁₂₃₄₅₆₇₈₉₊₋₋']
