/** The excerpt of a text: its beginning, for feeds and previews of articles without a summary. */
import type { Element, Nodes, Root } from 'hast'
import { collapseWhiteSpace } from '../text/characters.ts'

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
    if (run.length <= MAX_RUN_CHARACTERS || /^\S{0,12}(?:https?:\/\/|www\.)/i.test(run)) {
      yield run
      continue
    }
    // Chinese, Japanese and Thai put no spaces between words.
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
}

/** Elements before and after which the plain text has a line break. */
export const TEXT_BREAKS: ReadonlySet<string> = new Set(
  `p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre hr figure figcaption div section details
   summary table caption thead tbody tfoot tr th td br`.split(/\s+/),
)
const FOOTNOTE_MARK = /^\s*(?:[[(]?[\d*†‡]{1,3}[\])]?|[↑↩⏎^]\S?)\s*$/u

/**
 * Returns the text of a story without captions, footnotes, the marks that refer to them, and text
 * that is struck out. If nothing else is left, returns all text.
 */
export function getStoryText(tree: Root): string {
  const notes = findNotes(tree)
  const isSkipped = (element: Element): boolean => isOutsideStory(element) || notes.has(element)
  return getText(tree, isSkipped) || getText(tree, () => false)
}

type InnerLink = { ids: unknown[]; target: string; isMark: boolean }

/**
 * Finds the footnotes of other editors (WordPress, Word, Substack): blocks to which a mark links,
 * and from which a later link leads back to that mark.
 */
function findNotes(tree: Root): Set<Element> {
  const blockById = new Map<unknown, Element>()
  const links: InnerLink[] = []
  const walk = (node: Root | Element, block: Element | undefined, ids: unknown[]): void => {
    for (const child of node.children) {
      if (child.type !== 'element') continue
      const { id, href } = child.properties
      const isBlock = TEXT_BREAKS.has(child.tagName)
      const closestBlock = isBlock ? child : block
      const ownIds = [...(isBlock ? [] : ids), ...(id === undefined ? [] : [id])]
      if (id !== undefined && closestBlock) blockById.set(id, closestBlock)
      const target = child.tagName === 'a' ? /#(.+)$/.exec(String(href ?? ''))?.[1] : undefined
      if (target !== undefined)
        links.push({ ids: ownIds, target, isMark: FOOTNOTE_MARK.test(getText(child, () => false)) })
      walk(child, closestBlock, ownIds)
    }
  }
  walk(tree, undefined, [])
  const marksById = new Map<unknown, InnerLink>()
  const notes = new Set<Element>()
  for (const link of links) {
    const mark = marksById.get(link.target)
    const note = mark && blockById.get(mark.target)
    if (note) notes.add(note)
    else if (link.isMark) for (const id of link.ids) marksById.set(id, link)
  }
  return notes
}

/** Captions, the reading aids of ruby, and text that is no longer valid. */
const SKIPPED_ELEMENTS = new Set(['figcaption', 'caption', 'rt', 'rp', 'del', 's'])

function isOutsideStory(element: Element): boolean {
  const { tagName, properties } = element
  if (SKIPPED_ELEMENTS.has(tagName)) return true
  if (properties['dataFootnotes'] !== undefined) return true
  return (
    tagName === 'a' &&
    /#/.test(String(properties['href'] ?? '')) &&
    FOOTNOTE_MARK.test(getText(element, () => false))
  )
}

function getText(tree: Root | Element, isSkipped: (element: Element) => boolean): string {
  const parts: string[] = []
  const walk = (node: Nodes): void => {
    if (node.type === 'element' && isSkipped(node)) return
    const isBlock = node.type === 'element' && TEXT_BREAKS.has(node.tagName)
    if (node.type === 'text') parts.push(node.value)
    if (isBlock) parts.push('\n')
    if ('children' in node) for (const child of node.children) walk(child)
    if (isBlock) parts.push('\n')
  }
  walk(tree)
  return parts
    .join('')
    .replace(/\n{2,}/g, '\n')
    .trim()
}
