/** What a text may cost to read: depth and size are bounded before the parsers, which recurse, see it. */
import type { Nodes, Root } from 'hast'
import { defaultTreeAdapter } from 'parse5'
import { LIMITS } from './article.ts'

/** Elements deeper than this are refused: parsers and readers alike recurse. */
export const MAX_DEPTH = 100

/**
 * Whether the text would lead a parser, which recurses, too deep: cheap and linear, and more generous than the
 * limit itself, because tags are counted in code blocks too.
 */
export function isTooDeepToParse(form: 'markdown' | 'html', text: string): boolean {
  let open = 0
  for (const tag of text.matchAll(/<(\/?)[a-z][a-z0-9-]*(?=[\s/>])/gi)) {
    if (VOID.test(tag[0])) continue
    open = tag[1] ? Math.max(0, open - 1) : open + 1
    if (open > MAX_OPEN_TAGS) return true
  }
  return (
    form === 'markdown' &&
    text.split('\n').some((line) => {
      const lead = /^(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])))+/.exec(line)?.[0] ?? ''
      return lead.replace(/[\s\d]/g, '').length > MAX_DEPTH || /[[(]{101}/.test(line)
    })
  )
}
const MAX_OPEN_TAGS = 1000

/** What would take a Markdown reader too long; no article that a person wrote comes near. */
export function slowMarkdown(text: string): string | undefined {
  const lines = text.split('\n').length
  if (lines > LIMITS.markdownLines) return `has ${lines} lines, more than ${LIMITS.markdownLines}`
  const cells = tableCells(text)
  if (cells > LIMITS.tableCells)
    return `has tables of ${cells} cells, more than ${LIMITS.tableCells}`
  const marks = Math.max(
    ...text.split(/\n[ \t]*\n/).map((block) => block.match(/[*_~[\]()!`<&@]/g)?.length ?? 0),
  )
  return marks > LIMITS.marksInBlock
    ? `has ${marks} marks in one paragraph, more than ${LIMITS.marksInBlock}`
    : undefined
}

/** Cells that the tables will have: each row is filled up to as many as the line below the header has. */
function tableCells(text: string): number {
  let cells = 0
  let columns = 0
  for (const line of text.split('\n')) {
    if (/^[\s>]*$/.test(line)) columns = 0
    else if (/^[\s>|:-]+$/.test(line)) columns = Math.max(columns, line.match(/[|]/g)?.length ?? 0)
    cells += columns
  }
  return cells
}

const VOID =
  /^<(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|p|li|td|tr|th|dt|dd|option)$/i

/** Levels of the deepest element. */
export function depthOf(root: Root): number {
  let deepest = 0
  const stack: { node: Nodes; depth: number }[] = [{ node: root, depth: 0 }]
  for (let top = stack.pop(); top; top = stack.pop()) {
    deepest = Math.max(deepest, top.depth)
    if ('children' in top.node) {
      for (const child of top.node.children) stack.push({ node: child, depth: top.depth + 1 })
    }
  }
  return deepest
}

class TooMuchMarkup extends Error {}

/**
 * What a reader of HTML makes, unless it is more than an article may have: formatting that is never closed opens again, with all
 * its attributes, in each block that follows, so that 20 KB can become as many megabytes. Both of our readers make their
 * elements by parse5's adapter and let nobody give them another, so that one counts while they read, which is in one turn.
 */
export function readWithin<T>(maxBytes: number, read: () => T): T | undefined {
  const { createElement } = defaultTreeAdapter
  let bytes = 0
  defaultTreeAdapter.createElement = (name, namespace, attributes) => {
    bytes += 2 * name.length + '<></>'.length
    for (const attribute of attributes)
      bytes += attribute.name.length + attribute.value.length + ' =""'.length
    if (bytes > maxBytes) throw new TooMuchMarkup()
    return createElement(name, namespace, attributes)
  }
  try {
    return read()
  } catch (cause) {
    if (cause instanceof TooMuchMarkup) return undefined
    throw cause
  } finally {
    defaultTreeAdapter.createElement = createElement
  }
}
