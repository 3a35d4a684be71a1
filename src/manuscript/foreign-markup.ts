/**
 * Rewrites markup that is not allowed in stored HTML, so that readers lose neither text nor links:
 * unknown blocks become `div`, embedded media become links, pictures that a script would load get
 * their address, layout tables are unwrapped, and styles that mean emphasis become elements.
 */
import type { Element, ElementContent, Root, RootContent } from 'hast'
import { omitUndefined } from '../text/json.ts'
import { findBareAddresses } from './bare-addresses.ts'
import { createElement, getHost, listDroppedAddresses, shorten, toWebAddress } from './elements.ts'
import { listFormulaAddresses, writeFormula } from './formulas.ts'
import { unwrapLayoutTable } from './layout-tables.ts'
import { findAttributeAddress, isMedium, rewriteMedium } from './media.ts'
import { type Report, reportPixel, rewriteImage, rewriteWrapper } from './pictures.ts'

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
])
/**
 * Within these elements, the link to an embedded medium stays in the line. Elsewhere it becomes a
 * paragraph.
 */
const INLINE_PARENTS = new Set(
  `p h1 h2 h3 h4 h5 h6 a abbr b bdi cite code del dfn dt em figcaption i ins kbd mark q s samp
   small span strong sub sup u var caption summary`.split(/\s+/),
)

type RewriteContext = {
  isInline: boolean
  isInLink: boolean
  report: Report
  seen: Set<string>
}

/** Rewrites the tree in place. Calls `report` with each thing that is lost. */
export function rewriteForeignMarkup(tree: Root, report: Report): void {
  const seen = new Set<string>()
  rewriteChildren(tree, { isInline: false, isInLink: false, report, seen })
}

function rewriteChildren(parent: Root | Element, context: RewriteContext): void {
  const rewritten: RootContent[] = []
  for (const [index, child] of parent.children.entries()) {
    if (child.type === 'doctype') continue
    const parts = child.type === 'element' ? rewriteElement(child, context) : [child]
    const [first = parent.children[index + 1]] = parts
    // What stands in place of an element must not run together with the words beside it.
    const isReplaced = child.type === 'element' && (parts[0] !== child || isSeparate(child))
    const isInLine = parts.length === 0 || context.isInline || parts[0] === child
    if (!isReplaced || !isInLine) {
      rewritten.push(...parts)
      continue
    }
    if (endsWithWord(rewritten.at(-1)) && beginsWithWord(first)) rewritten.push(createSpace())
    rewritten.push(...parts)
    if (
      parts.length > 0 &&
      endsWithWord(parts.at(-1)) &&
      beginsWithWord(parent.children[index + 1])
    )
      rewritten.push(createSpace())
  }
  parent.children = rewritten
}

const createSpace = (): ElementContent => ({ type: 'text', value: ' ' })

/** Elements of forms and other vocabularies, whose texts are separate although they are inline. */
const isSeparate = (node: RootContent): boolean =>
  node.type === 'element' &&
  (/^(?:button|label|option|output|marquee|meter|progress|rb)$|-/.test(node.tagName) ||
    BLOCK_STYLE.test(String(node.properties['style'] ?? '')))
const isOldElement = ({ tagName }: Element): boolean => /^(?:font|big|nobr|blink)$/.test(tagName)
const BLOCK_STYLE = /(?:^|[;\s])display:\s*(?:block|flex|grid|table|list-item)/i

function beginsWithWord(node: RootContent | undefined): boolean {
  if (node?.type === 'text') return WORD_CHARACTER.test(Array.from(node.value)[0] ?? '')
  return node?.type === 'element' && (node.tagName === 'img' || beginsWithWord(node.children[0]))
}

function endsWithWord(node: RootContent | undefined): boolean {
  if (node?.type === 'text')
    return WORD_CHARACTER.test(Array.from(node.value.slice(-2)).at(-1) ?? '')
  return node?.type === 'element' && endsWithWord(node.children.at(-1))
}

const WORD_CHARACTER = /[\p{L}\p{M}\p{N}]/u

function rewriteElement(element: Element, context: RewriteContext): ElementContent[] {
  const renamed = RENAMED_ELEMENTS.get(element.tagName)
  if (renamed !== undefined) element.tagName = renamed
  nameCaption(element)
  if (element.tagName === 'form') reportForm(element, context.report)
  if (UNKNOWN_BLOCKS.has(element.tagName)) element.tagName = 'div'
  // An element that is removed may be the target of a link.
  if (element.properties['id'] !== undefined && (isSeparate(element) || isOldElement(element)))
    if (!isMedium(element)) element.tagName = 'span'
  const inner = {
    ...context,
    isInline: INLINE_PARENTS.has(element.tagName),
    isInLink: context.isInLink || element.tagName === 'a',
  }
  if (isMedium(element)) {
    rewriteChildren(element, { ...context, isInline: false })
    return rewriteMedium(element, context)
  }
  switch (element.tagName) {
    case 'noscript':
    case 'picture':
      return rewriteWrapper(element, context, () => rewriteChildren(element, context))
    case 'img':
      return rewriteImage(element, context)
    case 'area':
      return rewriteArea(element)
    case 'svg':
      return rewriteDrawing(element, context)
    case 'amp-pixel':
      reportPixel(element, context.report)
      return []
    case 'math':
      return rewriteFormula(element, context)
  }
  rewriteChildren(element, inner)
  if (element.tagName === 'table') return unwrapLayoutTable(element)
  if (element.tagName === 'a') nameEmptyLink(element)
  linkOnlyAddress(element)
  linkAttributeAddress(element)
  return [applyStyles(element)]
}

