/**
 * Footnotes of GFM: `[^label]` refers to `[^label]: text`, whose further paragraphs are indented.
 * They are numbered in the order of their references. A footnote without a reference comes last, so
 * that its text is not lost.
 */
import type { Env, MarkdownIt, RendererRule, StateBlock, StateInline, Token } from 'markdown-it'
import { getFootnoteWords } from './footnote-words.ts'

/** A label has no white space, unlike the text of a link. */
const DEFINITION = /\[\^([^\]\s]{1,200})\]:[ \t]*/y
const REFERENCE = /\[\^([^\]\s]{1,200})\]/y
const CONTENT_INDENT = 4

/** `number` is 0 until the footnote is numbered. */
type Footnote = { id: string; tokens: Token[]; number: number; references: number }
/** The footnotes by normalised label, in the order of their definitions. */
type Footnotes = Map<string, Footnote>
const footnotesByEnv = new WeakMap<Env, Footnotes>()

/** Adds footnotes to the parser and its renderer. */
export function addFootnotes(markdown: MarkdownIt): void {
  markdown.block.ruler.before('reference', 'footnote', parseDefinition, {
    alt: ['paragraph', 'reference'],
  })
  markdown.inline.ruler.before('link', 'footnote', parseReference)
  markdown.core.ruler.after('inline', 'footnotes', (state) => {
    const footnotes = footnotesByEnv.get(state.env)
    if (footnotes) state.tokens = moveToEnd(state.tokens, footnotes, state.Token)
  })
  Object.assign(markdown.renderer.rules, RENDERER_RULES)
}

/** Labels are compared without regard to case, like those of links (CommonMark section 4.7). */
const normalizeLabel = (label: string): string => label.toLowerCase().toUpperCase()

function parseDefinition(
  state: StateBlock,
  startLine: number,
  endLine: number,
  silent: boolean,
): boolean {
  const lineStart = state.bMarks[startLine] ?? 0
  const shift = state.tShift[startLine] ?? 0
  const indent = state.sCount[startLine] ?? 0
  DEFINITION.lastIndex = lineStart + shift
  const match = DEFINITION.exec(state.src)
  if (!match?.[1] || indent - state.blkIndent >= CONTENT_INDENT) return false
  const footnotes: Footnotes = footnotesByEnv.get(state.env) ?? new Map()
  if (silent) return true
  footnotesByEnv.set(state.env, footnotes)
  // References mean the first definition of a label. A later one becomes a footnote without a
  // reference, so that its text is not lost.
  const isFirst = !footnotes.has(normalizeLabel(match[1]))
  const label = isFirst ? normalizeLabel(match[1]) : `${footnotes.size} ${match[1]}`
  const id = match[1].toLowerCase() + (isFirst ? '' : `-${footnotes.size}`)
  footnotes.set(label, { id, tokens: [], number: 0, references: 0 })
  const { parentType, tight } = state
  state.push('footnote_open', '', 1).meta = { label }
  // The rest of the line is read as if it was indented like the following lines.
  state.bMarks[startLine] = lineStart + shift + match[0].length
  state.tShift[startLine] = 0
  state.blkIndent += CONTENT_INDENT
  state.sCount[startLine] = state.blkIndent
  state.parentType = 'footnote'
  state.md.block.tokenize(state, startLine, endLine)
  state.parentType = parentType
  state.tight = tight
  state.blkIndent -= CONTENT_INDENT
  state.bMarks[startLine] = lineStart
  state.tShift[startLine] = shift
  state.sCount[startLine] = indent
  state.push('footnote_close', '', -1)
  return true
}

function parseReference(state: StateInline, silent: boolean): boolean {
  REFERENCE.lastIndex = state.pos
  const match = REFERENCE.exec(state.src)
  if (!match?.[1] || REFERENCE.lastIndex > state.posMax) return false
  const label = normalizeLabel(match[1])
  if (!footnotesByEnv.get(state.env)?.has(label)) return false
  if (!silent) state.push('footnote_reference', '', 0).meta = { label }
  state.pos += match[0].length
  return true
}

