/**
 * Pictures: gives those that a script would load their address, and removes tracking pixels and the
 * copies for readers without scripts.
 */
import type { Element, ElementContent } from 'hast'
import { normalizeAttributes } from './attribute-values.ts'
import { findPictureAddress, getHost, listOwnAddresses } from './hidden-addresses.ts'
import { createElement, findLabel, type RewriteContext, shorten } from './rewriting.ts'
import { getStyles } from './styles.ts'

/** Returns the picture with its real address, or nothing if it has none or is a pixel. */
export function rewriteImage(element: Element, context: RewriteContext): ElementContent[] {
  const { properties } = element
  const address = findPictureAddress(element)
  normalizeAttributes(element)
  if (isPixel(element)) {
    reportPixel(element, context)
    return []
  }
  if (address === undefined) {
    reportLostPicture(element, context)
    return []
  }
  // Themes add a second copy of a picture for readers without scripts.
  const isCopy =
    context.isInNoscript && listOwnAddresses(element).some((copy) => context.shown.has(copy))
  if (isCopy) return []
  properties['src'] = address
  for (const name of Object.keys(properties))
    if (/srcset|src$/i.test(name) && name !== 'src') delete properties[name]
  // Such numbers are only a ratio, or a style has the real size. Without them it would be a pixel.
  if (Number(properties['width']) <= 1 && Number(properties['height']) <= 1) {
    delete properties['width']
    delete properties['height']
  }
  element.children = []
  return [element]
}

export function reportPixel(element: Element, { report }: RewriteContext): void {
  const address = findPictureAddress(element)
  report(
    `picture of one pixel from ${address === undefined ? 'an unknown address' : getHost(address)}`,
  )
}

/**
 * Returns the content of a `picture`, which only chooses among its sources. Its `img` may have no
 * address, or may be missing.
 */
export function choosePicture(element: Element): ElementContent[] {
  const elements = element.children.filter((child) => child.type === 'element')
  const sources = elements.filter(({ tagName }) => tagName === 'source')
  const images = elements.filter(({ tagName }) => tagName === 'img')
  const children = element.children.filter(
    (child) => child.type !== 'element' || child.tagName !== 'source',
  )
  if (images.length === 0) {
    const image = createElement('img', {}, [])
    if (findPictureAddress(image, sources) !== undefined) {
      images.push(image)
      children.unshift(image)
    }
  }
  for (const image of images) {
    const address = findPictureAddress(image, sources)
    if (address !== undefined) image.properties['src'] = address
  }
  return children
}

const SCALED_LAYOUT = /^(?:responsive|fill|intrinsic|fixed-height|flex-item)$/i

/** Returns whether the picture has at most one pixel. A style prevails over attributes. */
function isPixel(picture: Element): boolean {
  const { properties } = picture
  // AMP pages give the ratio of such pictures, not their size.
  if (SCALED_LAYOUT.test(String(properties['layout'] ?? ''))) return false
  const styles = getStyles(picture)
  return ['width', 'height'].every((name) => {
    const inStyle = styles.get(name)
    if (inStyle !== undefined) return /^(?:[01]|0?\.\d+)(?:px)?$/i.test(inStyle)
    return Number(properties[name]) <= 1
  })
}

/** Reports a picture that cannot be shown, with the words that stand for it. */
function reportLostPicture({ properties }: Element, { report }: RewriteContext): void {
  const address = findLabel([properties['src'], properties['dataSrc']]) ?? ''
  const alt = findLabel([properties['alt']])
  const shownAddress = /^data:/i.test(address) ? 'data:' : shorten(address)
  report(
    (address === '' ? '<img> without an address' : `<img> with "${shownAddress}"`) +
      (alt === undefined ? '' : `, alt "${shorten(alt)}"`),
  )
}
