/**
 * Rewrites markup that is not allowed in stored HTML, so that readers lose neither text nor links:
 * unknown blocks become `div`, embedded media become links, pictures that a script would load get
 * their address, layout tables are unwrapped, and styles that mean emphasis become elements.
 */
import type { Element, ElementContent, Root, RootContent, Text } from 'hast'
import { findBareAddresses } from './bare-addresses.ts'
import { TEXT_BREAKS } from './excerpt.ts'
import { fillGaps } from './gaps.ts'
import { listOwnAddresses } from './hidden-addresses.ts'
import {
  getLabel,
  labelEmptyLink,
  linkEmbed,
  reportAddresses,
  rewriteArea,
  rewriteDrawing,
} from './hidden-links.ts'
import { unwrapLayoutTable } from './layout-tables.ts'
import { isMedium, rewriteMedium } from './media.ts'
import { choosePicture, reportPixel, rewriteImage } from './pictures.ts'
import {
  createElement,
  hasAddress,
  INLINE_PARENTS,
  isUnseen,
  isVisible,
  type RewriteContext,
} from './rewriting.ts'
import { visitElements } from './tree.ts'

/**
 * Blocks that stored HTML does not have. They become `div`, so that the texts of two neighbouring
 * blocks do not run together.
 */
const UNKNOWN_BLOCKS = new Set(
  'address article aside center dialog fieldset footer header hgroup legend main nav search'.split(
    ' ',
  ),
)
const RENAMED_ELEMENTS: ReadonlyMap<string, string> = new Map([
  ['menu', 'ul'],
  ['dir', 'ul'],
  ['strike', 's'],
  ['tt', 'code'],
  ['acronym', 'abbr'],
  ['listing', 'pre'],
  ['xmp', 'pre'],
  ['amp-img', 'img'],
  ['amp-anim', 'img'],
  ['map', 'span'],
])
/** Rewrites the tree in place. Calls `report` with each thing that is lost. */
export function rewriteForeignMarkup(tree: Root, report: (what: string) => void): void {
  const context: RewriteContext = {
    isInline: false,
    isInLink: false,
    isInNoscript: false,
    shown: new Set<string>(),
    linked: new Set<string>(),
    gaps: new Set<Text>(),
    report,
  }
  if (hasNoscript(tree)) collectAddresses(tree, context)
  rewriteChildren(tree, context)
  fillGaps(tree, context.gaps)
}

function hasNoscript(tree: Root): boolean {
  let isFound = false
  visitElements(tree, ({ tagName }) => {
    isFound ||= tagName === 'noscript'
  })
  return isFound
}

/** Collects the addresses of which `noscript` elements may have copies. */
function collectAddresses(parent: Root | Element, context: RewriteContext): void {
  for (const child of parent.children) {
    if (child.type !== 'element' || child.tagName === 'noscript' || isUnseen(child)) continue
    const { href } = child.properties
    if (child.tagName === 'a' && typeof href === 'string') context.linked.add(href)
    if (PICTURES_AND_SOURCES.has(child.tagName) || isMedium(child))
      for (const address of listOwnAddresses(child)) context.shown.add(address)
    collectAddresses(child, context)
  }
}
const PICTURES_AND_SOURCES = new Set(['img', 'amp-img', 'amp-anim', 'source'])

function rewriteChildren(parent: Root | Element, context: RewriteContext): void {
  const children = parent.children.flatMap((child): RootContent[] =>
    child.type === 'element' ? rewriteElement(child, context) : [child],
  )
  parent.children = children.filter((child) => child.type !== 'doctype')
}

