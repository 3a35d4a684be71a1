/**
 * Embedded media and posts become links, because feeds and readers show no frames and no scripts.
 * An address that cannot become a link is reported.
 */
import type { Element, ElementContent } from 'hast'
import { findBareAddresses } from './bare-addresses.ts'
import { createElement, getHost, shorten, toWebAddress } from './elements.ts'
import { findLazyAddress, type Report } from './pictures.ts'

const MEDIA = new Set('iframe embed object video audio portal oembed'.split(' '))
/** Elements that name a medium by its id at a service. */
const SERVICES: Readonly<Record<string, readonly { key: string; address: string }[]>> = {
  'amp-youtube': [
    { key: 'dataVideoid', address: 'https://www.youtube.com/watch?v=' },
    { key: 'dataLiveChannelid', address: 'https://www.youtube.com/channel/' },
  ],
  'lite-youtube': [{ key: 'videoid', address: 'https://www.youtube.com/watch?v=' }],
  'amp-vimeo': [{ key: 'dataVideoid', address: 'https://vimeo.com/' }],
  'lite-vimeo': [{ key: 'videoid', address: 'https://vimeo.com/' }],
  'amp-dailymotion': [{ key: 'dataVideoid', address: 'https://www.dailymotion.com/video/' }],
  'amp-twitter': [{ key: 'dataTweetid', address: 'https://twitter.com/i/status/' }],
  'amp-instagram': [{ key: 'dataShortcode', address: 'https://www.instagram.com/p/' }],
  'amp-soundcloud': [{ key: 'dataTrackid', address: 'https://api.soundcloud.com/tracks/' }],
}
/** Attributes in which scripts of networks and editors keep the address of a post or a medium. */
const ADDRESS_ATTRIBUTES = [
  'dataHref',
  'dataUrl',
  'dataOembedUrl',
  'dataInstgrmPermalink',
  'dataEmbedUrl',
  'dataPermalink',
]
const PARAMETER_NAME = /^(?:movie|src|url|filename|data)$/i

/**
 * Returns whether the element embeds something that stored HTML cannot embed. Any element of
 * another vocabulary that has an address or the id of a medium is one.
 */
export function isMedium({ tagName, properties, children }: Element): boolean {
  if (MEDIA.has(tagName)) return true
  if (!tagName.includes('-') || /^amp-(?:img|anim|pixel)$/.test(tagName)) return false
  const keys = [...ADDRESS_ATTRIBUTES, 'src', 'dataSrc', 'url']
  return (
    keys.some((key) => toWebAddress(String(properties[key] ?? '')) !== undefined) ||
    SERVICES[tagName] !== undefined ||
    (children.every((child) => child.type !== 'element' && !/\S/.test(getValue(child))) &&
      findId(properties) !== undefined)
  )
}

const getValue = (node: ElementContent): string => (node.type === 'text' ? node.value : '')

