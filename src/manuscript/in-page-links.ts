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

/** Schemes of addresses that every reader can follow. A document on one computer has others. */
const PUBLIC_SCHEME = /^(?:https?|mailto|tel|sms):/i
const ANY_SCHEME = /^[a-z][a-z0-9+.-]{0,30}:/i
/** A single equal fragment could be a coincidence. */
const MIN_OWN_FRAGMENTS = 2

/**
 * Shortens links to a target in the same text that begin with the address of the document from
 * which the text was copied: `file:///C:/clip.htm#_ftn1` in Word, or the address of the page.
 */
export function shortenOwnLinks(tree: Root): void {
  const ids = new Set<unknown>()
  const links: { element: Element; base: string; fragment: string }[] = []
  visitElements(tree, (element) => {
    const { id, name, href } = element.properties
    ids.add(id)
    if (element.tagName === 'a') ids.add(name)
    const address = typeof href === 'string' ? href.replace(/[\t\n\r]/g, '').trim() : ''
    const start = address.indexOf('#')
    if (start > 0)
      links.push({ element, base: address.slice(0, start), fragment: address.slice(start + 1) })
  })
  const ownLinks = links.filter(({ fragment }) => ids.has(decodeFragment(fragment)))
  const fragmentsByBase = new Map<string, Set<string>>()
  for (const { base, fragment } of ownLinks)
    fragmentsByBase.set(base, (fragmentsByBase.get(base) ?? new Set()).add(fragment))
  for (const { element, base, fragment } of ownLinks) {
    const isLocalDocument = ANY_SCHEME.test(base) && !PUBLIC_SCHEME.test(base)
    const fragments = fragmentsByBase.get(base)?.size ?? 0
    if (isLocalDocument || fragments >= MIN_OWN_FRAGMENTS)
      element.properties['href'] = `#${fragment}`
  }
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
    if (typeof id === 'string' && id.trim() !== '' && !targets.has(id)) targets.set(id, element)
    else delete element.properties['id']
    if (/^h[1-6]$/.test(element.tagName)) headings.push(element)
    if (typeof href === 'string' && href.startsWith(`${pageUrl}/#`))
      links.push({ element, fragment: href.slice(pageUrl.length + 2) })
  })
  const findHeading = createHeadingFinder(headings)
  const idsByLink = new Map<Element, string>()
  for (const { element, fragment } of links) {
    const id = targets.has(fragment) ? fragment : decodeFragment(fragment)
    const heading = targets.has(id) ? undefined : findHeading(id)
    if (heading && heading.properties['id'] === undefined) {
      heading.properties['id'] = id
      targets.set(id, heading)
    }
    const target = targets.get(id) ?? heading
    if (target) idsByLink.set(element, String(target.properties['id']))
    else {
      delete element.properties['href']
      reportRemoved(`href "#${fragment.slice(0, 100)}" on <a>, because it has no target`)
    }
  }
  const linkedIds = new Set([LABEL_ID, ...idsByLink.values()])
  const storedIds = chooseStoredIds([...targets.keys()].filter((id) => linkedIds.has(id)))
  for (const [id, { properties }] of targets) {
    const storedId = storedIds.get(id)
    if (storedId === undefined) delete properties['id']
    else properties['id'] = storedId
  }
  for (const [{ properties }, id] of idsByLink)
    properties['href'] = `${pageUrl}/#${encodeURIComponent(storedIds.get(id) ?? id)}`
}

/** Renames ids that have white space, or that the page itself has. No two ids become equal. */
function chooseStoredIds(ids: string[]): Map<string, string> {
  const used = new Set(ids)
  return new Map(
    ids.map((id) => {
      const name = id.trim().replace(/\s+/g, '-')
      const wanted = PAGE_IDS.includes(name) ? `story-${name}` : name
      if (wanted === id) return [id, id]
      let storedId = wanted
      for (let number = 2; used.has(storedId); number += 1) storedId = `${wanted}-${number}`
      used.add(storedId)
      return [id, storedId]
    }),
  )
}

/**
 * Returns a function that finds a heading by the id that another program derives from its words. It
 * computes these ids at its first call.
 */
function createHeadingFinder(headings: Element[]): (id: string) => Element | undefined {
  let indexes: Map<string, Element[]>[] | undefined
  const find = (id: string, place: number): Element | undefined => {
    const words = getSlug(id)
    if (words === '') return undefined
    indexes ??= DERIVATIONS.map((derive) => indexHeadings(headings, derive))
    const [byWords, ...byLetters] = indexes
    const letters = joinWords(words)
    const found = [byWords?.get(words), ...byLetters.map((index) => index.get(letters))]
    return found.map((candidates) => candidates?.[place]).find((heading) => heading !== undefined)
  }
  return (id) => {
    // The second of equal headings ends in -1, or in _1 in Python's Markdown.
    const [ending, number] = /[-_](\d{1,4})$/.exec(id) ?? []
    return (
      find(id, 0) ??
      (ending === undefined ? undefined : find(id.slice(0, -ending.length), Number(number)))
    )
  }
}

const getSlug = (text: string): string =>
  text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '')

/** GitHub and Hugo delete punctuation, and other programs replace it by hyphens. */
const joinWords = (slug: string): string => slug.replaceAll('-', '')

/** What programs derive from the words of a heading. The first has hyphens between the words. */
const DERIVATIONS: readonly ((slug: string) => string)[] = [
  (slug) => slug,
  joinWords,
  // Pandoc begins with the first letter.
  (slug) => joinWords(slug).replace(/^\P{L}+/u, ''),
  // WordPress and Jekyll remove accents.
  (slug) =>
    joinWords(slug)
      .normalize('NFD')
      .replace(/\p{M}+/gu, ''),
]

function indexHeadings(
  headings: Element[],
  derive: (slug: string) => string,
): Map<string, Element[]> {
  const index = new Map<string, Element[]>()
  for (const heading of headings) {
    const key = derive(getSlug(getHeadingText(heading)))
    const sameHeadings = index.get(key)
    if (sameHeadings) sameHeadings.push(heading)
    else index.set(key, [heading])
  }
  return index
}

/** Returns the words of a heading, to which the numbers of footnotes do not belong. */
function getHeadingText(node: Nodes): string {
  if (node.type === 'text') return node.value
  if (!('children' in node)) return ''
  if (node.type === 'element' && node.properties['dataFootnoteRef'] !== undefined) return ''
  return node.children.map((child) => getHeadingText(child)).join('')
}

/** Returns the id that the fragment of an address means. */
export const decodeFragment = (fragment: string): string => {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment
  }
}
