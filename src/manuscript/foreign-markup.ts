/**
 * Rewrites markup that is not allowed in stored HTML, so that readers lose neither text nor links:
 * unknown blocks become `div`, embedded media become links, pictures that a script would load get
 * their address, layout tables are unwrapped, and styles that mean emphasis become elements.
 */
import type { Element, ElementContent, Root, RootContent, Text } from 'hast'
import { omitUndefined } from '../text/json.ts'
import { findBareAddresses } from './bare-addresses.ts'
import { listFormulaAddresses, writeFormula } from './formulas.ts'
import { fillGaps } from './gaps.ts'
import { isAbsolute, listOwnAddresses } from './hidden-addresses.ts'
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
  createGap,
  hasAddress,
  INLINE_PARENTS,
  isUnseen,
  isVisible,
  type RewriteContext,
  shorten,
} from './rewriting.ts'
import { applyStyles, getStyles } from './styles.ts'
import { TEXT_BREAKS, visitElements } from './tree.ts'

/**
 * Blocks that stored HTML does not have. They become `div`, so that the texts of two neighbouring
 * blocks do not run together.
 */
const UNKNOWN_BLOCKS = new Set(
  `address amp-fit-text article aside center dialog fieldset footer form header hgroup legend main
   marquee nav noframes optgroup search`.split(/\s+/),
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
  if (element.tagName === 'form') reportForm(element, context)
  if (UNKNOWN_BLOCKS.has(element.tagName)) element.tagName = 'div'
  const { id } = element.properties
  if (isMedium(element))
    return passId(
      rewriteMedium(element, context, () => rewriteChildren(element, context)),
      id,
    )
  const isSeparate =
    SEPARATE.test(element.tagName) || BLOCK_DISPLAY.test(getStyles(element).get('display') ?? '')
  // The sanitizer removes these elements, but a link may lead to them.
  if (id !== undefined && (SEPARATE.test(element.tagName) || OLD_INLINE.test(element.tagName)))
    element.tagName = 'span'
  switch (element.tagName) {
    case 'noscript':
      return rewriteNoscript(element, context)
    case 'picture':
      element.children = choosePicture(element)
      rewriteChildren(element, context)
      return passId(element.children, id)
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
  const styled = applyStyles(element)
  return isSeparate ? [createGap(context), styled, createGap(context)] : [styled]
}

/** Gives the id of an element to the first one in its place, because a link may lead to it. */
function passId(parts: ElementContent[], id: Element['properties'][string]): ElementContent[] {
  const first = parts.find((part) => part.type === 'element')
  if (first && typeof id === 'string') first.properties['id'] ??= id
  return parts
}

/** Elements of forms and other vocabularies, whose texts are separate although they are inline. */
const SEPARATE = /^(?:button|label|output|meter|progress)$|[-:]/
/** Old inline elements, whose texts belong to the words beside them. */
const OLD_INLINE = /^(?:font|big|nobr|blink)$/
const BLOCK_DISPLAY = /^(?:block|flex|grid|table|list-item)$/

/** Reports the address of a form. Its text stays: some systems put a whole page into a form. */
function reportForm(form: Element, { report }: RewriteContext): void {
  const action = String(form.properties['action'] ?? '').trim()
  if (isAbsolute(action)) report(`<form> with "${shorten(action)}"`)
  form.properties = {}
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

/** Writes a formula as text. Reports the loss if its parts stood above or below each other. */
function rewriteFormula(element: Element, context: RewriteContext): ElementContent[] {
  const { isInline, isInLink, report } = context
  const { id, lang, dir, display } = element.properties
  const { text: value, isFlat } = writeFormula(element)
  const addresses = [...new Set(listFormulaAddresses(element))]
  const href = addresses.length === 1 && !isInLink && value !== '' ? addresses[0] : undefined
  if (href === undefined)
    for (const address of addresses) report(`<math> with "${shorten(address)}"`)
  if (value === '') report('<math>')
  else if (!isFlat) report(`layout of the formula "${shorten(value)}"`)
  if (value === '' && id === undefined) return []
  const isBlock = display === 'block' && !isInline
  const text: ElementContent = { type: 'text', value }
  const formula = createElement(isBlock ? 'div' : 'span', omitUndefined({ id, lang, dir }), [
    href === undefined ? text : createElement('a', { href }, [text]),
  ])
  return display === 'block' ? [createGap(context), formula, createGap(context)] : [formula]
}

/**
 * Turns an address that is the only content of a block into a link. WordPress stores embeds in this
 * form.
 */
function linkOnlyAddress(element: Element): void {
  if (!/^(?:p|div|figure|li|blockquote|td)$/.test(element.tagName)) return
  let parent = element
  for (;;) {
    const content = parent.children.filter(
      (child) =>
        !(child.type === 'element' && child.tagName === 'br') &&
        !(child.type === 'text' && child.value.trim() === ''),
    )
    const [only] = content
    if (content.length !== 1) return
    if (only?.type === 'text') {
      const text = only.value.trim()
      const [address] = findBareAddresses(text)
      if (address?.start !== 0 || address.end !== text.length || !/^https?:/i.test(text)) return
      const link = createElement('a', { href: text }, [{ type: 'text', value: text }])
      parent.children = parent.children.map((child) => (child === only ? link : child))
      return
    }
    if (only?.type !== 'element' || !/^(?:span|b|strong|i|em|u|font)$/.test(only.tagName)) return
    parent = only
  }
}
