/**
 * How the lines of a Markdown text fall into blocks, paragraphs, table rows and nested lists, as
 * far as counting what they cost needs it. One pass over the text each.
 */
/** White space, list marks and quote marks at the beginning of a line. */
export const LINE_PREFIX = /^(?:[ \t]*(?:>|[-*+](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$)))+/
const THEMATIC_BREAK = /^[ \t>]*([-*])(?:[ \t]*\1)*[ \t]*$/
/**
 * A heading, a fence, a definition, HTML, or the line under one of them. Rows of tables have their
 * bars counted, and a line may begin with a link or with emphasis.
 */
const OTHER_BLOCK_START = /^[ \t]*(?:[-=#`~<:+]|\[(?![^\]]*\]\()|[*_](?![*_]?[^*_\s]))/

/** A line of nothing but `-` or `*` is a thematic break, however many it has. */
export const getLinePrefix = (line: string): string =>
  THEMATIC_BREAK.test(line) ? '' : (LINE_PREFIX.exec(line)?.[0] ?? '')

/**
 * Begins a block of HTML that goes on until a blank line, and is not looked at as Markdown. With
 * white space before it, it may be in a list, which ends on a line without white space, and the
 * HTML with it.
 */
const HTML_BLOCK_START =
  /^<\/?(?:article|aside|blockquote|caption|center|col|colgroup|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|li|main|nav|ol|p|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)(?=[ \t>]|\/>|$)/i
/**
 * May end a fence, a comment or the like that began before. What looks like HTML or a table may be
 * within it: then all that comes after such a line is Markdown.
 */
const VERBATIM_END = /`{3}|~{3}|-->|\?>|\]\]>|<\/(?:pre|script|style|textarea)/i
/**
 * A declaration ends with any `>`: after one, no line is taken for a part of a block of HTML or of
 * a table.
 */
const DECLARATION = /<![a-z]/i

/**
 * The same with blocks of HTML left blank: what they cost is bounded by the elements that they
 * make.
 */
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
 * What lines cost for what they begin with. `structured`: marks of lists and quotes, lines that
 * begin another kind of block, and lines that stay in a list, quote or footnote without a mark.
 * `levels`: for each line, how deep it is; a line without a mark, and a blank one, may still be as
 * deep as the one before it.
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

/** Columns that white space takes, with tab stops of four. Anything else takes one. */
export function countColumns(prefix: string): number {
  let columns = 0
  for (const character of prefix) columns += character === '\t' ? 4 - (columns % 4) : 1
  return columns
}

/**
 * Ends a paragraph, with or without marks of quotes. After four columns, a `>` is a part of the
 * paragraph.
 */
export const isBlank = (line: string): boolean => /^(?: {0,3}>)*[ \t]*$/.test(line)

/** Lines without a blank one between them. */
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

/**
 * Whatever stands before it, such a line begins a paragraph of its own: an item of a list, or a
 * heading.
 */
const PARAGRAPH_START = /^ {0,3}(?:[-*+][ \t]+\S|#{1,6}[ \t])/

/**
 * The parts of a block that are read each by itself: items and rows are not read as one paragraph.
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
 * Lines at the beginning of a block that are a table beyond doubt, or would be if they are not
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

/** The cells of a row that begins with a bar. */
function splitCells(row: string): string[] {
  const [before, ...cells] = row.split('|')
  if (/^[ \t]*$/.test(cells.at(-1) ?? '')) cells.pop()
  return before === '' ? cells : []
}