/** Returns the web address that such an attribute has. A quotation has the one of its source. */
export function findAttributeAddress({ tagName, properties }: Element): string | undefined {
  const keys = [...ADDRESS_ATTRIBUTES, ...(tagName === 'blockquote' ? ['cite'] : [])]
  if (tagName === 'blockquote' && !/embed|media|tweet/.test(String(properties['className'] ?? '')))
    keys.pop()
  return keys
    .map((key) => String(properties[key] ?? '').trim())
    .find((value) => /^(?:https?:)?\/\//i.test(value) && toWebAddress(value) !== undefined)
}

/** Returns the first attribute that may name a medium, such as `data-videoid="abc"`. */
function findId(properties: Element['properties']): string | undefined {
  const found = Object.entries(properties).find(([key, value]) => /^data\w*id$/i.test(key) && value)
  if (!found) return undefined
  const name = found[0].replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  return `${name}="${shorten(String(found[1]))}"`
}

/**
 * Returns links to the addresses of a medium, and those of its fallback content that has addresses.
 * Its children are rewritten already.
 */
export function rewriteMedium(
  element: Element,
  context: { isInline: boolean; isInLink: boolean; report: Report; seen: Set<string> },
): ElementContent[] {
  const { isInLink, isInline, report, seen } = context
  const { tagName, properties, children } = element
  const isPart = (child: ElementContent): child is Element =>
    child.type === 'element' && /^(?:source|track|param)$/.test(child.tagName)
  const addresses = listAddresses(element, children.filter(isPart))
  for (const address of addresses)
    if (toWebAddress(address) === undefined) report(`<${tagName}> with "${shorten(address)}"`)
  const webAddresses = addresses.flatMap((address) => toWebAddress(address) ?? [])
  const newAddresses = [...new Set(webAddresses)].filter((address) => !seen.has(address))
  for (const address of newAddresses) {
    seen.add(address)
    if (isInLink) report(`<${tagName}> with "${shorten(address)}"`)
  }
  for (const { tagName: part, properties: own } of children.filter(isPart))
    if (part === 'track' && typeof own['src'] === 'string')
      report(`<track> with "${shorten(own['src'])}"`)
  if (typeof properties['poster'] === 'string' && properties['poster'].trim() !== '')
    report(`poster "${shorten(properties['poster'])}" on <${tagName}>`)
  // A frame has its content as text.
  const contents = [properties['srcDoc'], ...children.map(getValue)].join(' ')
  if (tagName === 'iframe')
    for (const { href } of findBareAddresses(contents)) report(`<iframe> with "${shorten(href)}"`)
  const title = [properties['title'], properties['ariaLabel'], properties['alt']].find(
    (value) => typeof value === 'string' && value.trim() !== '',
  )
  const fallback = children.filter((child) => !isPart(child) && hasAddress(child))
  const fallbackAddresses = new Set(fallback.flatMap(listLinkAddresses))
  const links = (isInLink ? [] : newAddresses)
    .filter((address) => !fallbackAddresses.has(address))
    .map((address) => {
      const value = shorten(typeof title === 'string' ? title.trim() : getHost(address))
      return createElement('a', { href: address }, [{ type: 'text', value }])
    })
  const [firstLink] = links
  // The element may be the target of a link.
  if (firstLink && properties['id'] !== undefined) firstLink.properties['id'] = properties['id']
  if (addresses.length === 0) {
    const id = findId(properties)
    report(id === undefined ? `<${tagName}>` : `<${tagName}> with ${id}`)
  }
  return isInline
    ? [...links, ...fallback].flatMap((part, index) =>
        index === 0 ? [part] : [{ type: 'text', value: ' ' }, part],
      )
    : [...links.map((link) => createElement('p', {}, [link])), ...wrapTexts(fallback)]
}

function listAddresses({ tagName, properties }: Element, parts: Element[]): string[] {
  const ids = (SERVICES[tagName] ?? []).flatMap(({ key, address }) =>
    typeof properties[key] === 'string' ? [address + properties[key]] : [],
  )
  const lazy = findLazyAddress(properties)
  const own = [properties['src'], properties['data'], properties['url']]
  const other = ADDRESS_ATTRIBUTES.map((key) => properties[key])
  const inner = parts.flatMap(({ tagName: part, properties: each }) => {
    if (part === 'source') return [findLazyAddress(each) ?? each['src']]
    return part === 'param' && PARAMETER_NAME.test(String(each['name'])) ? [each['value']] : []
  })
  const isAddress = (value: unknown): value is string =>
    typeof value === 'string' && value.trim() !== ''
  const all = [...ids, lazy, ...own, ...other, ...inner].filter(isAddress)
  // Consent managers and themes put an empty page in place of the real address.
  const real = all.filter((address) => !/^about:/i.test(address.trim()))
  return [...new Set(real.length > 0 ? real : all)]
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

/** Puts inline content into paragraphs of their own. */
function wrapTexts(children: ElementContent[]): ElementContent[] {
  return children.map((child) =>
    child.type === 'element' && /^(?:p|div|ul|ol|figure|table|blockquote|h\d)$/.test(child.tagName)
      ? child
      : createElement('p', {}, [child]),
  )
}
