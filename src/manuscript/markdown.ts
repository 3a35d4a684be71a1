/**
 * Turns Markdown into HTML: CommonMark with the tables, strikethrough, task lists, footnotes and
 * bare addresses of GFM (docs/decisions/029-markdown.md). The HTML is not safe yet: `sanitize.ts`
 * parses and cleans it.
 */
import createMarkdownIt, { type MarkdownIt, type StateInline, type Token } from 'markdown-it'
import { LIMITS } from '../model/rules.ts'
import { type BareAddress, findBareAddresses } from './bare-addresses.ts'
import { MAX_DEPTH, MAX_ELEMENTS } from './bounds.ts'
import { addFootnotes } from './footnotes.ts'
import { addHeadingIds } from './heading-ids.ts'
import { completePiece } from './raw-html.ts'

/**
 * The parser silently skips text that is nested deeper than this. It is more than `MAX_DEPTH`, so
 * that such text is refused before anything is skipped.
 */
const MAX_NESTING = 2 * MAX_DEPTH
/** For each section without an end, the parser searches the rest of the text for the end. */
const MAX_CDATA_SECTIONS = 200

const parser = createParser()

/** Returns the HTML, or why the text is refused. `language` is a tag (BCP 47). */
export function renderMarkdown(
  text: string,
  language: string,
): { html: string } | { detail: string } {
  if (text.split('<![CDATA[').length - 1 > MAX_CDATA_SECTIONS)
    return { detail: `has more than ${MAX_CDATA_SECTIONS} CDATA sections` }
  const env = { language }
  const tokens = parser.parse(text, env)
  const { depth, elements, length } = measureTokens(tokens)
  if (depth > MAX_DEPTH) return { detail: `is nested deeper than ${MAX_DEPTH}` }
  if (elements > MAX_ELEMENTS)
    return { detail: `makes ${elements} HTML elements, more than ${MAX_ELEMENTS}` }
  if (length > LIMITS.htmlBytes)
    return { detail: `makes more than ${LIMITS.htmlBytes} bytes of HTML` }
  return { html: parser.renderer.render(tokens, parser.options, env) }
}

function createParser(): MarkdownIt {
  const markdown = createMarkdownIt('default', { html: true, maxNesting: MAX_NESTING })
  addFootnotes(markdown)
  addHeadingIds(markdown)
  // Renders struck text as `del`, which means deleted, as GFM does. The default `s` only means no
  // longer accurate.
  markdown.renderer.rules['s_open'] = () => '<del>'
  markdown.renderer.rules['s_close'] = () => '</del>'
  // The sanitizer removes addresses of other schemes and reports them.
  markdown.validateLink = () => true
  // The text of an autolink is not changed.
  markdown.normalizeLinkText = (address) => address
  useLenientEmphasis(markdown)
  markdown.inline.ruler.before('entity', 'windows_reference', readWindowsReference)
  markdown.inline.ruler.before('strikethrough', 'address_marks', readAddressMarks)
  markdown.inline.ruler.before('autolink', 'angle_quotes', readAngleQuotes)
  markdown.core.ruler.push('task_lists', ({ tokens }) => replaceCheckboxes(tokens))
  markdown.core.ruler.push('cell_alignment', ({ tokens }) => alignCells(tokens))
  markdown.core.ruler.push('bare_addresses', ({ tokens, Token: Constructor }) => {
    for (const token of tokens)
      if (token.children) token.children = linkAddresses(token.children, Constructor)
  })
  markdown.core.ruler.push('raw_html', ({ tokens, Token: Constructor }) => {
    for (const token of tokens) {
      if (token.type === 'html_block') token.content = completeBlock(token.content)
      if (token.children) token.children = completeRawHtml(token.children, Constructor)
    }
  })
  return markdown
}

/**
 * Allows `*` and `**` to begin and end emphasis beside punctuation in scripts that put no space
 * there: `**北京：**文字`, `و**«القدس»**`. CommonMark (section 6.2) requires white space or punctuation
 * on the other side.
 */
