/** Limits the depth and the size of a text before recursive parsers read it. */
import type { Nodes, Root } from 'hast'
import { fromParse5 } from 'hast-util-from-parse5'
import { defaultTreeAdapter } from 'parse5'
import { parseWithTables } from './implied-tables.ts'

/** Deeper elements are refused, because parsers and feed readers are recursive. */
export const MAX_DEPTH = 100
/** More elements are refused, because cleaning passes over all of them several times. */
export const MAX_ELEMENTS = 16_000
/** The HTML parser stops after this number of elements. */
const MAX_PARSED_ELEMENTS = 60_000

/**
 * Returns whether the text would make a recursive parser recurse too deep. The check takes linear
 * time. It allows more than `MAX_DEPTH` open tags, because it also counts tags in code blocks.
 */
export function isTooDeepToParse(text: string): boolean {
  let openTags = 0
  for (const tag of text.matchAll(/<(\/?)[a-z][a-z0-9-]*(?=[\s/>])/gi)) {
    if (TAG_WITHOUT_END.test(tag[0])) continue
    openTags = tag[1] ? Math.max(0, openTags - 1) : openTags + 1
    if (openTags > MAX_OPEN_TAGS) return true
  }
  return false
}
const MAX_OPEN_TAGS = 1000

const TAG_WITHOUT_END =
  /^<(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|p|li|td|tr|th|dt|dd|option)$/i

/** Returns the depth of the deepest element and the number of elements. */
export function measureTree(root: Root): { depth: number; elements: number } {
  let depth = 0
  let elements = 0
  const stack: { node: Nodes; level: number }[] = [{ node: root, level: 0 }]
  for (let top = stack.pop(); top; top = stack.pop()) {
    depth = Math.max(depth, top.level)
    if (top.node.type === 'element') elements += 1
    if ('children' in top.node) {
      for (const child of top.node.children) stack.push({ node: child, level: top.level + 1 })
    }
  }
  return { depth, elements }
}

class TooMuchMarkupError extends Error {}

/**
 * Parses HTML. If the result would be larger than an article may be, returns the reason instead.
 * Formatting that is never closed is repeated in each following block with all its attributes, so
 * 20 KB can become 20 MB. Our tree adapter counts the elements as the parser creates them.
 */
export function parseHtml(html: string, maxBytes: number): Root | { detail: string } {
  let bytes = 0
  let elements = 0
  const createElement: typeof defaultTreeAdapter.createElement = (name, namespace, attributes) => {
    elements += 1
    bytes += 2 * name.length + '<></>'.length
    for (const attribute of attributes)
      bytes += attribute.name.length + attribute.value.length + ' =""'.length
    if (bytes > maxBytes) throw new TooMuchMarkupError(`makes more than ${maxBytes} bytes of HTML`)
    if (elements > MAX_PARSED_ELEMENTS)
      throw new TooMuchMarkupError(`makes more than ${MAX_PARSED_ELEMENTS} HTML elements`)
    return defaultTreeAdapter.createElement(name, namespace, attributes)
  }
  try {
    const treeAdapter = { ...defaultTreeAdapter, createElement }
    const root = fromParse5(parseWithTables(html, { treeAdapter, scriptingEnabled: false }))
    return root.type === 'root' ? root : { type: 'root', children: [] }
  } catch (cause) {
    if (cause instanceof TooMuchMarkupError) return { detail: cause.message }
    throw cause
  }
}
