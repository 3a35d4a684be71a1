/**
 * Links within a text and their targets. Footnotes of every dialect are such links: those of GFM,
 * Pandoc, WordPress, Word and Substack.
 */
import type { Element, Root } from 'hast'
import { LABEL_ID } from './footnotes.ts'
import { getNodeText, visitElements } from './tree.ts'

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
  const findHeading = createHeadingFinder(headings)
  const linkedIds = new Set([LABEL_ID])
  for (const { element, fragment } of links) {
    const id = targets.has(fragment) ? fragment : decodeFragment(fragment)
    const heading = targets.has(id) || /\s/.test(id) ? undefined : findHeading(getSlug(id))
    if (heading) {
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
 * Returns a function that finds a heading without an id by its slug, because other programs derive
 * ids from the words of headings. It finds each heading only once, and computes the slugs at its
 * first call.
 */
function createHeadingFinder(headings: Element[]): (slug: string) => Element | undefined {
  let bySlug: Map<string, Element> | undefined
  return (slug) => {
    bySlug ??= new Map(
      headings
        .filter(({ properties }) => properties['id'] === undefined)
        .map((heading): [string, Element] => [getSlug(getNodeText(heading)), heading])
        .reverse(),
    )
    const heading = slug === '' ? undefined : bySlug.get(slug)
    bySlug.delete(slug)
    return heading
  }
}

const getSlug = (text: string): string =>
  text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '')

const getStoredId = (id: string): string => (PAGE_IDS.includes(id) ? `story-${id}` : id)

/** Returns the id that the fragment of an address means. */
export const decodeFragment = (fragment: string): string => {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment
  }
}