function useLenientEmphasis(markdown: MarkdownIt): void {
  markdown.inline.State = class extends markdown.inline.State {
    override scanDelims(start: number, canSplitWord: boolean) {
      const scanned = super.scanDelims(start, canSplitWord)
      if (!canSplitWord || this.src[start] !== '*') return scanned
      const before = Array.from(this.src.slice(Math.max(0, start - 2), start)).at(-1) ?? ' '
      const end = start + scanned.length
      const after = String.fromCodePoint(this.src.codePointAt(end) ?? 0x20)
      const isBetweenOthers = OTHER_SCRIPT.test(before) || OTHER_SCRIPT.test(after)
      // A single star before a bracket refers to a note: `価格*（税込）`.
      const isNoteMark = scanned.length === 1 && BRACKET.test(after)
      return {
        ...scanned,
        can_open: scanned.can_open || (isBetweenOthers && BEGINS_TEXT.test(after) && !isNoteMark),
        can_close: scanned.can_close || (isBetweenOthers && ENDS_TEXT.test(before)),
      }
    }
  }
}
/**
 * Matches letters and punctuation of other scripts than Latin, Greek and Cyrillic. These three
 * separate words by spaces.
 */
const OTHER_SCRIPT =
  /[^\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\P{L}]|[^\P{P}\u0000-\u00ff]/u
