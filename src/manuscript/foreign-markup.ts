/**
 * Rewrites markup that is not allowed in stored HTML, so that readers lose neither text nor links:
 * unknown blocks become `div`, embedded media become links, pictures that a script would load get
 * their address, layout tables are unwrapped, and styles that mean emphasis become elements.
 */
import type { Element, ElementContent, Root, RootContent } from 'hast'
import { findBareAddresses } from './bare-addresses.ts'
import { unwrapLayoutTable } from './layout-tables.ts'

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
])
const MEDIA = new Set(
  'iframe embed object video audio portal amp-iframe amp-video amp-audio amp-youtube amp-twitter amp-instagram amp-vimeo amp-facebook'.split(
    ' ',
  ),
)
/** Elements that embed a medium by its id at a service. */
const SERVICES: Readonly<Record<string, { key: string; address: string }>> = {
  'amp-youtube': { key: 'dataVideoid', address: 'https://www.youtube.com/watch?v=' },
  'amp-vimeo': { key: 'dataVideoid', address: 'https://vimeo.com/' },
  'amp-twitter': { key: 'dataTweetid', address: 'https://twitter.com/i/status/' },
  'amp-instagram': { key: 'dataShortcode', address: 'https://www.instagram.com/p/' },
  'amp-facebook': { key: 'dataHref', address: '' },
}
/** Attributes in which themes store the address of a picture that a script loads later. */
const LAZY_ADDRESSES = ['dataSrc', 'dataLazySrc', 'dataOriginal', 'dataLazy', 'dataImgUrl']
const LAZY_CANDIDATES = ['srcSet', 'dataSrcset', 'dataLazySrcset']
/**
 * Within these elements, the link to an embedded medium stays in the line. Elsewhere it becomes a
 * paragraph.
 */
const INLINE_PARENTS = new Set(
  `p h1 h2 h3 h4 h5 h6 a abbr b bdi cite code del dfn dt em figcaption i ins kbd mark q s samp
   small span strong sub sup u var caption summary`.split(/\s+/),
)
const MAX_LABEL_CHARACTERS = 200

type Report = (what: string) => void
type RewriteContext = { isInline: boolean; isInLink: boolean; report: Report; seen: Set<string> }

/** Rewrites the tree in place. Calls `report` with each thing that is lost. */
export function rewriteForeignMarkup(tree: Root, report: Report): void {
  const seen = new Set<string>()
  rewriteChildren(tree, { isInline: false, isInLink: false, report, seen })
}

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
  if (MEDIA.has(element.tagName)) return rewriteMedia(element, context)
  switch (element.tagName) {
    case 'noscript':
    case 'picture':
      return rewriteWrapper(element, context)
    case 'img':
      return rewriteImage(element, context)
    case 'amp-pixel':
      reportPixel(element, context)
      return []
    case 'math':
      return rewriteFormula(element, context)
  }
  rewriteChildren(element, {
    ...context,
    isInline: INLINE_PARENTS.has(element.tagName),
    isInLink: context.isInLink || element.tagName === 'a',
  })
  if (element.tagName === 'table') return unwrapLayoutTable(element)
  linkOnlyAddress(element)
  return [applyStyles(element)]
}

function rewriteFormula(element: Element, { report }: RewriteContext): ElementContent[] {
  const value = getMathText(element)
  if (value === '') report('<math>')
  return value === '' ? [] : [createElement('span', {}, [{ type: 'text', value }])]
}

/** Returns links to the addresses of the element, and its fallback content. */
function rewriteMedia(element: Element, context: RewriteContext): ElementContent[] {
  const { isInLink, isInline, report, seen } = context
  const { tagName, properties } = element
  const service = SERVICES[tagName]
  const id = service && properties[service.key]
  const sources = element.children.filter(
    (child) => child.type === 'element' && child.tagName === 'source',
  )
  const addresses = [
    ...(service && typeof id === 'string' ? [service.address + id] : []),
    ...[properties['src'], properties['dataSrc'], properties['data'], properties['dataLazySrc']],
    ...sources.map((source) => source.type === 'element' && source.properties['src']),
  ].filter((address) => typeof address === 'string')
  const webAddresses = addresses.map(toWebAddress).filter((address) => address !== undefined)
  for (const address of addresses)
    if (toWebAddress(address) === undefined) report(`<${tagName}> with "${shorten(address)}"`)
  const newAddresses = [...new Set(webAddresses)].filter((address) => !seen.has(address))
  for (const address of newAddresses) {
    seen.add(address)
    if (isInLink) report(`<${tagName}> with "${shorten(address)}"`)
  }
  const title = [properties['title'], properties['ariaLabel'], properties['alt']].find(
    (value) => typeof value === 'string' && value.trim() !== '',
  )
  element.children = element.children.filter(
    (child) => !(child.type === 'element' && /^(?:source|track|param)$/.test(child.tagName)),
  )
  rewriteChildren(element, context)
  const fallback = element.children.filter(hasAddress)
  const fallbackAddresses = new Set(fallback.flatMap(listLinkAddresses))
  const links = (isInLink ? [] : newAddresses)
    .filter((address) => !fallbackAddresses.has(address))
    .map((address) =>
      createElement('a', { href: address }, [
        {
          type: 'text',
          value: shorten(typeof title === 'string' ? title.trim() : getHost(address)),
        },
      ]),
    )
  if (addresses.length === 0) report(`<${tagName}>`)
  return isInline
    ? [...links, ...fallback].flatMap((part) => [{ type: 'text', value: ' ' }, part])
    : [...links.map((link) => createElement('p', {}, [link])), ...wrapTexts(fallback)]
}

