/**
 * Finds the footnotes of a text and the marks that refer to them, whichever program wrote them:
 * Pandoc, WordPress, Word, Google Docs, Substack. Summaries leave them out.
 */
import type { Element, ElementContent, Nodes, Root, RootContent } from 'hast'
import { PAGE_MARK } from '../text/characters.ts'
import { decodeFragment } from './in-page-links.ts'
import { getNodeText, isBlockName } from './tree.ts'

/** `notes` are footnotes and their headings; `marks` are what refers to them. */
export type Notes = { notes: Set<Element>; marks: Set<Element> }

/** A mark in brackets: `[1]`, `[a]`, `（注1）`. */
const MARK_IN_BRACKETS = /^\p{Ps}.{1,10}\p{Pe}$/su
/** A raised text of this form is a mark even if it is not a link. */
const RAISED_MARK = /^[[［〔【].{1,10}[\]］〕】]$/su
/** A number with a short word before it, signs, a Roman numeral, or one letter. */
const BARE_MARK =
  /^(?:[\p{L}\p{M}※*#†‡]{0,5}[.:]?\s?\p{N}{1,4}\p{L}?[.)]?|[注註※]\s?\S{1,3}|[*∗⁑†‡§¶#※‖]{1,4}|[ivxlc]{1,6}|[IVXLC]{1,6}|\p{L}\p{M}{0,3})$/u
/**
 * A number after one of these, or at the beginning of a block, is an item of a list: `Pages: 1 |
 * 2`.
 */
const LIST_BEFORE = /^[:：|•·/]?$/u
const MAX_MARK_CHARACTERS = 12
/** These are no footnotes, even if a link leads to them and another one leads back. */
const OTHER_TARGETS =
  /^(?:h[1-6]|figure|figcaption|table|caption|thead|tbody|tfoot|summary|pre|hr|br)$/
/**
 * If a footnote is the beginning of one of these elements, the whole element is the footnote: its
 * other paragraphs follow.
 */
const NOTE_WRAPPERS = /^(?:div|section|li|dd)$/
const MAX_HEADING_CHARACTERS = 60

type Block = Root | Element
/** `position` is a place in the order of the text. */
type InnerLink = {
  element: Element
  target: string
  text: string
  block: Block
  position: number
  isRaised: boolean
  followsText: boolean
}

/**
 * Finds the footnotes and their marks in a finished text, whose links within the page begin with
 * `PAGE_MARK`.
 */
export function findNotes(tree: Root): Notes {
  const { links, marks, sections, blockById, parents, positions } = readLinks(tree)
  const notes = new Set(sections)
  const backLinks = listBackLinks(links, blockById, parents)
  for (const link of links) {
    const note = blockById.get(link.target)
    if (note?.type !== 'element' || OTHER_TARGETS.test(note.tagName)) continue
    // A footnote follows its mark. This leaves out the links back.
    if ((positions.get(note) ?? 0) < link.position) continue
    const whole = findWholeNote(note, parents)
    const leadsBack = backLinks.get(link.block)?.has(whole) ?? false
    if (!(leadsBack ? isPairedMark(link) : isLoneMark(link, note))) continue
    marks.add(link.element)
    notes.add(whole)
  }
  if (notes.size > 0) {
    addDescriptions(tree, notes)
    addHeadings(tree, notes)
  }
  return { notes, marks }
}

/**
 * Returns whether a link is a mark if another one leads back from its target. Then it is enough
 * that it is raised, in brackets, or a bare mark after a text.
 */
const isPairedMark = ({ text, isRaised, followsText }: InnerLink): boolean =>
  MARK_IN_BRACKETS.test(text) || isRaised || (followsText && BARE_MARK.test(text))

/**
 * Returns whether a link is a mark even though no link leads back. It must be a raised mark, or one
 * in brackets that leads to an item of a list or to a text that begins with the same mark.
 */
const isLoneMark = ({ text, isRaised }: InnerLink, note: Element): boolean =>
  MARK_IN_BRACKETS.test(text)
    ? isRaised || note.tagName === 'li' || beginsWithMark(note, text)
    : isRaised && BARE_MARK.test(text)

function beginsWithMark(note: Element, mark: string): boolean {
  const beginning = getBeginning(note)
  const label = mark.slice(1, -1)
  return (
    beginning.startsWith(mark) ||
    (beginning.startsWith(label) && /^[.):\s]/.test(beginning.slice(label.length)))
  )
}

function getBeginning(node: Nodes): string {
  if (node.type === 'text') return node.value.trimStart().slice(0, MAX_MARK_CHARACTERS + 1)
  if (!('children' in node)) return ''
  for (const child of node.children) {
    const beginning = getBeginning(child)
    if (beginning !== '') return beginning
  }
  return ''
}

/** Reads all links within the text, and the blocks to which ids belong. */
function readLinks(tree: Root) {
  const links: InnerLink[] = []
  const marks = new Set<Element>()
  const sections = new Set<Element>()
  const blockById = new Map<string, Block>()
  const parents = new Map<Element, Block>()
  const positions = new Map<Block, number>()
  const blocksWithText = new Set<Block>()
  /** The last character outside of links so far, for each block. */
  const lastCharacters = new Map<Block, string>()
  let position = 0
  /** Ids of elements without text, which belong to the block of the text that follows. */
  let waitingIds: string[] = []
  const readLink = (element: Element, block: Block, isInRaised: boolean): void => {
    const target = getInnerTarget(element)
    const text = getMarkText(element)
    const isRaised = text.length <= MAX_MARK_CHARACTERS && (isInRaised || isAllRaised(element))
    const hasAddress = element.properties['href'] !== undefined
    // The link of a mark whose target is missing has lost its address (`in-page-links.ts`).
    if (!hasAddress && isRaised && BARE_MARK.test(text)) marks.add(element)
    if (target === undefined) return
    const followsText = !LIST_BEFORE.test(lastCharacters.get(block) ?? '')
    links.push({ element, target, text, block, position, isRaised, followsText })
  }
  const walk = (
    node: RootContent | ElementContent,
    block: Block,
    { isRaised, isInLink }: { isRaised: boolean; isInLink: boolean },
  ): void => {
    position += 1
    if (node.type === 'text' && node.value.trim() !== '') {
      blocksWithText.add(block)
      if (!isInLink) lastCharacters.set(block, node.value.trimEnd().slice(-1))
      for (const id of waitingIds) blockById.set(id, block)
      waitingIds = []
    }
    if (node.type !== 'element') return
    positions.set(node, position)
    const ownBlock = isBlockName(node.tagName) ? node : block
    const { id } = node.properties
    if (typeof id === 'string') {
      blockById.set(id, ownBlock)
      if (!blocksWithText.has(ownBlock) && getBeginning(node) === '') waitingIds.push(id)
    }
    if (node.properties['dataFootnotes'] !== undefined) sections.add(node)
    const isSup = node.tagName === 'sup'
    if (node.tagName === 'a') readLink(node, ownBlock, isRaised)
    if (isSup && RAISED_MARK.test(getMarkText(node))) marks.add(node)
    for (const child of node.children) {
      if (child.type === 'element') parents.set(child, node)
      walk(child, ownBlock, {
        isRaised: isRaised || isSup,
        isInLink: isInLink || node.tagName === 'a',
      })
    }
  }
  for (const child of tree.children) walk(child, tree, { isRaised: false, isInLink: false })
  return { links, marks, sections, blockById, parents, positions }
}

/** Returns the id to which a link within the page leads. */
function getInnerTarget({ properties }: Element): string | undefined {
  const href = String(properties['href'] ?? '')
  return href.startsWith(`${PAGE_MARK}#`)
    ? decodeFragment(href.slice(PAGE_MARK.length + 1))
    : undefined
}

const isAllRaised = ({ children }: Element): boolean => {
  const [first, ...others] = children.filter(
    (child) => child.type === 'element' || getNodeText(child).trim() !== '',
  )
  return first?.type === 'element' && first.tagName === 'sup' && others.length === 0
}

/**
 * Returns the text, or its beginning if it is too long for a mark, without characters that only
 * choose how a character looks.
 */
function getMarkText(element: Element): string {
  let text = ''
  const read = (node: Nodes): void => {
    if (text.length > MAX_READ_CHARACTERS) return
    if (node.type === 'text') text += node.value.slice(0, MAX_READ_CHARACTERS)
    if ('children' in node) for (const child of node.children) read(child)
  }
  read(element)
  return text.replace(/\p{Default_Ignorable_Code_Point}+/gu, '').trim()
}
/** Leaves room for white space and invisible characters beside a mark. */
const MAX_READ_CHARACTERS = 40

/** Maps each block to which links lead to all elements around these links. */
function listBackLinks(
  links: InnerLink[],
  blockById: Map<string, Block>,
  parents: Map<Element, Block>,
): Map<Block, Set<Block>> {
  const containers = new Map<Block, Set<Block>>()
  for (const { target, block } of links) {
    const targetBlock = blockById.get(target)
    if (!targetBlock) continue
    const found = containers.get(targetBlock) ?? new Set()
    containers.set(targetBlock, found)
    for (
      let container: Block | undefined = block;
      container?.type === 'element' && !found.has(container);
      container = parents.get(container)
    )
      found.add(container)
  }
  return containers
}

/**
 * Climbs from the note to the row of its table, or to the outermost element that begins with it.
 */
function findWholeNote(note: Element, parents: Map<Element, Block>): Element {
  let whole = note
  for (;;) {
    const parent = parents.get(whole)
    if (parent?.type !== 'element') return whole
    const isCell = /^t[hd]$/.test(whole.tagName)
    if (!isCell && !(NOTE_WRAPPERS.test(parent.tagName) && isFirst(whole, parent))) return whole
    whole = parent
  }
}

const isFirst = (element: Element, parent: Element): boolean =>
  parent.children.find(
    (child) =>
      !(child.type === 'text' && child.value.trim() === '') &&
      !(child.type === 'element' && child.tagName === 'hr'),
  ) === element

/** Adds the descriptions of the terms that are notes. */
function addDescriptions(node: Root | Element, notes: Set<Element>): void {
  let isNote = false
  for (const child of node.children) {
    if (child.type !== 'element') continue
    if (child.tagName === 'dt') isNote = notes.has(child)
    else if (child.tagName === 'dd' && isNote) notes.add(child)
    addDescriptions(child, notes)
  }
}

/** Adds the headings that have nothing but footnotes under them. */
function addHeadings(tree: Root, notes: Set<Element>): void {
  let heading: Element | undefined
  let hasNote = false
  const finish = (next: Element | undefined): void => {
    if (heading && hasNote) notes.add(heading)
    heading = next
    hasNote = false
  }
  const walk = (node: Nodes): void => {
    if (node.type === 'text' && node.value.trim() !== '') heading = undefined
    if (node.type === 'element' && notes.has(node)) hasNote = true
    else if (node.type === 'element' && isHeading(node)) finish(node)
    else if ('children' in node) for (const child of node.children) walk(child)
  }
  walk(tree)
  finish(undefined)
}

/** Some editors write headings as paragraphs in bold. */
function isHeading({ tagName, children }: Element): boolean {
  if (/^h[1-6]$/.test(tagName)) return true
  const [child] = children
  return (
    tagName === 'p' &&
    children.length === 1 &&
    child?.type === 'element' &&
    /^(?:b|strong)$/.test(child.tagName) &&
    getNodeText(child).length <= MAX_HEADING_CHARACTERS
  )
}
