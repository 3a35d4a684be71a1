/** Walks a tree of HTML elements. */
import type { Element, Root } from 'hast'

/** Calls `action` for each element, parents before their children. */
export function visitElements(node: Root | Element, action: (element: Element) => void): void {
  for (const child of node.children) {
    if (child.type !== 'element') continue
    action(child)
    visitElements(child, action)
  }
}