/**
 * Returns whether the content has a link or a picture. Other fallback content only explains that
 * the reader's program cannot show the medium.
 */
const hasAddress = (node: ElementContent): boolean =>
  node.type === 'element' &&
  (node.properties['href'] !== undefined ||
    node.properties['src'] !== undefined ||
    node.children.some(hasAddress))

const listLinkAddresses = (node: ElementContent): unknown[] =>
  node.type === 'element'
    ? [
        ...(node.tagName === 'a' ? [node.properties['href']] : []),
        ...node.children.flatMap(listLinkAddresses),
      ]
    : []

/**
 * Returns the content of a `picture` or `noscript` element, which only chooses among its children.
 */
function rewriteWrapper(element: Element, context: RewriteContext): ElementContent[] {
  const candidates = element.children.flatMap((child) =>
    child.type === 'element' && child.tagName === 'source' ? listCandidates(child) : [],
  )
  element.children = element.children.filter(
    (child) => !(child.type === 'element' && child.tagName === 'source'),
  )
  for (const child of element.children) {
    if (child.type !== 'element' || child.tagName !== 'img') continue
    if (findPictureAddress(child) === undefined && candidates[0] !== undefined)
      child.properties['src'] = candidates[0]
  }
  const hasContent = element.children.some(hasAddress)
  rewriteChildren(element, context)
  if (element.tagName !== 'noscript') return element.children
  if (!hasContent) context.report('<noscript>')
  return element.children.filter(hasAddress)
}

function rewriteImage(element: Element, context: RewriteContext): ElementContent[] {
  const { seen } = context
  const { properties } = element
  const address = findPictureAddress(element)
  const isPixel = ['width', 'height'].every((name) => /^[01]$/.test(String(properties[name] ?? '')))
  if (isPixel) {
    reportPixel(element, context)
    return []
  }
  for (const name of [...LAZY_ADDRESSES, ...LAZY_CANDIDATES]) delete properties[name]
  // Drops the second copy of a picture, which themes add for readers without scripts.
  if (address !== undefined && seen.has(address) && properties['src'] === address) return []
  if (address !== undefined && properties['src'] !== address) {
    seen.add(address)
    properties['src'] = address
  } else if (address === undefined && String(properties['src'] ?? '').trim() === '')
    delete properties['src']
  return [element]
}

function reportPixel(element: Element, { report }: RewriteContext): void {
  const address = findPictureAddress(element)
  report(
    `picture of one pixel from ${address === undefined ? 'an unknown address' : getHost(address)}`,
  )
}

/** Returns the address of a picture, even if a script would set it. */
function findPictureAddress({ properties }: Element): string | undefined {
  const isUsable = (value: unknown): value is string =>
    typeof value === 'string' && value.trim() !== '' && !/^\s*(?:data:|about:)/i.test(value)
  const candidates = [properties['src'], ...LAZY_ADDRESSES.map((name) => properties[name])]
  return candidates.find(isUsable) ?? listCandidates({ properties })[0]
}

/** Lists the candidates of a `srcset`, the largest first (HTML section 4.8.4.3). */
function listCandidates({ properties }: Pick<Element, 'properties'>): string[] {
  return LAZY_CANDIDATES.flatMap((name) => {
    const value = properties[name]
    const text = Array.isArray(value) ? value.join(', ') : String(value ?? '')
    return [...text.matchAll(/([^\s,]\S*[^\s,])(?:\s+([\d.]+)[wx])?\s*(?:,|$)/g)].map(
      ([, address = '', size = '1']) => ({ address, size: Number(size) }),
    )
  })
    .sort((a, b) => b.size - a.size)
    .map(({ address }) => address)
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

/** Puts loose text and inline content into paragraphs of their own. */
function wrapTexts(children: ElementContent[]): ElementContent[] {
  return children.map((child) =>
    child.type === 'element' && !INLINE_PARENTS.has(child.tagName)
      ? child
      : child.type === 'element' && child.tagName === 'p'
        ? child
        : createElement('p', {}, [child]),
  )
}

/**
 * Returns the address unchanged, except for white space, if it is relative or has a web scheme. The
 * base only serves to test the scheme.
 */
function toWebAddress(address: string): string | undefined {
  const trimmed = address.trim()
  const url = URL.canParse(trimmed, 'https://site.invalid/')
    ? new URL(trimmed, 'https://site.invalid/')
    : undefined
  return trimmed !== '' && url && /^https?:$/.test(url.protocol) ? trimmed : undefined
}

const getHost = (address: string): string =>
  URL.canParse(address, 'https://site.invalid/')
    ? new URL(address, 'https://site.invalid/').host.replace('site.invalid', address)
    : address

const shorten = (text: string): string => Array.from(text).slice(0, MAX_LABEL_CHARACTERS).join('')

const createElement = (
  tagName: string,
  properties: Element['properties'],
  children: ElementContent[],
): Element => ({ type: 'element', tagName, properties, children })
