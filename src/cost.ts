/**
 * What a Markdown text costs to read, counted before it is parsed.
 *
 * The parser takes quadratic time over some constructs and a long time over others. Each of them is counted here
 * in one pass over the text, and each count has a limit that alone costs two or three tenths of a second. All
 * together share one limit, so that a mixture costs hardly more than one construct alone.
 */
import { byteLength } from './text.ts'

/** Lines in a Markdown text, whatever they hold. */
export const MAX_LINES = 4_000
/** Short rows of a table are filled up, so that it can have many more cells than characters. */
const MAX_TABLE_CELLS = 10_000
/** Bytes that the addresses and titles of reference definitions may become where they are used. */
const MAX_REFERENCED_BYTES = 1024 * 1024

/** The limit of each count, in the order in which a fault names them. */
const LIMIT_OF = {
  'lines of lists, quotes, headings and the like': 1_500,
  'levels of nesting and indentation in all its lines': 10_000,
  'vertical bars of tables': 5_000,
  'links and references': 2_000,
  'bare addresses and @ signs': 2_000,
  'footnote marks': 1_000,
  'HTML tags': 5_000,
  marks: 15_000,
  'steps over emphasis and brackets in one paragraph': 4_000_000,
  'steps over code, comments and titles that are never closed': 2_000_000,
} as const

export type Counted = keyof typeof LIMIT_OF

const isCounted = (name: string): name is Counted => Object.hasOwn(LIMIT_OF, name)
const COUNTED = Object.keys(LIMIT_OF).filter(isCounted)

/** A mixture may cost half as much again as one construct alone. */
export const MAX_SHARE = 1.5

/** Why a Markdown text is too costly to parse, or nothing. No article that a person wrote comes near. */
export function slowMarkdown(text: string): string | undefined {
  const lines = text.split('\n')
  if (lines.length > MAX_LINES) return `has ${lines.length} lines, more than ${MAX_LINES}`
  const cells = tableCells(lines)
  if (cells > MAX_TABLE_CELLS) return `has tables of ${cells} cells, more than ${MAX_TABLE_CELLS}`
  const costs = costsOf(lines)
  for (const name of COUNTED) {
    if (costs[name] > LIMIT_OF[name])
      return `has ${costs[name]} ${name}, more than ${LIMIT_OF[name]}`
  }
  if (referencedBytes(lines, text) > MAX_REFERENCED_BYTES)
    return `repeats its reference definitions to more than ${MAX_REFERENCED_BYTES} bytes`
  if (shareOf(costs) <= MAX_SHARE) return undefined
  const [first, second] = [...COUNTED].sort(
    (a, b) => costs[b] / LIMIT_OF[b] - costs[a] / LIMIT_OF[a],
  )
  return `has too much markup in all, most of it ${first && `${costs[first]} ${first}`} and ${second && `${costs[second]} ${second}`}`
}

/** How much of what a text may cost is used up, as a sum of the parts of all limits: one limit used up is 1. */
export const shareOf = (costs: Record<Counted, number>): number =>
  COUNTED.reduce((sum, name) => sum + costs[name] / LIMIT_OF[name], 0)

