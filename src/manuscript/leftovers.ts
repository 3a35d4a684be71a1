/**
 * Finds signs in a finished text that something went wrong before: emphasis marks that did not
 * become emphasis, codes of a template that nobody filled in, and characters that were already
 * damaged. The text is stored as it is; an editor should look at it.
 */
import type { Element, Root } from 'hast'

/** Text in these elements is code, in which such signs are meant. */
const CODE_ELEMENTS = new Set(['code', 'pre', 'kbd', 'samp', 'var'])

const MARKDOWN_SIGNS: readonly RegExp[] = [
  /(?<![\p{L}\p{N}*)])\*\*(?=[^\s*])/gu,
  // In scripts without spaces a letter may precede the mark, so a pair is needed. After a digit the
  // mark means a power.
  /(?<=[^\s*\d)])\*\*(?=[^\s*])[^*\n]{1,200}(?<=[^\s*])\*\*/gu,
  /(?<![\p{L}\p{N}_])__(?=[^\s_])|(?<=[^\s_])__(?![\p{L}\p{N}_])/gu,
  /~~(?=[^\s~])|(?<=[^\s~])~~/gu,
  /!?\[[^\][\n]{1,200}\]\([^()\n]{0,200}\)/gu,
  /\[\^[^\]\s]{1,40}\]/gu,
  /(?<=^\s*)#{2,6}(?=[^\s#])/gmu,
]

/** Shortcodes of WordPress and its common extensions. Without attributes, these alone are codes. */
const BARE_SHORTCODE =
  /\[(?:gallery|wp_caption|contact-form(?:-7)?|adrotate|instagram-feed|ninja_forms?|wpforms|gravityform|mc4wp_form|toc|vc_\w{1,40}|et_pb_\w{1,40})\s?\/?\]/gu
/**
 * Shortcodes with an attribute, known ones with an address or a number, and the closing tags of
 * known ones and of names that are no plain word.
 */
const SHORTCODE =
  /\[[a-z][\w-]{1,40}\s+[a-z][\w-]{1,40}=[^\s\][][^\][\n]{0,300}\]|\[(?:youtube|vimeo|twitter|tweet|instagram|facebook|soundcloud|spotify|tiktok|gist|embed|audio|video|iframe|playlist|caption|ad)\s+(?:https?:|\/\/|\d)[^\][\n]{0,300}\]|\[\/(?:gallery|caption|audio|video|playlist|embed|ad|url|img|quote|[a-z]{1,40}[_-][\w-]{1,40})\]/gu
const TEMPLATE_CODES: readonly RegExp[] = [
  // Handlebars, Jinja, Liquid and Hugo. A single letter in braces is mathematics.
  /\{\{[<%][^{}]{0,300}[>%]\}\}|\{\{[<%]|[>%]\}\}/gu,
  /\{\{(?!\s*\S?\s*\}\}|[<%])(?:[^{}]|\{[^{}]{0,100}\}){2,200}\}\}/gu,
  /\{\{(?=\s*$)/gmu,
  /\{[%#][^{}]{0,300}[%#]\}/gu,
  /\[%[^[\]\n]{1,200}%\]/gu,
  /<%[^<>]{0,300}%>/gu,
  // Blade, Smarty and template literals
  /\{!![^{}]{1,200}!!\}/gu,
  /\{\$[a-z_][^{}\s]{0,100}\}/giu,
  /\$\{[a-z_][^{}\n]{0,100}\}/giu,
  // Senders of newsletters. Markdown turns the asterisks around a bar into emphasis.
  /%%[A-Z_][A-Z0-9_]{1,40}%%/gu,
  /\*\|[^|\n]{1,60}\|\*|\|[A-Z][A-Z0-9_:]{1,40}\|/gu,
  // Drupal
  /\[(?:node|site|user|current-user|current-page|date|term):[a-z][a-z:_-]{0,60}\]/gu,
  /\[\[\{"[^\n]{1,300}?\}\]\]/gu,
  BARE_SHORTCODE,
  SHORTCODE,
]
const REPLACEMENT_CHARACTER = /\u{FFFD}/gu

/** Lists warnings about a text. Each names what was found first, and how often. */
export function listLeftoverWarnings(tree: Root): string[] {
  const { text, attributes } = getShownText(tree)
  const withAttributes = [text, ...attributes].join('\n')
  return [
    ...describe('the text', blankAddresses(text), MARKDOWN_SIGNS, 'Markdown that had no effect'),
    ...describe('the text', withAttributes, TEMPLATE_CODES, 'template code'),
    ...listDamageWarnings('the text', text),
  ]
}

/** Blanks printed addresses, which may contain signs of Markdown: `__main__.html`. */
const blankAddresses = (text: string): string =>
  text.replace(/(?:https?:\/\/|www\.)[!-~]+/gi, (address) => ' '.repeat(address.length))

/** Warns about template codes in a key such as `title`. */
export const listTemplateWarnings = (name: string, text: string): string[] =>
  describe(name, text, TEMPLATE_CODES, 'template code')

/**
 * Reports the codes of PHP that a page contains. HTML parsers read them as comments, so readers
 * never see what they were to print.
 */
export function reportScriptCodes(tree: Root | Element, report: (what: string) => void): void {
  for (const child of tree.children) {
    if (child.type === 'element') reportScriptCodes(child, report)
    if (child.type === 'comment' && /^\?(?:php\b|=)/i.test(child.value))
      report(`template code "<${child.value.slice(0, 80).trim()}"`)
  }
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

function describe(name: string, text: string, patterns: readonly RegExp[], kind: string): string[] {
  const found = patterns
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .sort((a, b) => a.index - b.index)
  const [first] = found
  if (!first) return []
  return [`${name} has ${kind}: "${excerptAt(text, first)}"${formatCount(found.length)}`]
}

const formatCount = (count: number): string => (count > 1 ? `, ${count} times` : '')

/** The found text; a short one with some characters that follow, so that it can be recognized. */
function excerptAt(text: string, { 0: match, index }: RegExpExecArray): string {
  const line = text.slice(index).split('\n')[0] ?? ''
  const characters = Array.from(line)
  const length = Math.max(Array.from(match).length, 20)
  return characters.slice(0, Math.min(length, 80)).join('').trim()
}

/**
 * Returns the text outside of code, with a line for each block, and the addresses, alternative
 * texts and titles. Braces in addresses are decoded.
 */
function getShownText(tree: Root): { text: string; attributes: string[] } {
  const parts: string[] = []
  const attributes: string[] = []
  const walk = (node: Root | Element): void => {
    for (const child of node.children) {
      if (child.type === 'text') parts.push(child.value)
      if (child.type !== 'element' || CODE_ELEMENTS.has(child.tagName)) continue
      for (const key of SHOWN_ATTRIBUTES) {
        const value = child.properties[key]
        if (typeof value === 'string') attributes.push(decodeBraces(value))
      }
      if (BLOCK.test(child.tagName)) parts.push('\n')
      walk(child)
      if (BLOCK.test(child.tagName)) parts.push('\n')
    }
  }
  walk(tree)
  return { text: parts.join(''), attributes }
}

const SHOWN_ATTRIBUTES = ['href', 'src', 'alt', 'title'] as const

const decodeBraces = (address: string): string =>
  address.replace(/%(?:2[05]|3[CE]|7[BCD])/gi, (escape) =>
    String.fromCharCode(Number.parseInt(escape.slice(1), 16)),
  )

const BLOCK = /^(?:p|h\d|div|li|d[dt]|t[hd]|br|blockquote|fig\w+|caption|summary|section|details)$/
