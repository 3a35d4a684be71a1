/** Parses a page as a browser does, and finds elements in it. */
import type { Element, Nodes, Root } from 'hast'
import rehypeParse from 'rehype-parse'
import { unified } from 'unified'

export const parsePage = (html: string): Root => unified().use(rehypeParse).parse(html) as Root

/** Lists all elements with this name, in document order. */
export function findElements(node: Nodes, name: string): Element[] {
  const own = node.type === 'element' && node.tagName === name ? [node] : []
  const children = 'children' in node ? node.children : []
  return [...own, ...children.flatMap((child) => findElements(child, name))]
}

/** Returns the text of a node. */
export const getTextContent = (node: Nodes): string =>
  node.type === 'text'
    ? node.value
    : 'children' in node
      ? node.children.map(getTextContent).join('')
      : ''

/** Lists the contents of all `meta` elements with this name or property. */
export const listMetaContents = (page: Root, name: string): string[] =>
  findElements(page, 'meta')
    .filter(({ properties }) => properties['name'] === name || properties['property'] === name)
    .map(({ properties }) => String(properties['content']))

/** Lists the addresses of all `link` elements with this relation, with their types and titles. */
export const listLinksTo = (
  page: Root,
  relation: string,
): { href: string; type: string; title: string }[] =>
  findElements(page, 'link')
    .filter(({ properties }) => [properties['rel']].flat().includes(relation))
    .map(({ properties }) => ({
      href: String(properties['href']),
      type: String(properties['type'] ?? ''),
      title: String(properties['title'] ?? ''),
    }))
