/** Walks and simplifies a tree of HTML elements. */
import type { Element, Nodes, Root, RootContent } from 'hast'
import { cleanText } from '../text/characters.ts'

/** Elements before and after which the plain text has a line break. */
export const TEXT_BREAKS: ReadonlySet<string> = new Set(
  `p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre hr figure figcaption div section details
   summary table caption thead tbody tfoot tr th td br`.split(/\s+/),
)

/** Returns whether an element contains lines of its own. A `br` only ends one. */
export const isBlockName = (name: string): boolean => TEXT_BREAKS.has(name) && name !== 'br'

/** Calls `action` for each element, parents before their children. */
export function visitElements(node: Root | Element, action: (element: Element) => void): void {
  for (const child of node.children) {
    if (child.type !== 'element') continue
    action(child)
    visitElements(child, action)
  }
}

/**
 * Removes `span` elements without attributes, which text editors leave behind, and joins the texts
 * that they separated.
 */
export function unwrapSpans(parent: Root | Element): void {
  const children: RootContent[] = []
  for (const child of parent.children) {
    if (child.type === 'element') unwrapSpans(child)
    for (const part of isBareSpan(child) ? child.children : [child]) {
      const last = children.at(-1)
      if (part.type === 'text' && last?.type === 'text') last.value += part.value
      else children.push(part)
    }
  }
  parent.children = children.filter((child) => child.type !== 'doctype')
}

const isBareSpan = (node: RootContent): node is Element =>
  node.type === 'element' && node.tagName === 'span' && Object.keys(node.properties).length === 0

/** Cleans text again after parsing, which decodes references such as `&#xFFFE;`. */
export function cleanDecodedText(
  node: Root | Element,
  reportRemoved: (what: string) => void,
): void {
  const cleanValue = (value: string): string => {
    const { text, removed } = cleanText(value)
    for (const what of removed) reportRemoved(what)
    return text
  }
  for (const child of node.children) {
    if (child.type === 'text') child.value = cleanValue(child.value)
    if (child.type !== 'element') continue
    for (const [name, value] of Object.entries(child.properties)) {
      if (typeof value === 'string') child.properties[name] = cleanValue(value)
      if (Array.isArray(value)) {
        child.properties[name] = value.map((item) =>
          typeof item === 'string' ? cleanValue(item) : item,
        )
      }
    }
    cleanDecodedText(child, reportRemoved)
  }
}

/** Returns all text of a node, without spaces between blocks. */
export const getNodeText = (node: Nodes): string =>
  node.type === 'text'
    ? node.value
    : 'children' in node
      ? node.children.map((child) => getNodeText(child)).join('')
      : ''
