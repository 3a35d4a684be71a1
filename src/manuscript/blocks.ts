/**
 * Splits the lines of a Markdown text into blocks, paragraphs, table rows and nested lists, as far
 * as counting their costs requires (`cost.ts`). Each function makes one pass over the text.
 */
/** White space, list marks and quote marks at the beginning of a line. */
export const LINE_PREFIX = /^(?:[ \t]*(?:>|[-*+](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$)))+/
const THEMATIC_BREAK = /^[ \t>]*([-*])(?:[ \t]*\1)*[ \t]*$/
/**
 * A heading, a fence, a definition, HTML, or an underline. Not rows of tables, whose bars are
 * counted, and not lines that begin with a link or with emphasis.
 */
const OTHER_BLOCK_START = /^[ \t]*(?:[-=#`~<:+]|\[(?![^\]]*\]\()|[*_](?![*_]?[^*_\s]))/

/** Returns the prefix of a line. A line of nothing but `-` or `*` is a thematic break. */
export const getLinePrefix = (line: string): string =>
  THEMATIC_BREAK.test(line) ? '' : (LINE_PREFIX.exec(line)?.[0] ?? '')

/**
 * Begins an HTML block, which extends to a blank line and is not parsed as Markdown. With white
 * space before it, it may be in a list, which ends, together with the HTML, at a line without white
 * space.
 */
const HTML_BLOCK_START =
  /^<\/?(?:article|aside|blockquote|caption|center|col|colgroup|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|li|main|nav|ol|p|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)(?=[ \t>]|\/>|$)/i
/**
 * May end a fence or comment that began earlier, which may contain what looks like HTML or a table.
 * After such a line everything counts as Markdown.
 */
const VERBATIM_END = /`{3}|~{3}|-->|\?>|\]\]>|<\/(?:pre|script|style|textarea)/i
/**
 * A declaration such as `<!DOCTYPE` ends at the next `>`, wherever it is. After one, no line counts
 * as part of an HTML block.
 */
const DECLARATION = /<![a-z]/i

/** Blanks HTML blocks, because their costs are bounded by the number of their elements. */
export function blankHtmlBlocks(lines: string[]): string[] {
  let isInHtml = false
  let isAfterDeclaration = false
  return lines.map((line, index) => {
    isAfterDeclaration ||= DECLARATION.test(line)
    if (isBlank(line)) isInHtml = false
    else if (isBlank(lines[index - 1] ?? '')) isInHtml = HTML_BLOCK_START.test(line)
    if (isAfterDeclaration || VERBATIM_END.test(line)) isInHtml = false
    return isInHtml ? '' : line
  })
}

/**
 * Counts what lines cost because of their beginnings. `structuredLines`: marks of lists and quotes,
 * lines that begin another kind of block, and lines that continue a list, quote or footnote without
 * a mark. `levels`: the depth of each line; a line without a mark, or a blank one, may be as deep
 * as the one before.
 */
export function countLineStructure(lines: string[]): { structuredLines: number; levels: number } {
  let structuredLines = 0
  let levels = 0
  let depth = 0
  let isAfterBlank = false
  for (const line of lines) {
    if (isBlank(line)) {
      structuredLines += line.match(/>/g)?.length ?? 0
      levels += depth
      isAfterBlank = true
      continue
    }
    const prefix = getLinePrefix(line)
    const footnoteMarks = /^[ \t]*\[\^/.test(line) ? 1 : 0
    const marks = prefix.replace(/[\s\d]/g, '').length
    const indent = Math.floor(
      countColumns(/^[ \t]*/.exec(line.slice(prefix.length))?.[0] ?? '') / 2,
    )
    const ownDepth =
      marks + footnoteMarks + Math.floor(countColumns(prefix.replace(/[^ \t]/g, '')) / 2) + indent
    const startsOtherBlock = OTHER_BLOCK_START.test(line.slice(prefix.length))
    structuredLines +=
      marks + (startsOtherBlock || (depth > 0 && ownDepth === 0 && !isAfterBlank) ? 1 : 0)
    depth = isAfterBlank ? ownDepth : Math.max(depth, ownDepth)
    levels += depth
    isAfterBlank = false
  }
  return { structuredLines, levels }
}

/** Counts the columns of white space, with tab stops of four. Any other character is one column. */
export function countColumns(prefix: string): number {
  let columns = 0
  for (const character of prefix) columns += character === '\t' ? 4 - (columns % 4) : 1
  return columns
}

/**
 * Returns whether a line ends a paragraph: blank, with or without quote marks. After four columns,
 * a `>` belongs to the paragraph.
 */
export const isBlank = (line: string): boolean => /^(?: {0,3}>)*[ \t]*$/.test(line)

/** Yields runs of lines without a blank line between them. */
export function* splitBlocks(lines: string[]): Generator<string[]> {
  let block: string[] = []
  for (const line of lines) {
    if (!isBlank(line)) block.push(line)
    else if (block.length > 0) {
      yield block
      block = []
    }
  }
  if (block.length > 0) yield block
}

/** Such a line always begins a paragraph: a list item or a heading. */
const PARAGRAPH_START = /^ {0,3}(?:[-*+][ \t]+\S|#{1,6}[ \t])/

/**
 * Yields the parts of a block that the parser reads separately: list items and rows are not one
 * paragraph.
 */
export function* splitParagraphs(block: string[]): Generator<string> {
  const tableRows = countTableRows(block)
  let paragraph: string[] = []
  for (const [index, line] of block.entries()) {
    if ((index <= tableRows || PARAGRAPH_START.test(line)) && paragraph.length > 0) {
      yield paragraph.join('\n')
      paragraph = []
    }
    paragraph.push(line)
  }
  yield paragraph.join('\n')
}

/**
 * Counts the lines at the beginning of a block that are certainly a table, unless they are
 * verbatim.
 */
function countTableRows(block: string[]): number {
  const [header = '', delimiterRow = ''] = block
  const [headerCells, delimiterCells] = [splitCells(header), splitCells(delimiterRow)]
  if (
    /[\\`]/.test(header) ||
    headerCells.length === 0 ||
    headerCells.length !== delimiterCells.length
  )
    return 0
  if (!delimiterCells.every((cell) => /^[ \t]*:?-+:?[ \t]*$/.test(cell))) return 0
  const end = block.findIndex((line) => !line.startsWith('|') || VERBATIM_END.test(line))
  return end === -1 ? block.length : end
}

/** Splits a row that begins with a bar into cells. */
function splitCells(row: string): string[] {
  const [before, ...cells] = row.split('|')
  if (/^[ \t]*$/.test(cells.at(-1) ?? '')) cells.pop()
  return before === '' ? cells : []
}
