/**
 * Reads the id that a heading of Markdown may end with: `## Heading {#id}`, as Pandoc, Hugo and
 * Markdown Extra write it. Classes and other attributes beside the id have no meaning here.
 */
import type { MarkdownIt, Token } from 'markdown-it'

const ATTRIBUTE = /^(?:#[^\s{}#"<>]{1,200}|\.[\w-]{1,200}|[\w-]{1,100}="?[\w-]{0,200}"?|-)$/

/** Adds the ids to the parser. */
export function addHeadingIds(markdown: MarkdownIt): void {
  markdown.core.ruler.before('inline', 'heading_ids', ({ tokens }) => {
    for (const [index, token] of tokens.entries()) {
      const inline = tokens[index + 1]
      if (token.type === 'heading_open' && inline) moveId(inline, token)
    }
  })
}

function moveId(inline: Token, heading: Token): void {
  const content = inline.content.trimEnd()
  const start = content.lastIndexOf('{')
  if (!content.endsWith('}') || start === -1 || content[start - 1] === '\\') return
  const attributes = content
    .slice(start + 1, -1)
    .replace(/^:/, '')
    .trim()
    .split(/\s+/)
  const id = attributes.find((attribute) => attribute.startsWith('#'))
  if (id === undefined || !attributes.every((attribute) => ATTRIBUTE.test(attribute))) return
  heading.attrSet('id', id.slice(1))
  // Signs that close the heading may stand in front of its id.
  inline.content = content.slice(0, start).trimEnd().replace(/ #+$/, '')
}
