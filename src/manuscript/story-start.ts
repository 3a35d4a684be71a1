/** Finds, reads and shortens the first text of a story, whatever inline elements contain it. */
import type { Element, ElementContent, Root, RootContent } from 'hast'

export type Parent = Root | Element
type Child = RootContent | ElementContent

/** The first text of a story: a child of a block. `owner` contains the block. */
export type StoryStart = { block: Parent; index: number; owner: Parent | undefined }

/**
 * The part of a line in one text node. `begin` is its position in the line, `topIndex` the index of
 * the block's child that contains it, and `emphasis` the outermost emphasis around it.
 */
type Piece = {
  text: string
  begin: number
  topIndex: number
  isBold: boolean
  emphasis: { element: Element; begin: number } | undefined
}
/** The beginning of a line, up to a link, a picture or another element that is not just style. */
export type LineStart = { text: string; pieces: Piece[] }

/** Longer texts before a colon are never datelines. The last piece of a line may exceed this. */
const MAX_LINE_START_CHARACTERS = 160
/** Bounds the cost of lines with many empty elements. */
const MAX_NODES = 100
/** Blocks with which a text may begin. If it begins with another one, it has no dateline. */
const BLOCKS = new Set(['p', 'div', 'section'])
const OTHER_BLOCKS = new Set(
  'h1 h2 h3 h4 h5 h6 ul ol dl blockquote pre hr table figure details'.split(' '),
)
const EMPHASIS = new Set(['b', 'strong', 'i', 'em', 'u', 'mark'])
const NEUTRAL_INLINES = new Set(['span', 'bdi', 'small'])

/** Narrower than `Element`, so that a false result does not exclude all elements. */
type Block = Element & { tagName: 'p' | 'div' | 'section' }
type Bold = Element & { tagName: 'b' | 'strong' }
export const isBlock = (node: Child): node is Block =>
  node.type === 'element' && BLOCKS.has(node.tagName)
export const isBold = (node: Child): node is Bold =>
  node.type === 'element' && /^(?:b|strong)$/.test(node.tagName)
const isBlankText = (node: Child): boolean => node.type === 'text' && node.value.trim() === ''

/** Finds the first text, if only pictures, players and empty elements precede it. */
export function findStoryStart(tree: Root): StoryStart | undefined {
  const found = findStart(tree, undefined)
  return found === 'another block' ? undefined : found
}

/** `another block` ends the search; `undefined` continues it after the block. */
function findStart(
  block: Parent,
  owner: Parent | undefined,
): StoryStart | 'another block' | undefined {
  if (isLinkAlone(block)) return undefined
  for (const [index, child] of block.children.entries()) {
    if (isPictureOrBlank(child)) continue
    if (!isBlock(child)) {
      const isOther = child.type === 'element' && OTHER_BLOCKS.has(child.tagName)
      return isOther ? 'another block' : { block, index, owner }
    }
    const found = findStart(child, block)
    if (found !== undefined) return found
  }
  return undefined
}

/** Returns whether a paragraph is only a link, as the one that replaces a player. */
function isLinkAlone(block: Parent): boolean {
  if (block.type === 'root' || block.tagName !== 'p') return false
  const [link, ...others] = block.children.filter((child) => !isBlankText(child))
  return (
    others.length === 0 &&
    link?.type === 'element' &&
    link.tagName === 'a' &&
    link.children.every((child) => child.type === 'text')
  )
}

function isPictureOrBlank(node: Child): boolean {
  if (node.type !== 'element') return node.type !== 'text' || isBlankText(node)
  if (/^(?:figure|img|hr|br)$/.test(node.tagName)) return true
  return /^(?:a|span)$/.test(node.tagName) && node.children.every(isPictureOrBlank)
}

/**
 * Reads the text that begins with a child of the block, up to the first element that is not just
 * style.
 */
export function readLineStart(block: Parent, index: number): LineStart {
  const pieces: Piece[] = []
  let text = ''
  let nodes = 0
  const readNode = (
    node: Child,
    topIndex: number,
    isInBold: boolean,
    outer: Piece['emphasis'],
  ): boolean => {
    nodes += 1
    if (text.length >= MAX_LINE_START_CHARACTERS || nodes > MAX_NODES) return false
    if (node.type === 'text') {
      const value = node.value.slice(0, MAX_LINE_START_CHARACTERS)
      pieces.push({ text: value, begin: text.length, topIndex, isBold: isInBold, emphasis: outer })
      text += value
      // A text that was cut ends the line start.
      return value === node.value
    }
    if (node.type !== 'element' || !isStyle(node)) return false
    const emphasis =
      outer ?? (EMPHASIS.has(node.tagName) ? { element: node, begin: text.length } : undefined)
    return node.children.every((child) =>
      readNode(child, topIndex, isInBold || isBold(node), emphasis),
    )
  }
  for (const [offset, child] of block.children.slice(index).entries())
    if (!readNode(child, index + offset, false, undefined)) break
  return { text, pieces }
}

/** Returns whether an element only styles its text, and is not the target of a link. */
const isStyle = (element: Element): boolean =>
  (EMPHASIS.has(element.tagName) || NEUTRAL_INLINES.has(element.tagName)) &&
  element.properties['id'] === undefined

/**
 * Returns the text of the paragraph that begins with a child of the block. It leaves out the texts
 * of links, at which `readLineStart` stops, so positions in the line start are valid in it.
 */
export function getParagraphText(block: Parent, index: number): string {
  const parts: string[] = []
  for (const child of block.children.slice(index)) {
    if (isBlock(child)) break
    if (child.type === 'element' && OTHER_BLOCKS.has(child.tagName)) break
    parts.push(getOwnText(child))
  }
  return parts.join('')
}

export function getOwnText(node: Child): string {
  if (node.type === 'text') return node.value
  if (node.type !== 'element' || node.tagName === 'a') return ''
  return node.children.map(getOwnText).join('')
}

/**
 * If the block has only text and its owner has other content too, removes the block and returns
 * true.
 */
export function removeTextBlock(owner: Parent, block: Parent): boolean {
  const isOnlyText = (node: Child): boolean =>
    node.type === 'text' ||
    (node.type === 'element' && isStyle(node) && node.children.every(isOnlyText))
  const index = owner.children.findIndex((child) => child === block)
  const hasOther = owner.children.some((child, at) => at !== index && !isPictureOrBlank(child))
  if (index === -1 || !hasOther || !block.children.every(isOnlyText)) return false
  owner.children.splice(index, 1)
  return true
}

/**
 * Removes the first characters of a child of the block and of the children after it, and the
 * elements that become empty. Returns how many characters were still to be removed.
 */
export function removeCharacters(block: Parent, index: number, count: number): number {
  let left = count
  while (left > 0) {
    const child = block.children[index]
    if (child?.type === 'text') {
      const removed = Math.min(left, child.value.length)
      child.value = child.value.slice(removed)
      left -= removed
      if (child.value !== '') break
    } else if (child?.type === 'element') {
      left = removeCharacters(child, 0, left)
      if (child.children.length > 0) break
    } else break
    block.children.splice(index, 1)
  }
  return left
}

/** Removes white space and line breaks from a child of the block on, up to other content. */
export function trimStart(block: Parent, index: number): void {
  for (;;) {
    const child = block.children[index]
    if (child === undefined) return
    if (child.type === 'text') {
      child.value = child.value.trimStart()
      if (child.value !== '') return
    } else if (child.type === 'element' && isStyle(child)) {
      trimStart(child, 0)
      if (child.children.length > 0) return
    } else if (child.type !== 'element' || child.tagName !== 'br') return
    block.children.splice(index, 1)
  }
}
