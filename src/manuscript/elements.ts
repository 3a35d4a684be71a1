/** Creates elements and reads addresses of markup that stored HTML does not have. */
import type { Element, ElementContent } from 'hast'

const MAX_LABEL_CHARACTERS = 200

export const createElement = (
  tagName: string,
  properties: Element['properties'],
  children: ElementContent[],
): Element => ({ type: 'element', tagName, properties, children })

/**
 * Returns the address unchanged, except for white space, if it is relative or has a web scheme. The
 * base only serves to test the scheme.
 */
export function toWebAddress(address: string): string | undefined {
  const trimmed = address.trim()
  const url = URL.canParse(trimmed, 'https://site.invalid/')
    ? new URL(trimmed, 'https://site.invalid/')
    : undefined
  return trimmed !== '' && url && /^https?:$/.test(url.protocol) ? trimmed : undefined
}

/** Returns the host, or a relative address unchanged. */
export const getHost = (address: string): string =>
  URL.canParse(address, 'https://site.invalid/')
    ? new URL(address, 'https://site.invalid/').host.replace('site.invalid', address)
    : address

export const shorten = (text: string): string =>
  Array.from(text).slice(0, MAX_LABEL_CHARACTERS).join('')

/** Lists the addresses of the elements `tagName` within an element, with the text of each. */
export function listDroppedAddresses(
  element: Element,
  tagName: string,
): { address: string; text: string }[] {
  return element.children.flatMap((child) => {
    if (child.type !== 'element') return []
    const address = child.properties['href'] ?? child.properties['xLinkHref']
    return [
      ...(child.tagName === tagName && typeof address === 'string'
        ? [{ address, text: getPlainText(child) }]
        : []),
      ...listDroppedAddresses(child, tagName),
    ]
  })
}

/** Returns the words of a node. */
export function getPlainText(node: ElementContent): string {
  if (node.type === 'text') return node.value
  return node.type === 'element' ? node.children.map(getPlainText).join(' ').trim() : ''
}
