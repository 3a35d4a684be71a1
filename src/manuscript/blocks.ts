/**
 * How the lines of a Markdown text fall into blocks, paragraphs, table rows and nested lists, as
 * far as counting what they cost needs it. One pass over the text each.
 */
/** White space, list marks and quote marks at the beginning of a line. */
export const LEAD = /^(?:[ \t]*(?:>|[-*+](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$)))+/
const BREAK = /^[ \t>]*([-*])(?:[ \t]*\1)*[ \t]*$/
/**
 * A heading, a fence, a definition, HTML, or the line under one of them. Rows of tables have their
 * bars counted, and a line may begin with a link or with emphasis.
 */
const OTHER_BEGINNING = /^[ \t]*(?:[-=#`~<:+]|\[(?![^\]]*\]\()|[*_](?![*_]?[^*_\s]))/

/** A line of nothing but `-` or `*` is a thematic break, however many it has. */
export const leadOf = (line: string): string =>
  BREAK.test(line) ? '' : (LEAD.exec(line)?.[0] ?? '')

/**
 * Begins a block of HTML that goes on until a blank line, and is not looked at as Markdown. With
 * white space before it, it may be in a list, which ends on a line without white space, and the
 * HTML with it.
 */
const HTML_BLOCK =
  /^<\/?(?:article|aside|blockquote|caption|center|col|colgroup|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|li|main|nav|ol|p|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)(?=[ \t>]|\/>|$)/i
/**
 * May end a fence, a comment or the like that began before. What looks like HTML or a table may be
 * within it: then all that comes after such a line is Markdown.
 */
const ENDS_VERBATIM = /`{3}|~{3}|-->|\?>|\]\]>|<\/(?:pre|script|style|textarea)/i
/**
 * A declaration ends with any `>`: after one, no line is taken for a part of a block of HTML or of
 * a table.
 */
const DECLARATION = /<![a-z]/i

/**
 * The same with blocks of HTML left blank: what they cost is bounded by the elements that they
 * make.
 */
export function withoutHtmlBlocks(lines: string[]): string[] {
  let html = false
  let declared = false
  return lines.map((line, index) => {
    declared ||= DECLARATION.test(line)
    if (isBlank(line)) html = false
    else if (isBlank(lines[index - 1] ?? '')) html = HTML_BLOCK.test(line)
    if (declared || ENDS_VERBATIM.test(line)) html = false
    return html ? '' : line
  })
}

/**
 * What lines cost for what they begin with. `structured`: marks of lists and quotes, lines that
 * begin another kind of block, and lines that stay in a list, quote or footnote without a mark.
 * `levels`: for each line, how deep it is; a line without a mark, and a blank one, may still be as
 * deep as the one before it.
 */
export function countsOfLines(lines: string[]): { structured: number; levels: number } {
  let structured = 0
  let levels = 0
  let depth = 0
  let afterBlank = false
  for (const line of lines) {
    if (isBlank(line)) {
      structured += line.match(/>/g)?.length ?? 0
      levels += depth
      afterBlank = true
      continue
    }
    const lead = leadOf(line)
    const note = /^[ \t]*\[\^/.test(line) ? 1 : 0
    const marks = lead.replace(/[\s\d]/g, '').length
    const indent = Math.floor(columnsOf(/^[ \t]*/.exec(line.slice(lead.length))?.[0] ?? '') / 2)
    const own = marks + note + Math.floor(columnsOf(lead.replace(/[^ \t]/g, '')) / 2) + indent
    const other = OTHER_BEGINNING.test(line.slice(lead.length))
    structured += marks + (other || (depth > 0 && own === 0 && !afterBlank) ? 1 : 0)
    depth = afterBlank ? own : Math.max(depth, own)
    levels += depth
    afterBlank = false
  }
  return { structured, levels }
}

/** Columns that white space takes, with tab stops of four. Anything else takes one. */
export function columnsOf(lead: string): number {
  let columns = 0
  for (const character of lead) columns += character === '\t' ? 4 - (columns % 4) : 1
  return columns
}

/**
 * Ends a paragraph, with or without marks of quotes. After four columns, a `>` is a part of the
 * paragraph.
 */
export const isBlank = (line: string): boolean => /^(?: {0,3}>)*[ \t]*$/.test(line)

/** Lines without a blank one between them. */
export function* blocksOf(lines: string[]): Generator<string[]> {
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
const BEGINS_PARAGRAPH = /^ {0,3}(?:[-*+][ \t]+\S|#{1,6}[ \t])/

/**
 * The parts of a block that are read each by itself: items and rows are not read as one paragraph.
 */
export function* paragraphsOf(block: string[]): Generator<string> {
  const rows = rowsOfTable(block)
  let paragraph: string[] = []
  for (const [index, line] of block.entries()) {
    if ((index <= rows || BEGINS_PARAGRAPH.test(line)) && paragraph.length > 0) {
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
function rowsOfTable(block: string[]): number {
  const [header = '', rule = ''] = block
  const [titles, rules] = [cellsOf(header), cellsOf(rule)]
  if (/[\\`]/.test(header) || titles.length === 0 || titles.length !== rules.length) return 0
  if (!rules.every((cell) => /^[ \t]*:?-+:?[ \t]*$/.test(cell))) return 0
  const end = block.findIndex((line) => !line.startsWith('|') || ENDS_VERBATIM.test(line))
  return end === -1 ? block.length : end
}

/** The cells of a row that begins with a bar. */
function cellsOf(row: string): string[] {
  const [before, ...cells] = row.split('|')
  if (/^[ \t]*$/.test(cells.at(-1) ?? '')) cells.pop()
  return before === '' ? cells : []
}
