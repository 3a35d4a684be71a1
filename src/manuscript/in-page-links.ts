/**
 * Links within a text and their targets. Footnotes of every dialect are such links: those of GFM,
 * Pandoc, WordPress, Word and Substack.
 */
import type { Element, Nodes, Root } from 'hast'
import { LABEL_ID } from './footnotes.ts'
import { visitElements } from './tree.ts'

/** Moves the name of an anchor to its id, the only kind of target that stored HTML has. */
export function convertNameToId({ tagName, properties }: Element): void {
  if (tagName === 'a' && typeof properties['name'] === 'string' && properties['id'] === undefined)
    properties['id'] = properties['name']
  delete properties['name']
}

/** Ids that the page has outside of the story (`src/views/`). */
export const PAGE_IDS: readonly string[] = ['text', 'corrections']

/**
 * Keeps only the ids to which links of the text refer, and only the first of equal ids. Removes the
 * address of a link whose target is missing. `pageUrl` is the address before `/#` in these links.
 */
export function connectTargets(
  tree: Root,
  pageUrl: string,
  reportRemoved: (what: string) => void,
): void {
  const targets = new Map<string, Element>()
  const links: { element: Element; fragment: string }[] = []
  const headings: Element[] = []
  visitElements(tree, (element) => {
    const { id, href } = element.properties
    if (typeof id === 'string' && id !== '' && !/\s/.test(id) && !targets.has(id))
      targets.set(id, element)
    else delete element.properties['id']
    if (/^h[1-6]$/.test(element.tagName)) headings.push(element)
    if (typeof href === 'string' && href.startsWith(`${pageUrl}/#`))
      links.push({ element, fragment: href.slice(pageUrl.length + 2) })
  })
  for (const heading of headings) {
    const id = takeOwnId(heading)
    if (id === undefined || targets.has(id)) continue
    heading.properties['id'] = id
    targets.set(id, heading)
  }
  const findHeading = createHeadingFinder(headings)
  const getStoredId = (id: string): string => {
    let stored = PAGE_IDS.includes(id) ? `story-${id}` : id
    while (stored !== id && targets.has(stored)) stored = `${stored}-2`
    return stored
  }
  const linkedIds = new Set([LABEL_ID])
  for (const { element, fragment } of links) {
    const sent = targets.has(fragment) ? fragment : decodeFragment(fragment)
    const heading = targets.has(sent) ? undefined : findHeading(sent)
    const id = String(heading?.properties['id'] ?? sent)
    if (heading && !/\s/.test(id)) {
      heading.properties['id'] = id
      targets.set(id, heading)
    }
    if (targets.has(id)) {
      linkedIds.add(id)
      element.properties['href'] = `${pageUrl}/#${encodeURIComponent(getStoredId(id))}`
    } else {
      delete element.properties['href']
      reportRemoved(`href "#${fragment.slice(0, 100)}" on <a>, because it has no target`)
    }
  }
  for (const [id, { properties }] of targets) {
    if (linkedIds.has(id)) properties['id'] = getStoredId(id)
    else delete properties['id']
  }
}

/**
 * Reads the id that Pandoc and Hugo write behind a heading, `## Results {#results}`, and removes it
 * from the text.
 */
function takeOwnId(heading: Element): string | undefined {
  const last = heading.children.at(-1)
  if (last?.type !== 'text' || heading.properties['id'] !== undefined) return undefined
  const match = /\s*\{#([^\s{}]{1,100})(?:\s[^{}]{0,100})?\}\s*$/u.exec(last.value)
  if (match) last.value = last.value.slice(0, match.index)
  return match?.[1]
}

/**
 * Returns a function that finds a heading by an id that another program derived from its words.
 * Programs delete punctuation or replace it, drop numbers at the beginning, and count repeated
 * headings from `-1` on. The slugs are computed at the first call.
 */
function createHeadingFinder(headings: Element[]): (id: string) => Element | undefined {
  let bySlug: Map<string, Element[]> | undefined
  return (id) => {
    bySlug ??= indexHeadings(headings)
    const slug = getSlug(id)
    const found = bySlug.get(slug)?.[0]
    if (found) return found
    const [, first = '', count = ''] = /^(.+)-(\d{1,3})$/.exec(slug) ?? []
    return bySlug.get(first)?.[Number(count)]
  }
}

function indexHeadings(headings: Element[]): Map<string, Element[]> {
  const bySlug = new Map<string, Element[]>()
  for (const heading of headings) {
    const text = getNodeText(heading)
    const withoutPunctuation = getSlug(text.replace(/[^\p{L}\p{M}\p{N}\s_-]+/gu, ''))
    const slugs = [getSlug(text), withoutPunctuation, withoutPunctuation.replace(/^[\d-]+/, '')]
    for (const slug of new Set(slugs)) {
      if (slug !== '') bySlug.set(slug, [...(bySlug.get(slug) ?? []), heading])
    }
  }
  return bySlug
}

/** Addresses of a document on the writer's machine, which office programs put before a fragment. */
const LOCAL_DOCUMENT = /^(?:file|applewebdata|x-webdoc|about|blob|cid|mhtml):/i
/** So many links to one page are its footnotes, if all their targets are in the text. */
const MIN_OWN_LINKS = 2

/**
 * Removes the address of the document from links within it. Office programs write that of a file;
 * some systems write that of the page, which is recognized if several links have it and the text
 * has all their targets.
 */
export function shortenOwnLinks(tree: Root): void {
  const ids = new Set<string>()
  const linksByPage = new Map<string, { link: Element; fragment: string }[]>()
  visitElements(tree, (element) => {
    const { id, name, href } = element.properties
    if (typeof id === 'string') ids.add(id)
    if (typeof name === 'string' && element.tagName === 'a') ids.add(name)
    const match = typeof href === 'string' ? /^\s*([^#]+)#(.+?)\s*$/s.exec(href) : null
    if (element.tagName !== 'a' || !match) return
    const [, page = '', fragment = ''] = match
    const key = LOCAL_DOCUMENT.test(page) ? 'local' : page
    const links = linksByPage.get(key) ?? []
    links.push({ link: element, fragment: decodeFragment(fragment) })
    linksByPage.set(key, links)
  })
  for (const [page, links] of linksByPage) {
    const own = links.filter(({ fragment }) => ids.has(fragment))
    const isOwnPage = own.length === links.length && links.length >= MIN_OWN_LINKS
    if (page !== 'local' && !isOwnPage) continue
    for (const { link, fragment } of own) link.properties['href'] = `#${fragment}`
  }
}

const getSlug = (text: string): string =>
  text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '')

const getNodeText = (node: Nodes): string =>
  node.type === 'text'
    ? node.value
    : 'children' in node
      ? node.children.map((child) => getNodeText(child)).join('')
      : ''

export const decodeFragment = (fragment: string): string => {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment
  }
}