/** Matches what may follow an opening mark. Sentence punctuation follows the mark of a note. */
const BEGINS_TEXT = /[\p{L}\p{M}\p{N}\p{S}\p{Ps}\p{Pi}"'`#&@[\\_¡¿]/u
const ENDS_TEXT = /[^\s\u0085\p{Ps}\p{Pi}]/u
const BRACKET = /[([（［【〔]/

/**
 * Reads the marks of emphasis and strikethrough within a bare address as part of the address, as
 * GFM does: `https://x.example/__main__.html`. After such a mark, letters of scripts without spaces
 * may belong to the text, so there it stays a mark.
 */
function readAddressMarks(state: StateInline, silent: boolean): boolean {
  MARKS.lastIndex = state.pos
  const marks = MARKS.exec(state.src)?.[0]
  if (marks === undefined) return false
  const end = state.pos + marks.length
  if (!IN_ADDRESS.test(state.src[end] ?? '')) return false
  if (!getAddresses(state).some((address) => address.start < state.pos && end < address.end))
    return false
  if (!silent) state.pending += marks
  state.pos = end
  return true
}
const MARKS = /\*+|_+|~+/y
const IN_ADDRESS = /[\w/.%&?=#+@:-]/

/** Reads `<<` as text: writers without other keys quote with `<<Bonjour le monde>>`. */
function readAngleQuotes(state: StateInline, silent: boolean): boolean {
  if (!state.src.startsWith('<<', state.pos)) return false
  const length = /^<+/.exec(state.src.slice(state.pos, state.pos + MAX_ANGLES))?.[0].length ?? 0
  if (!silent) state.pending += '<'.repeat(length)
  state.pos += length
  return true
}
const MAX_ANGLES = 100

/** Each state is asked at every mark, so its addresses are looked up once. */
const addressesByState = new WeakMap<StateInline, BareAddress[]>()
function getAddresses(state: StateInline): BareAddress[] {
  const existing = addressesByState.get(state)
  if (existing) return existing
  const addresses = findBareAddresses(state.src)
  addressesByState.set(state, addresses)
  return addresses
}

/**
 * Reads a reference to a character of Windows-1252, such as `&#146;`, as browsers do (HTML section
 * 13.2.5.80). CommonMark reads a control character, which would be removed.
 */
function readWindowsReference(state: StateInline, silent: boolean): boolean {
  WINDOWS_REFERENCE.lastIndex = state.pos
  const match = WINDOWS_REFERENCE.exec(state.src)
  const code = match ? Number.parseInt(match[1] ?? match[2] ?? '', match[1] ? 16 : 10) : 0
  const character = code >= 0x80 ? WINDOWS_CHARACTERS[code - 0x80] : undefined
  if (!match || character === undefined || WINDOWS_REFERENCE.lastIndex > state.posMax) return false
  if (!silent) state.pending += character
  state.pos += match[0].length
  return true
}
const WINDOWS_REFERENCE = /&#(?:x0{0,4}([89][0-9a-f])|0{0,4}(1[2-5]\d));/iy
/** The characters of the codes from 0x80 on. Five codes have only a control character. */
const WINDOWS_CHARACTERS = [...'€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ']

/** Replaces `[ ]` and `[x]` at the beginning of list items, because feeds have no form controls. */
function replaceCheckboxes(tokens: Token[]): void {
  for (const [index, token] of tokens.entries()) {
    if (token.type !== 'inline' || tokens[index - 2]?.type !== 'list_item_open') continue
    const first = token.children?.[0]
    const match = first?.type === 'text' && /^\[([ xX])\] /.exec(first.content)
    if (match) first.content = `${match[1] === ' ' ? '☐' : '☑'} ${first.content.slice(4)}`
  }
}

/** Writes the alignment of cells as `align`, because stored HTML has no styles. */
function alignCells(tokens: Token[]): void {
  for (const token of tokens) {
    if (token.type !== 'th_open' && token.type !== 'td_open') continue
    const alignment = /^text-align:(\w+)$/.exec(String(token.attrGet('style')))?.[1]
    token.attrs = alignment === undefined ? null : [['align', alignment]]
  }
}

/** Links the bare addresses of a paragraph, except within links. */
function linkAddresses(children: Token[], Constructor: typeof Token): Token[] {
  let openLinks = 0
  return children.flatMap((token) => {
    if (token.type === 'link_open' || isLinkTag(token, '<a')) openLinks += 1
    if (token.type === 'link_close' || isLinkTag(token, '</a'))
      openLinks = Math.max(0, openLinks - 1)
    if (token.type !== 'text' || openLinks > 0) return [token]
    const addresses = findBareAddresses(token.content)
    if (addresses.length === 0) return [token]
    const create = (type: string, tag: string, nesting: -1 | 0 | 1, content = ''): Token =>
      Object.assign(new Constructor(type, tag, nesting), { content })
    const linked: Token[] = []
    let position = 0
    for (const { start, end, href } of addresses) {
      const open = create('link_open', 'a', 1)
      open.attrSet('href', href)
      linked.push(
        create('text', '', 0, token.content.slice(position, start)),
        open,
        create('text', '', 0, token.content.slice(start, end)),
        create('link_close', 'a', -1),
      )
      position = end
    }
    return [...linked, create('text', '', 0, token.content.slice(position))]
  })
}

const isLinkTag = ({ type, content }: Token, beginning: string): boolean =>
  type === 'html_inline' &&
  content.toLowerCase().startsWith(beginning) &&
  /^<\/?a[\s>]/i.test(content)

/**
 * Completes raw HTML, so that no piece swallows the text after it. Within a paragraph a script may
 * begin in one piece and end in a later one. It is closed at the next markup at the latest.
 */
function completeRawHtml(children: Token[], Constructor: typeof Token): Token[] {
  const completed: Token[] = []
  let openElement: string | undefined
  const closeOpenElement = (): void => {
    if (openElement === undefined) return
    const end = new Constructor('html_inline', '', 0)
    completed.push(Object.assign(end, { content: `</${openElement}>` }))
    openElement = undefined
  }
  for (const child of children) {
    if (child.type === 'html_inline') {
      const piece = completePiece(child.content, openElement)
      openElement = piece.openElement
      child.content = piece.html
    } else if (child.type !== 'text' && child.type !== 'softbreak') closeOpenElement()
    completed.push(child)
  }
  closeOpenElement()
  return completed
}

function completeBlock(content: string): string {
  const { html, openElement } = completePiece(content, undefined)
  return openElement === undefined ? html : `${html}</${openElement}>`
}

/**
 * Measures the HTML before it is rendered, because many references to one long address could become
 * gigabytes.
 */
function measureTokens(tokens: readonly Token[]): {
  depth: number
  elements: number
  length: number
} {
  let depth = 0
  let level = 0
  let elements = 0
  let length = 0
  const visit = (list: readonly Token[]): void => {
    for (const token of list) {
      if (token.nesting >= 0 && token.tag !== '') elements += 1
      level += token.nesting
      depth = Math.max(depth, level)
      length += token.children ? 0 : token.content.length
      for (const [name, value] of token.attrs ?? []) length += name.length + String(value).length
      // The children of a picture are its alternative text.
      if (token.children && token.type !== 'image') visit(token.children)
    }
  }
  visit(tokens)
  return { depth, elements, length }
}
