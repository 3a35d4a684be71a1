/**
 * Links that only scripts, styles or assistive programs see: embedded posts whose address stands in
 * an attribute, areas of maps, links in drawings, and links whose only content cannot stay.
 */
import type { Element, ElementContent, Root } from 'hast'
import {
  findWebAddresses,
  getHost,
  isAbsolute,
  listCandidates,
  listEmbedAttributes,
  toWebAddress,
} from './hidden-addresses.ts'
import { formatAttribute, listIds } from './media.ts'
import {
  createElement,
  createGap,
  createLink,
  findLabel,
  INLINE_PARENTS,
  isVisible,
  listAddresses,
  type RewriteContext,
  shorten,
} from './rewriting.ts'

/** Words in the classes of blocks that a script replaces by a post or a player. */
const EMBED_CLASS = /embed|media|post|tweet|video|player|widget/i
/** Inline elements whose content may be put into a link. */
const WRAPPABLE_ELEMENTS = new Set('span b i em strong u font mark small button'.split(' '))
/** Elements that cannot have a link or a paragraph as a child. */
const PARENTS_WITHOUT_LINKS = new Set(
  'ul ol dl table caption colgroup col thead tbody tfoot tr ruby br hr img wbr input area'.split(
    ' ',
  ),
)
const EMPTY_HREF = /^\s*(?:$|#\s*$|javascript:)/i

/**
 * Makes a link of an address that only a script reads. Words of an inline element become the link,
 * and an `a` without an address gets it. If another element has links or words already, the address
 * is reported instead, unless it is an embedded post.
 */
export function linkEmbed(element: Element, context: RewriteContext): void {
  const { tagName, properties, children } = element
  const names = Object.keys(properties)
  if (tagName === 'img' || !names.some((name) => /^(?:data|cite$|style$)/.test(name))) return
  reportBackground(element, context)
  const isEmpty = !children.some(isVisible)
  const isEmbed = EMBED_CLASS.test([properties['className']].flat().join(' '))
  const attributes = listEmbedAttributes(properties)
  const cite = toWebAddress(properties['cite'])
  if (tagName === 'blockquote' && cite !== undefined && (isEmpty || isEmbed))
    attributes.push({ name: 'cite', address: cite })
  if (tagName === 'a') {
    const address = attributes[0]?.address
    if (address !== undefined && EMPTY_HREF.test(String(properties['href'] ?? '')))
      properties['href'] = address
    return
  }
  const ids = isEmpty && isEmbed && attributes.length === 0 ? listIds(element) : []
  if (ids.length > 0) context.report(`<${tagName}> with ${ids.join(', ')}`)
  const known = new Set(listAddresses(element).map(withoutCampaign))
  for (const { name, address } of attributes) {
    if (known.has(withoutCampaign(address))) continue
    // Only the first address can take the words.
    const canWrapWords = WRAPPABLE_ELEMENTS.has(tagName) && known.size === 0 && !isEmpty
    known.add(withoutCampaign(address))
    const mayHaveLink = !context.isInLink && !PARENTS_WITHOUT_LINKS.has(tagName)
    if (mayHaveLink && canWrapWords)
      element.children = [createElement('a', { href: address }, element.children)]
    else if (mayHaveLink && (isEmpty || isEmbed)) {
      appendLink(element, createLink(address, getHost(address)), context)
      // A `noscript` element may have a copy of the post.
      context.shown.add(address)
    } else context.report(`${formatAttribute(name)} "${shorten(address)}" on <${tagName}>`)
  }
}

/**
 * Reports the addresses in styles and in attributes for backgrounds, which feed readers do not
 * show.
 */
function reportBackground({ tagName, properties }: Element, { report }: RewriteContext): void {
  for (const [name, value] of Object.entries(properties)) {
    if (!/^style$|^data.*(?:background|bg)/i.test(name) || typeof value !== 'string') continue
    for (const address of findWebAddresses(value))
      report(`address "${shorten(address)}" in ${formatAttribute(name)} on <${tagName}>`)
  }
}

const withoutCampaign = (address: string): string => address.replace(/[?&]utm_.*$/s, '')

function appendLink(element: Element, link: Element, context: RewriteContext): void {
  const isInline = context.isInline || INLINE_PARENTS.has(element.tagName)
  if (isInline) element.children.push(createGap(context), link, createGap(context))
  else element.children.push(createElement('p', {}, [link]))
}

/** Turns an area of a map of links into a link. */
export function rewriteArea({ properties }: Element, context: RewriteContext): ElementContent[] {
  const address = properties['href']
  if (typeof address !== 'string' || context.isInLink) return []
  const label = findLabel([properties['alt'], properties['title'], properties['ariaLabel']])
  const link = createLink(address, label ?? getHost(address))
  return [createGap(context), link, createGap(context)]
}

/** Returns the links of a drawing, with their words. Reports the drawing and its pictures. */
export function rewriteDrawing(element: Element, context: RewriteContext): ElementContent[] {
  context.report('<svg>')
  const links: ElementContent[] = []
  const walk = (node: Element): void => {
    for (const child of node.children) {
      if (child.type !== 'element') continue
      const address = toWebAddress(child.properties['href'] ?? child.properties['xLinkHref'])
      if (address !== undefined && child.tagName === 'a' && !context.isInLink)
        links.push(createGap(context), createLink(address, getLabel(child) ?? getHost(address)))
      // A relative `use` only repeats an icon of the page.
      else if (address !== undefined && (child.tagName !== 'use' || isAbsolute(address)))
        context.report(`<svg> with "${shorten(address)}"`)
      walk(child)
    }
  }
  walk(element)
  return [...links, createGap(context)]
}

/** Reports the addresses in an element that is removed with its content. */
export function reportAddresses(element: Element, { report }: RewriteContext): void {
  const walk = (node: Element | Root): void => {
    if (node.type === 'element') {
      const { href, src, data, poster, srcSet, value } = node.properties
      // Other values of options are words.
      const option = toWebAddress(value)
      const addresses = [
        ...[href, src, data, poster].map(toWebAddress),
        ...listCandidates(srcSet),
        ...listEmbedAttributes(node.properties).map(({ address }) => address),
        option !== undefined && isAbsolute(option) ? option : undefined,
      ]
      const found = new Set(addresses.filter((address) => address !== undefined))
      // Readers of a feed miss no script.
      for (const address of node.tagName === 'script' ? [] : found)
        report(`<${element.tagName}> with "${shorten(address)}"`)
      // The content of a `template`
      if (node.content) walk(node.content)
    }
    for (const child of node.children) if (child.type === 'element') walk(child)
  }
  walk(element)
}

/**
 * Returns the words that stand for the content of an element: its text, or what assistive programs
 * read.
 */
export function getLabel(element: Element): string | undefined {
  const texts: string[] = []
  const labels: unknown[] = []
  const walk = (node: Element): void => {
    const { ariaLabel, title, alt } = node.properties
    labels.push(ariaLabel, title, alt)
    for (const child of node.children) {
      if (child.type === 'text' && node.tagName === 'title') labels.push(child.value)
      else if (child.type === 'text') texts.push(child.value)
      else if (child.type === 'element' && !/^(?:style|script)$/.test(child.tagName)) walk(child)
    }
  }
  walk(element)
  return findLabel([texts.join(' ').replace(/\s+/g, ' '), ...labels])
}

/**
 * Gives a link the label if nothing of its content has stayed. Without a label it gets the host,
 * unless it was empty before (`hadContent`) or leads within the page: then it only marks a place.
 */
export function labelEmptyLink(
  link: Element,
  { label, hadContent }: { label: string | undefined; hadContent: boolean },
): void {
  const address = findLabel([link.properties['href']])
  if (address === undefined || link.children.some(isVisible)) return
  const mayHaveHost = hadContent && !address.startsWith('#')
  const text = label ?? (mayHaveHost ? getHost(address) : undefined)
  if (text !== undefined) link.children.push({ type: 'text', value: shorten(text) })
}
