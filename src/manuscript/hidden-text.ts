/**
 * Removes what readers of the original do not see: the preview text of newsletters, links of
 * intruders, frames of trackers. Without its style it would become visible, often as the first
 * sentence of the story.
 */
import type { Element, Root } from 'hast'
import { collapseWhiteSpace } from '../text/characters.ts'
import { decodeFragment } from './in-page-links.ts'
import { shorten } from './rewriting.ts'
import { getStyles } from './styles.ts'
import { visitElements } from './tree.ts'

/** Longer hidden text is a part of the story that opens with a click, so it stays. */
const MAX_HIDDEN_CHARACTERS = 300
const PICTURES_AND_MEDIA =
  /^(?:img|picture|iframe|video|audio|object|embed|svg|math)$|^amp-(?:img|anim|video|iframe)$/
/** These are never shown, and are reported elsewhere. */
const NEVER_SHOWN = /^(?:script|style|template|noscript)$/

/** Removes hidden elements from the tree, and reports the words and addresses of each. */
export function removeHiddenText(tree: Root, report: (what: string) => void): void {
  let linkedIds: Set<string> | undefined
  const visit = (parent: Root | Element): void => {
    const children = parent.children.filter((child) => {
      if (child.type !== 'element' || !isHidden(child)) return true
      const { text, addresses, ids, isEmpty } = describeContent(child)
      if (isEmpty || text.length > MAX_HIDDEN_CHARACTERS) return true
      linkedIds ??= listLinkedIds(tree)
      // Content to which a link leads appears when a reader follows the link, like the notes of
      // some editors.
      for (const id of ids) if (linkedIds.has(id)) return true
      if (text !== '') report(`hidden text "${shorten(text)}"`)
      for (const address of addresses) report(`hidden address "${shorten(address)}"`)
      if (text === '' && addresses.size === 0) report(`hidden <${child.tagName.slice(0, 40)}>`)
      return false
    })
    parent.children = children.filter((child) => child.type !== 'doctype')
    for (const child of parent.children) if (child.type === 'element') visit(child)
  }
  visit(tree)
}

function isHidden(element: Element): boolean {
  const { tagName, properties } = element
  if (NEVER_SHOWN.test(tagName) || isLazyPicture(element)) return false
  // A browser shows the value `until-found` to readers who search the page.
  if (properties['hidden'] !== undefined && properties['hidden'] !== 'until-found') return true
  if (properties['style'] === undefined) return false
  const styles = getStyles(element)
  const has = (name: string, value: RegExp): boolean => value.test(styles.get(name) ?? '')
  const hasNoHeight = has('height', ZERO) || has('max-height', ZERO)
  return (
    has('display', /^none$/) ||
    has('visibility', /^(?:hidden|collapse)$/) ||
    has('mso-hide', /^all$/) ||
    (hasNoHeight && has('overflow', /hidden/)) ||
    ['left', 'top', 'text-indent'].some((name) => has(name, /^-\d{4,}/))
  )
}
const ZERO = /^0(?:\.0+)?(?:px|pt|em|rem|%)?$/

/** A script shows such a picture when it has loaded it. */
const isLazyPicture = ({ tagName, properties }: Element): boolean =>
  tagName === 'img' &&
  Object.keys(properties).some((name) => /^data\w*(?:src|original)/i.test(name))

/** Lists the ids to which links of the text lead. */
function listLinkedIds(tree: Root): Set<string> {
  const ids = new Set<string>()
  visitElements(tree, ({ properties: { href } }) => {
    if (typeof href !== 'string' || !href.startsWith('#')) return
    for (const id of [href.slice(1), decodeFragment(href.slice(1))]) ids.add(id)
  })
  return ids
}

type Content = { text: string; addresses: Set<string>; ids: Set<string>; isEmpty: boolean }

function describeContent(element: Element): Content {
  const words: string[] = []
  const addresses = new Set<string>()
  const ids = new Set<string>()
  let hasMedium = false
  const visit = (inner: Element): void => {
    const { tagName, properties } = inner
    for (const id of [properties['id'], properties['name']]) if (id) ids.add(String(id))
    if (NEVER_SHOWN.test(tagName)) return
    hasMedium ||= PICTURES_AND_MEDIA.test(tagName)
    for (const name of ['href', 'src', 'data', 'cite']) {
      const address = properties[name]
      if (typeof address === 'string' && !/^\s*(?:#|$)/.test(address)) addresses.add(address.trim())
    }
    for (const child of inner.children) {
      if (child.type === 'text') words.push(child.value)
      if (child.type === 'element') visit(child)
    }
  }
  visit(element)
  const text = collapseWhiteSpace(words.join(' '))
  return { text, addresses, ids, isEmpty: text === '' && !hasMedium }
}