function rewriteElement(element: Element, context: RewriteContext): ElementContent[] {
  const renamed = RENAMED_ELEMENTS.get(element.tagName)
  if (renamed !== undefined) element.tagName = renamed
  if (UNKNOWN_BLOCKS.has(element.tagName)) element.tagName = 'div'
  if (isMedium(element))
    return rewriteMedium(element, context, () => rewriteChildren(element, context))
  switch (element.tagName) {
    case 'noscript':
      return rewriteNoscript(element, context)
    case 'picture':
      element.children = choosePicture(element)
      rewriteChildren(element, context)
      return element.children
    case 'img':
      return rewriteImage(element, context)
    case 'input':
      return rewriteInput(element, context)
    case 'area':
      return rewriteArea(element, context)
    case 'svg':
      return rewriteDrawing(element, context)
    case 'amp-pixel':
      reportPixel(element, context)
      return []
    case 'math':
      return rewriteFormula(element, context)
  }
  if (isUnseen(element)) {
    reportAddresses(element, context)
    return [element]
  }
  const isLink = element.tagName === 'a'
  const label = isLink && !element.children.some(isVisibleText) ? getLabel(element) : undefined
  const hadContent = element.children.some((child) => child.type === 'element')
  rewriteChildren(element, {
    ...context,
    isInline:
      INLINE_PARENTS.has(element.tagName) ||
      (context.isInline && !TEXT_BREAKS.has(element.tagName)),
    isInLink: context.isInLink || isLink,
  })
  if (element.tagName === 'table') return unwrapLayoutTable(element)
  linkEmbed(element, context)
  // Around the second copy of a picture, there is a second copy of its link.
  if (isLink && context.isInNoscript && hadContent && !element.children.some(isVisible))
    if (context.linked.has(String(element.properties['href']))) return []
  if (isLink) labelEmptyLink(element, { label, hadContent })
  linkOnlyAddress(element)
  return [applyStyles(element)]
}

const isVisibleText = (node: ElementContent): boolean => node.type === 'text' && isVisible(node)

/** A button with a picture is a picture without its form. */
function rewriteInput(element: Element, context: RewriteContext): ElementContent[] {
  const { type, src, alt, width, height } = element.properties
  if (String(type).toLowerCase() !== 'image') return [element]
  return rewriteImage(createElement('img', { src, alt, width, height }, []), context)
}

/**
 * Returns the content of a `noscript` element if it has a link or a picture. Else it only says that
 * scripts are necessary.
 */
function rewriteNoscript(element: Element, context: RewriteContext): ElementContent[] {
  const hadAddress = element.children.some(hasAddress)
  rewriteChildren(element, { ...context, isInNoscript: true })
  if (element.children.some(hasAddress)) return element.children
  if (!hadAddress || element.children.some(isVisible)) context.report('<noscript>')
  return []
}

function rewriteFormula(element: Element, { report }: RewriteContext): ElementContent[] {
  const value = getMathText(element)
  if (value === '') report('<math>')
  return value === '' ? [] : [createElement('span', {}, [{ type: 'text', value }])]
}

/**
 * Turns an address that is the only content of a block into a link. WordPress stores embeds in this
 * form.
 */
function linkOnlyAddress(element: Element): void {
  const [onlyChild] = element.children
  if (!/^(?:p|div|figure|li)$/.test(element.tagName) || element.children.length !== 1) return
  if (onlyChild?.type !== 'text') return
  const text = onlyChild.value.trim()
  const [address] = findBareAddresses(text)
  if (address?.start !== 0 || address.end !== text.length || !/^https?:/i.test(text)) return
  element.children = [createElement('a', { href: text }, [{ type: 'text', value: text }])]
}

/**
 * Turns styles that mean emphasis into elements. Text editors write such styles into pasted HTML.
 */
function applyStyles(element: Element): Element {
  const style = String(element.properties['style'] ?? '')
  if (style === '') return element
  const has = (pattern: RegExp): boolean => pattern.test(style)
  const isBold = has(/font-weight:\s*(?:bold|bolder|[6-9]00)/i)
  const isItalic = has(/font-style:\s*(?:italic|oblique)/i)
  if (/^(?:b|strong)$/.test(element.tagName) && has(/font-weight:\s*(?:normal|[1-5]00)/i))
    element.tagName = 'span'
  if (/^(?:i|em)$/.test(element.tagName) && has(/font-style:\s*normal/i)) element.tagName = 'span'
  if (element.tagName !== 'span') return element
  const wrappers = [
    ...(isBold ? ['strong'] : []),
    ...(isItalic ? ['em'] : []),
    ...(has(/text-decoration[^;]*:[^;]*line-through/i) ? ['s'] : []),
    ...(has(/vertical-align:\s*super/i) ? ['sup'] : []),
    ...(has(/vertical-align:\s*sub/i) ? ['sub'] : []),
  ]
  for (const name of wrappers.reverse())
    element.children = [createElement(name, {}, element.children)]
  return element
}

/** Returns the text of a formula, without its source in other notations. */
function getMathText(node: Element): string {
  const parts: string[] = []
  const walk = ({ tagName, children }: Element): void => {
    if (tagName === 'annotation' || tagName === 'annotation-xml') return
    for (const child of children) {
      if (child.type === 'text') parts.push(child.value.trim())
      else if (child.type === 'element') walk(child)
    }
  }
  walk(node)
  return parts.join('') || String(node.properties['alttext'] ?? '')
}