/** Every count of the text. Linear in its length. */
export function costsOf(given: string[]): Record<Counted, number> {
  const lines = withoutHtmlBlocks(given)
  const text = lines.join('\n')
  const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0
  const { structured, levels } = countsOfLines(lines)
  let walked = 0
  let scanned = 0
  for (const block of blocksOf(lines)) {
    for (const paragraph of paragraphsOf(block)) walked += stepsOverMarks(paragraph)
    scanned += stepsOverUnclosed(block.join('\n'))
  }
  return {
    'lines of lists, quotes, headings and the like': structured,
    'levels of nesting and indentation in all its lines': levels,
    'vertical bars of tables': count(/\|/g),
    'links and references': count(/\](?=[([:])/g),
    'bare addresses and @ signs': count(/(?<!\]\(<?)(?:www\.|https?:)|@/gi),
    'footnote marks': count(/\[\^/g),
    'HTML tags': count(/<[a-z/!?]/gi),
    marks: count(/[*_~`[\]<&@\\\t]/g),
    'steps over emphasis and brackets in one paragraph': walked,
    'steps over code, comments and titles that are never closed': scanned,
  }
}

/** White space, list marks and quote marks at the beginning of a line. */
export const LEAD = /^(?:[ \t]*(?:>|[-*+](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$)))+/
const BREAK = /^[ \t>]*([-*])(?:[ \t]*\1)*[ \t]*$/
/** A heading, a fence, a definition, HTML, or the line under one of them. Rows of tables have their bars counted. */
const OTHER_BEGINNING = /^[ \t]*[-=#`~[<:_*+]/

/** A line of nothing but `-` or `*` is a thematic break, however many it has. */
export const leadOf = (line: string): string =>
  BREAK.test(line) ? '' : (LEAD.exec(line)?.[0] ?? '')

/** Begins a block of HTML that goes on until a blank line, and is not looked at as Markdown. */
const HTML_BLOCK =
  /^ {0,3}<\/?(?:article|aside|blockquote|caption|center|col|colgroup|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|li|main|nav|ol|p|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)(?=[\s>]|\/>|$)/i

/** The same with blocks of HTML left blank: what they cost is bounded by the elements that they make. */
function withoutHtmlBlocks(lines: string[]): string[] {
  let html = false
  return lines.map((line, index) => {
    if (isBlank(line)) html = false
    else if (isBlank(lines[index - 1] ?? '')) html = HTML_BLOCK.test(line)
    return html ? '' : line
  })
}

/**
 * What lines cost for what they begin with. `structured`: marks of lists and quotes, lines that begin another kind
 * of block, and lines that stay in a list, quote or footnote without a mark. `levels`: for each line, how deep it is; a line
 * without a mark, and a blank one, may still be as deep as the one before it.
 */
function countsOfLines(lines: string[]): { structured: number; levels: number } {
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

const isBlank = (line: string): boolean => /^[\s>]*$/.test(line)

/** Lines without a blank one between them. */
function* blocksOf(lines: string[]): Generator<string[]> {
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

/** Whatever stands before it, such a line begins a paragraph of its own: an item of a list, or a heading. */
const BEGINS_PARAGRAPH = /^ {0,3}(?:[-*+][ \t]+\S|#{1,6}[ \t])/

/** The parts of a block that are read each by itself: items and rows are not read as one paragraph. */
function* paragraphsOf(block: string[]): Generator<string> {
  const rows = isTable(block)
  let paragraph: string[] = []
  for (const line of block) {
    if ((rows || BEGINS_PARAGRAPH.test(line)) && paragraph.length > 0) {
      yield paragraph.join('\n')
      paragraph = []
    }
    paragraph.push(line)
  }
  yield paragraph.join('\n')
}

/** A block that is a table beyond doubt: it begins with a header, and as many columns are ruled under it. */
function isTable([header = '', rule = '']: string[]): boolean {
  const columns = (line: string): number =>
    line.replace(/^ {0,3}\|?|\|?[ \t]*$/g, '').split('|').length
  return (
    /^ {0,3}\|[^\\`]*$/.test(header) &&
    /^ {0,3}\|?[ \t:|-]+$/.test(rule) &&
    columns(header) === columns(rule)
  )
}

/**
 * How far a parser walks back over one paragraph: from each mark of emphasis and each closing bracket over the
 * marks before it, and from each word in brackets that are still open over the words before it.
 */
function stepsOverMarks(paragraph: string): number {
  const runs = paragraph.match(/(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])|\*+|~+/gu) ?? []
  // The parser takes at most two characters of a run at a time.
  const pieces = runs.reduce((sum, run) => sum + Math.ceil(run.length / 2), 0)
  const marks = paragraph.match(/[*_~[\]()!`<&@\\]/g)?.length ?? 0
  return (pieces + vainBrackets(paragraph)) * marks + wordsInBrackets(paragraph)
}

/** A bracket that is code, or escaped, opens and closes nothing. */
const hasOnlyPlainBrackets = (paragraph: string): boolean => !/[`\\<]/.test(paragraph)

/** Closing brackets that may end no link, for which the parser walks back over all that is before them. */
function vainBrackets(paragraph: string): number {
  const plain = hasOnlyPlainBrackets(paragraph)
  let vain = 0
  let open = 0
  for (const [bracket] of paragraph.matchAll(/\[|\](?:\(|\[)?/g)) {
    const linked = bracket.length > 1 && plain && open > 0
    if (bracket !== '[') {
      open = Math.max(0, open - 1)
      if (!linked) vain += 1
    }
    if (bracket.endsWith('[')) open += 1
  }
  return vain
}

/** The squares of the numbers of words between a bracket and the one that closes it. */
function wordsInBrackets(paragraph: string): number {
  const first = paragraph.indexOf('[')
  if (first === -1) return 0
  const plain = hasOnlyPlainBrackets(paragraph)
  let squares = 0
  let open = 0
  let words = 0
  const settle = (): void => {
    squares += words * words
    words = 0
  }
  for (const [token] of paragraph.slice(first).matchAll(/[[\]]|[^[\]\s]+/g)) {
    if (token === '[') open += 1
    else if (token !== ']')
      words += open > 0 ? 1 + (token.match(/[^\p{L}\p{N}]+/gu)?.length ?? 0) : 0
    else if (plain && open > 0) {
      open -= 1
      if (open === 0) settle()
    }
  }
  settle()
  return squares
}

const OPENINGS = [
  { open: /<!--/g, close: '-->' },
  { open: /<\?/g, close: '?>' },
  { open: /<!\[CDATA\[/g, close: ']]>' },
  { open: /<![a-z]/gi, close: '>' },
  { open: /\]\([^\s()]*\s+\(/g, close: ')' },
  { open: /\]:\s*\S+\s+\(/g, close: ')' },
  { open: /\]:\s*\S+\s+"/g, close: '"' },
  { open: /\]:\s*\S+\s+'/g, close: "'" },
] as const

/** How far a parser looks ahead for the end of what has none: from each opening to the end of the block. */
function stepsOverUnclosed(block: string): number {
  let steps = 0
  for (const { open, close } of OPENINGS) {
    const last = block.lastIndexOf(close)
    for (const { index } of block.matchAll(open)) if (index >= last) steps += block.length - index
  }
  return steps + stepsOverCode(block)
}

/** A run of backticks ends with the next one of the same length. Each step over code costs more than another. */
function stepsOverCode(block: string): number {
  const runs = [...block.matchAll(/`+/g)].map(({ 0: { length }, index }) => ({ length, index }))
  const last = new Map(runs.map(({ length, index }) => [length, index]))
  let steps = 0
  let closing = 0
  for (const { length, index } of runs) {
    if (closing === length) closing = 0
    else if (closing === 0 && (last.get(length) ?? index) > index) closing = length
    else if (closing === 0) steps += COST_OF_CODE * (block.length - index)
  }
  return steps
}
const COST_OF_CODE = 4

/** Cells that the tables will have: each row is filled up to as many as the line below the header has. */
function tableCells(lines: string[]): number {
  let cells = 0
  let columns = 0
  for (const line of lines) {
    if (isBlank(line)) columns = 0
    else if (/^[\s>|:-]+$/.test(line)) columns = Math.max(columns, line.match(/[|]/g)?.length ?? 0)
    cells += columns
  }
  return cells
}

/** Bytes of the longest reference definition, as often as a bracket closes. */
function referencedBytes(lines: string[], text: string): number {
  let longest = 0
  let length = 0
  for (const line of lines) {
    if (/^[ \t>]*(?:[-*+][ \t]+)*\[[^\]]*\]:/.test(line)) length = byteLength(line)
    else if (isBlank(line)) length = 0
    else if (length > 0) length += byteLength(line)
    longest = Math.max(longest, length)
  }
  return longest * (text.match(/\]/g)?.length ?? 0)
}