/** Names the captions of older WordPress, which are not part of the story. */
function nameCaption(element: Element): void {
  const classes = element.properties['className']
  if (!Array.isArray(classes) || !/^(?:p|div|span)$/.test(element.tagName)) return
  if (classes.includes('wp-caption')) element.tagName = 'figure'
  if (classes.includes('wp-caption-text')) element.tagName = 'figcaption'
}

/** Reports the address of a form. Its text stays: some systems put a whole page into a form. */
function reportForm(form: Element, report: Report): void {
  const action = String(form.properties['action'] ?? '')
  if (toWebAddress(action) !== undefined && /^\s*(?:https?:)?\/\//i.test(action))
    report(`<form> with "${shorten(action)}"`)
  form.properties = {}
}

/** Turns an area of an image map into a link. */
function rewriteArea({ properties }: Element): ElementContent[] {
  const href = toWebAddress(String(properties['href'] ?? ''))
  if (href === undefined) return []
  const label = String(properties['alt'] ?? properties['title'] ?? '').trim() || getHost(href)
  return [createElement('a', { href }, [{ type: 'text', value: label }])]
}

/** Returns the links of a drawing, which is removed. In a link, returns its accessible name. */
function rewriteDrawing(drawing: Element, { isInLink, report }: RewriteContext): ElementContent[] {
  report('<svg>')
  for (const { address } of listDroppedAddresses(drawing, 'image'))
    report(`<image> with "${shorten(address)}"`)
  const name = drawing.properties['ariaLabel']
  if (isInLink)
    return typeof name === 'string' && name.trim() !== '' ? [{ type: 'text', value: name }] : []
  return listDroppedAddresses(drawing, 'a').flatMap(({ address, text }) => {
    const href = toWebAddress(address)
    if (href === undefined) return []
    return [createElement('a', { href }, [{ type: 'text', value: text || getHost(href) }])]
  })
}

/**
 * Gives a link without text and without picture a name, because its content was removed: its own
 * label or title, or the host to which it leads.
 */
function nameEmptyLink(link: Element): void {
  const { href, ariaLabel, title } = link.properties
  const attribute = findAttributeAddress(link)
  if (href === undefined && attribute !== undefined) link.properties['href'] = attribute
  const address = toWebAddress(String(link.properties['href'] ?? ''))
  if (address === undefined || /^#|^$/.test(address) || hasContent(link)) return
  // An anchor without content may be a target, or the back link of a note.
  if (/#/.test(address) || link.properties['id'] !== undefined) return
  const label = [ariaLabel, title].find((value) => typeof value === 'string' && value.trim() !== '')
  link.children = [{ type: 'text', value: typeof label === 'string' ? label : getHost(address) }]
}

const hasContent = (node: RootContent): boolean =>
  (node.type === 'text' && node.value.trim() !== '') ||
  (node.type === 'element' &&
    ((node.tagName === 'img' && node.properties['src'] !== undefined) ||
      node.children.some(hasContent)))

/**
 * Adds a link to a block that has the address of an embedded post in an attribute, and no link.
 * Scripts of networks and editors read these attributes.
 */
function linkAttributeAddress(element: Element): void {
  if (!/^(?:div|section|blockquote|figure|span|p)$/.test(element.tagName)) return
  const address = findAttributeAddress(element)
  if (address === undefined || listDroppedAddresses(element, 'a').length > 0) return
  const link = createElement('a', { href: address }, [{ type: 'text', value: getHost(address) }])
  const isInline = /^(?:span|p)$/.test(element.tagName)
  element.children.push(isInline ? link : createElement('p', {}, [link]))
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
  return [
    createElement(isBlock ? 'div' : 'span', omitUndefined({ id, lang, dir }), [
      href === undefined ? text : createElement('a', { href }, [text]),
    ]),
  ]
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

/** Elements whose style applies to their text. Headings and header cells are bold anyway. */
const TEXT_ELEMENTS = new Set('span p div li td dd blockquote a font'.split(' '))

const isBlock = (node: ElementContent): boolean =>
  node.type === 'element' &&
  (!INLINE_PARENTS.has(node.tagName) ||
    /^(?:p|h\d|dt|summary|caption|figcaption)$/.test(node.tagName))
    ? !/^(?:img|br|wbr|font|time|data)$/.test(node.tagName)
    : false

/**
 * Turns styles that mean emphasis into elements. Text editors write such styles into pasted HTML.
 */
function applyStyles(element: Element): Element {
  const style = String(element.properties['style'] ?? '')
  if (style === '') return element
  const has = (pattern: RegExp): boolean => pattern.test(style)
  const isBold = has(/font(?:-weight)?:[^;]*(?<![\w-])(?:bold|bolder|[6-9]00)(?![\w-])/i)
  const isItalic = has(/font(?:-style)?:[^;]*(?<![\w-])(?:italic|oblique)(?![\w-])/i)
  if (/^(?:b|strong)$/.test(element.tagName) && has(/font-weight:\s*(?:normal|[1-5]00)/i))
    element.tagName = 'span'
  if (/^(?:i|em)$/.test(element.tagName) && has(/font-style:\s*normal/i)) element.tagName = 'span'
  if (!TEXT_ELEMENTS.has(element.tagName) || element.children.some(isBlock)) return element
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
