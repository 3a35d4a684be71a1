/**
 * Links within a text and their targets. Footnotes of every dialect are such links: those of GFM,
 * Pandoc, WordPress, Word and Substack.
 */
import type { Element, Root } from 'hast'
import { LABEL_ID } from './footnotes.ts'
import { visitElements } from './tree.ts'

/** Moves the name of an anchor to its id, the only kind of target that stored HTML has. */
export function nameByIds({ tagName, properties }: Element): void {
  if (tagName === 'a' && typeof properties['name'] === 'string' && properties['id'] === undefined)
    properties['id'] = properties['name']
  delete properties['name']
}

/** Ids that the page has outside of the story (`src/views/`). */
export const PAGE_IDS: readonly string[] = ['text', 'corrections']

/**
 * Keeps the ids to which links of the text lead, each once, and no others. A link whose target is
 * missing loses its address. `pageUrl` is the address before `/#` in these links.
 */
export function connectTargets(
  tree: Root,
  pageUrl: string,
  reportRemoved: (what: string) => void,
): void {
  const targets = new Map<string, Element>()
  const links: { element: Element; fragment: string }[] = []
  visitElements(tree, (element) => {
    const { id, href } = element.properties
    if (typeof id === 'string' && id !== '' && !/\s/.test(id) && !targets.has(id))
      targets.set(id, element)
    else delete element.properties['id']
    if (typeof href === 'string' && href.startsWith(`${pageUrl}/#`))
      links.push({ element, fragment: href.slice(pageUrl.length + 2) })
  })
  const linkedIds = new Set([LABEL_ID])
  for (const { element, fragment } of links) {
    const id = targets.has(fragment) ? fragment : decodeFragment(fragment)
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

const getStoredId = (id: string): string => (PAGE_IDS.includes(id) ? `story-${id}` : id)

const decodeFragment = (fragment: string): string => {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment
  }
}
