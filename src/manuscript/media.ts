/** Replaces embedded media, such as videos and posts of other sites, by links to them. */
import type { Element, ElementContent } from 'hast'
import {
  findWebAddresses,
  getHost,
  listEmbedAttributes,
  listLazyAddresses,
  listOwnAddresses,
  toWebAddress,
} from './hidden-addresses.ts'
import {
  createElement,
  createGap,
  createLink,
  findLabel,
  hasAddress,
  isUnseen,
  isVisible,
  listAddresses,
  type RewriteContext,
  shorten,
} from './rewriting.ts'
import { isBlockName } from './tree.ts'

const MEDIA = new Set('iframe embed object video audio portal canvas bgsound oembed'.split(' '))
/** Elements of AMP for advertisements (also `amp-embed`) and functions of the page. */
const NOT_MEDIA =
  /^amp-(?:ad|embed|analytics|auto-ads|sticky-ad|consent|install-serviceworker|list|script|state|pixel|font|form|social-share|user-notification|next-page|web-push|autocomplete)$/
const VIDEO_ID = /^(?:data)?-?video-?id$/i
/** Elements that embed a medium by its id at a service. `id` matches names of properties. */
const SERVICES: readonly { element: RegExp; id: RegExp; address: string }[] = [
  {
    element: /youtube/,
    id: VIDEO_ID,
    address: 'https://www.youtube.com/watch?v=',
  },
  {
    element: /youtube/,
    id: /^dataLiveChannelid$/i,
    address: 'https://www.youtube.com/embed/live_stream?channel=',
  },
  { element: /vimeo/, id: VIDEO_ID, address: 'https://vimeo.com/' },
  {
    element: /dailymotion/,
    id: VIDEO_ID,
    address: 'https://www.dailymotion.com/video/',
  },
  { element: /twitter|tweet/, id: /^dataTweetid$/i, address: 'https://twitter.com/i/status/' },
  { element: /instagram/, id: /^dataShortcode$/i, address: 'https://www.instagram.com/p/' },
  {
    element: /soundcloud/,
    id: /^dataTrackid$/i,
    address: 'https://w.soundcloud.com/player/?url=https://api.soundcloud.com/tracks/',
  },
]
const SERVICE_ID = /^[\w-]{1,80}$/
/** Placeholders, and addresses that lead nowhere outside the page. */
const PLACEHOLDER = /^(?:#|about:|blob:|data:|javascript:)/i
const MAX_REPORTED_IDS = 3

/**
 * Returns whether the element embeds a medium. A custom element does if it has an address, or if it
 * is empty and has an id.
 */
export function isMedium(element: Element): boolean {
  if (MEDIA.has(element.tagName)) return true
  if (!isCustom(element) || NOT_MEDIA.test(element.tagName)) return false
  return (
    listOwnAddresses(element).length > 0 ||
    findServiceAddress(element) !== undefined ||
    (element.tagName.includes('-') &&
      listIds(element).length > 0 &&
      !element.children.some(isVisible))
  )
}

const isCustom = ({ tagName }: Element): boolean => /[-:]/.test(tagName)

/**
 * Returns links to the addresses of the element, and its fallback content, which `rewriteFallback`
 * rewrites in place. Fallback content with a link or a picture stays, and so does the content of
 * custom elements outside of AMP. Other fallback content only explains that the reader's program
 * cannot show the medium, and is reported.
 */
export function rewriteMedium(
  element: Element,
  context: RewriteContext,
  rewriteFallback: () => void,
): ElementContent[] {
  const { isInLink, isInline, report } = context
  const { tagName, properties } = element
  // Reads the addresses before the elements that have them are removed.
  const addresses = listMediumAddresses(element)
  const otherAddresses = listOtherAddresses(element, new Set(addresses))
  element.children = element.children.filter(
    (child) => !(child.type === 'element' && /^(?:source|track|param)$/.test(child.tagName)),
  )
  rewriteFallback()
  const fallback = keepFallback(element, context)
  const linked = new Set(fallback.flatMap(listAddresses))
  // For readers without scripts, pages repeat the player that a script shows.
  const isCopy = context.isInNoscript && addresses.some((address) => context.shown.has(address))
  const newAddresses = isCopy ? [] : addresses.filter((address) => !linked.has(address))
  const label = findLabel([properties['title'], properties['ariaLabel'], properties['alt']])
  const links: Element[] = []
  for (const address of newAddresses) {
    if (isInLink) report(`<${tagName}> with "${shorten(address)}"`)
    else links.push(createLink(address, label ?? getHost(address)))
  }
  for (const address of otherAddresses)
    if (!linked.has(address)) report(`address "${shorten(address)}" in <${tagName}>`)
  if (addresses.length === 0 && otherAddresses.length === 0) reportLostMedium(element, context)
  const parts = isInline
    ? [...links.flatMap((link) => [link, createGap(context)]), ...fallback]
    : [...links.map((link) => createElement('p', {}, [link])), ...wrapLines(fallback)]
  return [createGap(context), ...parts, createGap(context)]
}

/** Lists the addresses that become links, each once. */
function listMediumAddresses(element: Element): string[] {
  const { properties } = element
  const parts = element.children.filter((child) => child.type === 'element')
  const addresses = [
    findServiceAddress(element),
    toWebAddress(properties['src']),
    toWebAddress(properties['data']),
    ...listLazyAddresses(properties),
    ...listEmbedAttributes(properties).map(({ address }) => address),
    ...(isCustom(element) || element.tagName === 'oembed'
      ? [toWebAddress(properties['url']), toWebAddress(properties['href'])]
      : []),
    ...parts.flatMap((part) => {
      if (part.tagName === 'source')
        return [toWebAddress(part.properties['src']), ...listLazyAddresses(part.properties)]
      return part.tagName === 'param' ? [toParameterAddress(part)] : []
    }),
  ]
  return [...new Set(addresses.filter((address) => address !== undefined))]
}

/** Returns the address in a parameter of an `object`, such as `movie`. */
function toParameterAddress({ properties }: Element): string | undefined {
  const address = toWebAddress(properties['value'])
  const isAddress =
    /^(?:movie|src|url|data|file|filename|href)$/i.test(String(properties['name'] ?? '')) ||
    /^https?:/i.test(address ?? '')
  return isAddress ? address : undefined
}

/**
 * Lists addresses that do not become links: those of a still picture and of subtitles, those within
 * `srcdoc` and other attributes and within the text of an `iframe`, and those with another scheme.
 */
function listOtherAddresses(element: Element, linked: ReadonlySet<string>): string[] {
  const { tagName, properties, children } = element
  const parts = children.filter((child) => child.type === 'element')
  const texts = [
    ...Object.entries(properties)
      .filter(([name]) => !/^(?:title|alt|ariaLabel)$/.test(name))
      .map(([, value]) => value),
    ...(tagName === 'iframe' ? children.map((child) => child.type === 'text' && child.value) : []),
  ].filter((text) => typeof text === 'string')
  const sources = [element, ...parts.filter((part) => part.tagName === 'source')]
    .flatMap((part) => [part.properties['src'], part.properties['data']])
    .map((address) => findLabel([address]))
    .filter((address) => address !== undefined && !PLACEHOLDER.test(address))
  const found = [
    ...sources,
    toWebAddress(properties['poster']),
    ...parts.map((part) => part.tagName === 'track' && toWebAddress(part.properties['src'])),
    ...texts.filter((text) => !linked.has(text.trim())).flatMap(findWebAddresses),
  ].filter((address) => typeof address === 'string')
  return [...new Set(found)].filter((address) => !linked.has(address))
}

function findServiceAddress({ tagName, properties }: Element): string | undefined {
  for (const { element, id, address } of SERVICES) {
    if (!element.test(tagName)) continue
    const name = Object.keys(properties).find((each) => id.test(each))
    const value = name === undefined ? undefined : properties[name]
    if (typeof value === 'string' && SERVICE_ID.test(value.trim())) return address + value.trim()
  }
  return undefined
}

/** Reports a medium without a web address, with what else could help an editor to find it. */
function reportLostMedium(element: Element, { report }: RewriteContext): void {
  const { tagName, properties } = element
  const sources = element.tagName === 'oembed' ? ['url'] : ['src', 'data']
  const address = findLabel(sources.map((name) => properties[name]))
  const ids = listIds(element)
  if (address !== undefined) report(`<${tagName}> with "${shorten(address)}"`)
  else report(ids.length > 0 ? `<${tagName}> with ${ids.join(', ')}` : `<${tagName}>`)
}

/** Describes up to three attributes that probably identify the medium, for a report. */
export const listIds = ({ properties }: Element): string[] =>
  Object.entries(properties)
    .filter(([name, value]) => /^data.+|^[\w-]+id$/i.test(name) && typeof value === 'string')
    .filter(([name]) => /id\d?$|code|key|slug|channel|media|src|embed/i.test(name))
    .slice(0, MAX_REPORTED_IDS)
    .map(([name, value]) => `${formatAttribute(name)} "${shorten(String(value))}"`)

/** Turns the name of a property (`dataId`) into that of the attribute (`data-id`). */
export const formatAttribute = (name: string): string =>
  name.slice(0, 40).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** Returns the fallback content that stays, and reports the text of what does not. */
function keepFallback(element: Element, { report }: RewriteContext): ElementContent[] {
  const { tagName, children } = element
  // Other custom elements may contain a part of the story.
  const isWrapper = isCustom(element) && !tagName.startsWith('amp-')
  if (tagName !== 'iframe' && (isWrapper || children.some(hasAddress))) return children
  const text = tagName === 'iframe' ? '' : getText(element).trim()
  if (text !== '') report(`text in <${tagName}> "${shorten(text)}"`)
  return []
}

const getText = (node: ElementContent): string =>
  node.type === 'text'
    ? node.value
    : node.type === 'element' && !isUnseen(node)
      ? node.children.map(getText).join(' ')
      : ''

/** Puts loose text and inline content into paragraphs of their own. */
function wrapLines(children: ElementContent[]): ElementContent[] {
  const blocks: ElementContent[] = []
  let line: ElementContent[] = []
  const endLine = (): void => {
    if (line.some(isVisible)) blocks.push(createElement('p', {}, line))
    line = []
  }
  for (const child of children) {
    // A picture stands alone.
    const isBlock =
      child.type === 'element' && (isBlockName(child.tagName) || child.tagName === 'img')
    if (!isBlock) line.push(child)
    else {
      endLine()
      blocks.push(child)
    }
  }
  endLine()
  return blocks
}