/** Returns the tokens with the footnotes in a section at the end, and numbers them. */
function moveToEnd(tokens: Token[], footnotes: Footnotes, Constructor: typeof Token): Token[] {
  const text: Token[] = []
  const open: Token[][] = []
  for (const token of tokens) {
    const footnote = footnotes.get(String(token.meta?.['label']))
    if (token.type === 'footnote_open') open.push(footnote?.tokens ?? [])
    else if (token.type === 'footnote_close') open.pop()
    else (open.at(-1) ?? text).push(token)
  }
  const create = (type: string, nesting: -1 | 0 | 1, meta: Record<string, unknown>): Token =>
    Object.assign(new Constructor(type, '', nesting), { meta, block: true })
  const items = numberReferences(text, footnotes).flatMap((footnote) => {
    const { id, number, tokens: content, references } = footnote
    const end = content.at(-1)?.type === 'paragraph_close' ? content.length - 1 : content.length
    const backLinks = Array.from({ length: references }, (_, use) =>
      create('footnote_back_link', 0, { id, number, use: use + 1 }),
    )
    return [
      create('footnote_item_open', 1, { id }),
      ...content.slice(0, end),
      ...backLinks,
      ...content.slice(end),
      create('footnote_item_close', -1, {}),
    ]
  })
  return [
    ...text,
    create('footnote_section_open', 1, {}),
    ...items,
    create('footnote_section_close', -1, {}),
  ]
}

/**
 * Numbers the references in the order of the text, then those within the footnotes. Returns the
 * footnotes in the order of their numbers.
 */
function numberReferences(text: Token[], footnotes: Footnotes): Footnote[] {
  const numbered: Footnote[] = []
  const number = (footnote: Footnote): void => {
    if (footnote.number === 0) footnote.number = numbered.push(footnote)
  }
  const visit = (tokens: readonly Token[]): void => {
    for (const token of tokens) {
      const footnote = footnotes.get(String(token.meta?.['label']))
      if (token.type === 'footnote_reference' && footnote) {
        number(footnote)
        footnote.references += 1
        token.meta = { id: footnote.id, number: footnote.number, use: footnote.references }
      }
      if (token.children) visit(token.children)
    }
  }
  let visited = 0
  const visitNumbered = (): void => {
    for (; visited < numbered.length; visited += 1) visit(numbered[visited]?.tokens ?? [])
  }
  visit(text)
  visitNumbered()
  for (const footnote of footnotes.values()) {
    number(footnote)
    visitNumbered()
  }
  return numbered
}

const getMeta = ({ meta }: Token, key: 'id' | 'number' | 'use'): string => String(meta?.[key])
/**
 * Returns the id of a reference. From the second reference to a footnote on, it ends in a number.
 */
const getReferenceId = (token: Token): string => {
  const use = getMeta(token, 'use')
  return `fnref-${getMeta(token, 'id')}${use === '1' ? '' : `-${use}`}`
}

/** The id of the heading of the footnotes, which describes each reference. */
export const LABEL_ID = 'footnote-label'
const getWords = (env: Env | undefined) => getFootnoteWords(String(env?.['language'] ?? 'en'))

const RENDERER_RULES: Record<string, RendererRule> = {
  footnote_reference: (tokens, index, _options, _env, renderer) => {
    const token = tokens[index]
    if (!token) return ''
    const attributes = renderer.renderAttrs({
      attrs: [
        ['href', `#fn-${encodeURIComponent(getMeta(token, 'id'))}`],
        ['id', getReferenceId(token)],
        ['data-footnote-ref', ''],
        ['aria-describedby', LABEL_ID],
      ],
    })
    return `<sup><a${attributes}>${getMeta(token, 'number')}</a></sup>`
  },
  footnote_section_open: (_tokens, _index, _options, env) => {
    const { heading, lang } = getWords(env)
    const language = lang === undefined ? '' : ` lang="${lang}"`
    return `<section data-footnotes><h2 id="${LABEL_ID}"${language}>${heading}</h2>\n<ol>\n`
  },
  footnote_section_close: () => '</ol>\n</section>\n',
  footnote_item_open: (tokens, index, _options, _env, renderer) => {
    const token = tokens[index]
    return token
      ? `<li${renderer.renderAttrs({ attrs: [['id', `fn-${getMeta(token, 'id')}`]] })}>\n`
      : ''
  },
  footnote_item_close: () => '</li>\n',
  footnote_back_link: (tokens, index, _options, env, renderer) => {
    const token = tokens[index]
    if (!token) return ''
    const use = getMeta(token, 'use')
    const suffix = use === '1' ? '' : `-${use}`
    const { back, lang } = getWords(env)
    const attributes = renderer.renderAttrs({
      attrs: [
        ['href', `#${encodeURIComponent(getReferenceId(token))}`],
        ['data-footnote-backref', ''],
        ['aria-label', back.replace('#', `${getMeta(token, 'number')}${suffix}`)],
        ...(lang === undefined ? [] : [['lang', lang] satisfies [string, string]]),
      ],
    })
    return ` <a${attributes}>↩${use === '1' ? '' : `<sup>${use}</sup>`}</a>`
  },
}
