/**
 * Pictures get the address that a script would set later, and are removed if they only count
 * readers.
 */
import type { Element, ElementContent } from 'hast'
import { createElement, getHost } from './elements.ts'

export type Report = (what: string) => void
type PictureContext = { isInLink: boolean; report: Report; seen: Set<string> }

/** Attributes in which themes and consent managers keep the address that a script sets later. */
const LAZY_NAME = /^data.*(?:src|original|lazy|imgurl)|lazy-?src$/i
const CANDIDATES_NAME = /srcset/i
const PLACEHOLDER = /^\s*(?:data:|about:|blob:|#)/i
const ADDRESS = /^(?:(?:https?:)?\/\/|\/)[^\s,]+$|^[^\s:,]+\.[a-z\d]{2,5}(?:[?#]\S*)?$/i

/** Returns the address that a script would set, if the element has one. */
export function findLazyAddress(properties: Element['properties']): string | undefined {
  return Object.entries(properties)
    .filter(([name]) => LAZY_NAME.test(name) && !CANDIDATES_NAME.test(name))
    .map(([, value]) => String(value).trim())
    .find((value) => ADDRESS.test(value))
}

/**
 * Returns the content of a `picture` or `noscript` element, which only chooses among its children.
 * `rewriteChildren` rewrites them.
 */
export function rewriteWrapper(
  element: Element,
  context: PictureContext,
  rewriteChildren: () => void,
): ElementContent[] {
  const candidates = element.children.flatMap((child) =>
    child.type === 'element' && child.tagName === 'source' ? listCandidates(child) : [],
  )
  element.children = element.children.filter(
    (child) => !(child.type === 'element' && child.tagName === 'source'),
  )
  const pictures = element.children.filter(isPicture)
  const [firstPicture] = pictures
  if (firstPicture && element.properties['id'] !== undefined)
    firstPicture.properties['id'] ??= element.properties['id']
  const [best] = candidates
  if (element.tagName === 'picture' && pictures.length === 0 && best !== undefined)
    element.children.push(createElement('img', { src: best, alt: '' }, []))
  for (const picture of pictures)
    if (findPictureAddress(picture) === undefined && best !== undefined)
      picture.properties['src'] = best
  if (element.tagName !== 'noscript') {
    rewriteChildren()
    return element.children
  }
  const hasContent = element.children.some(hasAddress)
  rewriteChildren()
  // Drops the second copy of a picture, which themes add for readers without scripts.
  element.children = element.children.filter(
    (child) => !(isPicture(child) && context.seen.has(String(child.properties['src']))),
  )
  for (const picture of element.children.filter(isPicture))
    context.seen.add(formatFallback(picture.properties['src']))
  if (!hasContent) context.report('<noscript>')
  // Text beside an address belongs to it; text alone asks readers to switch scripts on.
  return hasContent ? element.children : []
}

const isPicture = (node: ElementContent): node is Element =>
  node.type === 'element' && node.tagName === 'img'

/** The key of a picture that readers without scripts get. */
const formatFallback = (address: unknown): string => `noscript ${String(address)}`

const hasAddress = (node: ElementContent): boolean =>
  node.type === 'element' &&
  (node.properties['href'] !== undefined ||
    node.properties['src'] !== undefined ||
    node.children.some(hasAddress))

export function rewriteImage(element: Element, context: PictureContext): ElementContent[] {
  const { seen } = context
  const { properties } = element
  if (isPixel(properties)) {
    reportPixel(element, context.report)
    return []
  }
  const address = findPictureAddress(element)
  const isLazy = address !== undefined && properties['src'] !== address
  for (const name of Object.keys(properties))
    if (LAZY_NAME.test(name) || CANDIDATES_NAME.test(name)) delete properties[name]
  if (isLazy && seen.has(formatFallback(address))) return []
  if (isLazy) {
    seen.add(address)
    properties['src'] = address
  } else if (address === undefined) return rewriteMissingPicture(element, context)
  return [element]
}

/** In a link, the alternative text of a picture without an address names the link. */
function rewriteMissingPicture(element: Element, { isInLink }: PictureContext) {
  const { properties } = element
  const alt = String(properties['alt'] ?? '').trim()
  if (String(properties['src'] ?? '').trim() === '') delete properties['src']
  if (alt === '') return [element]
  return isInLink ? [{ type: 'text' as const, value: alt }] : [element]
}

/**
 * Returns whether a picture only counts readers. In AMP, width and height may be a ratio of 1 to 1.
 */
function isPixel(properties: Element['properties']): boolean {
  if (/^(?:responsive|fill|intrinsic|fixed-height|flex-item)$/i.test(String(properties['layout'])))
    return false
  const style = String(properties['style'] ?? '')
  return ['width', 'height'].every(
    (name) =>
      /^\s*[01](?:px)?\s*$/.test(String(properties[name] ?? '')) ||
      new RegExp(`(?:^|[;\\s])${name}:\\s*[01](?:px)?\\s*(?:;|!|$)`, 'i').test(style),
  )
}

export function reportPixel(element: Element, report: Report): void {
  const address = findPictureAddress(element)
  report(
    `picture of one pixel from ${address === undefined ? 'an unknown address' : getHost(address)}`,
  )
}

/**
 * Returns the address of a picture. The one that a script would set comes first, because `src` may
 * be a placeholder until then.
 */
function findPictureAddress({ properties }: Element): string | undefined {
  const lazy = findLazyAddress(properties)
  if (lazy !== undefined) return lazy
  const { srcSet, ...others } = properties
  const [lazyCandidate] = listCandidates({ properties: others })
  if (lazyCandidate !== undefined) return lazyCandidate
  const { src } = properties
  if (typeof src === 'string' && src.trim() !== '' && !PLACEHOLDER.test(src)) return src
  const [candidate] = listCandidates({ properties: { srcSet } })
  if (candidate !== undefined) return candidate
  return Object.entries(properties)
    .filter(([name]) => name.startsWith('data'))
    .map(([, value]) => String(value).trim())
    .find((value) => /^(?:https?:)?\/\/\S+$/i.test(value))
}

/** Lists the candidates of each `srcset`, the largest first (HTML section 4.8.4.3). */
function listCandidates({ properties }: Pick<Element, 'properties'>): string[] {
  return Object.entries(properties)
    .filter(([name]) => CANDIDATES_NAME.test(name))
    .flatMap(([, value]) => {
      const text = Array.isArray(value) ? value.join(', ') : String(value ?? '')
      return [...text.matchAll(/([^\s,]\S*[^\s,])(?:\s+([\d.]+)[wx])?\s*(?:,|$)/g)].map(
        ([, address = '', size = '1']) => ({ address, size: Number(size) }),
      )
    })
    .filter(({ address }) => !PLACEHOLDER.test(address))
    .sort((a, b) => b.size - a.size)
    .map(({ address }) => address)
}
