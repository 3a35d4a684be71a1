/**
 * Finds signs in a finished text that something went wrong before: emphasis marks that did not
 * become emphasis, codes of a template that nobody filled in, and characters that were already
 * damaged. The text is stored as it is; an editor should look at it.
 */
import type { Element, Root } from 'hast'

/** Text in these elements is code, in which such signs are meant. */
const CODE_ELEMENTS = new Set(['code', 'pre', 'kbd', 'samp', 'var'])

const MARKDOWN_SIGNS: readonly RegExp[] = [
  /\*\*(?=[^\s*])|(?<=[^\s*])\*\*/gu,
  /(?<![\p{L}\p{N}_])__(?=[^\s_])|(?<=[^\s_])__(?![\p{L}\p{N}_])/gu,
  /~~(?=[^\s~])|(?<=[^\s~])~~/gu,
  /!?\[[^\][\n]{1,200}\]\([^()\n]{0,200}\)/gu,
  /\[\^[^\]\s]{1,40}\]/gu,
  /(?<=^\s*)#{2,6}(?=[^\s#])/gmu,
]

/**
 * Shortcodes of WordPress and its common extensions, and any other shortcode that has attributes or
 * is a closing tag.
 */
const SHORTCODE =
  /\[\/?(?:gallery|caption|wp_caption|audio|video|playlist|embed|contact-form|ad|adrotate|vc_\w+|et_pb_\w+)(?:\s[^\][\n]{0,300})?\/?\]|\[[a-z][\w-]{1,40}\s+[\w-]{1,40}=["'“”″][^\][\n]{0,300}\]|\[\/[a-z][\w-]{1,40}\]/giu
const TEMPLATE_CODES: readonly RegExp[] = [
  /\{\{[^{}\n]{0,300}\}\}|\{\{[<%][^\n]{0,300}?[>%]\}\}/gu,
  /\{[%#][^{}\n]{0,300}[%#]\}/gu,
  /<%[^\n]{0,300}?%>/gu,
  /\$\{[^{}\n]{0,100}\}/gu,
  SHORTCODE,
]
const REPLACEMENT_CHARACTER = /\u{FFFD}/gu

/** Lists warnings about a text. Each names what was found first, and how often. */
export function listLeftoverWarnings(tree: Root): string[] {
  const text = getTextOutsideCode(tree)
  return [
    ...describe(text, MARKDOWN_SIGNS, 'Markdown that had no effect'),
    ...describe(text, TEMPLATE_CODES, 'template code'),
    ...listDamageWarnings('the text', text),
  ]
}

/**
 * Warns about U+FFFD, which programs write in place of bytes that they cannot read. `name` says in
 * the warning which text it is, such as `title`.
 */
export function listDamageWarnings(name: string, text: string): string[] {
  const count = [...text.matchAll(REPLACEMENT_CHARACTER)].length
  return count === 0
    ? []
    : [
        `${name} has U+FFFD${formatCount(count)}: characters were lost before the manuscript was sent`,
      ]
}

function describe(text: string, patterns: readonly RegExp[], kind: string): string[] {
  const found = patterns
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .sort((a, b) => a.index - b.index)
  const [first] = found
  if (!first) return []
  return [`the text has ${kind}: "${excerptAt(text, first)}"${formatCount(found.length)}`]
}

const formatCount = (count: number): string => (count > 1 ? `, ${count} times` : '')

/** The found text; a short one with some characters that follow, so that it can be recognized. */
function excerptAt(text: string, { 0: match, index }: RegExpExecArray): string {
  const line = text.slice(index).split('\n')[0] ?? ''
  const characters = Array.from(line)
  const length = Math.max(Array.from(match).length, 20)
  return characters.slice(0, Math.min(length, 80)).join('').trim()
}

function getTextOutsideCode(tree: Root): string {
  const parts: string[] = []
  const walk = (node: Root | Element): void => {
    for (const child of node.children) {
      if (child.type === 'text') parts.push(child.value)
      if (child.type !== 'element' || CODE_ELEMENTS.has(child.tagName)) continue
      if (BLOCK.test(child.tagName)) parts.push('\n')
      walk(child)
      if (BLOCK.test(child.tagName)) parts.push('\n')
    }
  }
  walk(tree)
  return parts.join('')
}

const BLOCK = /^(?:p|h\d|div|li|d[dt]|t[hd]|br|blockquote|fig\w+|caption|summary|section|details)$/
