/**
 * What a Markdown text costs to read, counted before it is parsed.
 *
 * The parser takes quadratic time over some constructs and a long time over others. Each of them is
 * counted here in one pass over the text, and each count has a limit that alone costs two or three
 * tenths of a second. All together share one limit, so that a mixture costs hardly more than one
 * construct alone.
 */
import { byteLength } from '../text/characters.ts'
import { blocksOf, countsOfLines, isBlank, paragraphsOf, withoutHtmlBlocks } from './blocks.ts'

/** Lines in a Markdown text, whatever they hold. */
export const MAX_LINES = 4_000
/** Short rows of a table are filled up, so that it can have many more cells than characters. */
const MAX_TABLE_CELLS = 10_000
/** Bytes that the addresses and titles of reference definitions may become where they are used. */
const MAX_REFERENCED_BYTES = 1024 * 1024

/**
 * What is counted, up to how much, and what a fault says of more. A number of steps tells an editor
 * nothing.
 */
const LIMIT_OF = {
  lines: { most: 1_500, told: 'lines of lists, quotes, headings and the like' },
  levels: { most: 10_000, told: 'lists, quotes or indented lines with too many levels' },
  bars: { most: 5_600, told: 'vertical bars of tables' },
  links: { most: 2_000, told: 'links and references' },
  addresses: { most: 2_000, told: 'bare addresses and @ signs' },
  footnotes: { most: 1_000, told: 'footnotes and references to them' },
  tags: { most: 5_000, told: 'HTML tags' },
  marks: { most: 15_000, told: 'signs of markup such as * and [' },
  walked: {
    most: 4_000_000,
    told: 'paragraphs that are too long for so many brackets and emphasis marks',
    advice: 'put blank lines between their parts',
  },
  scanned: {
    most: 2_000_000,
    told: 'code, comments or links that are opened and not closed',
    advice: 'close them, or put a backslash before each opening sign',
  },
  trailed: {
    most: 8_000_000,
    told: 'addresses with too many punctuation marks in a row',
    advice: 'shorten them, or put a space after each address',
  },
} as const satisfies Record<string, { most: number; told: string; advice?: string }>

export type Counted = keyof typeof LIMIT_OF

/** A mixture may cost half as much again as one construct alone. */
export const MAX_SHARE = 1.5

/**
 * Why a Markdown text is too costly to parse, or nothing. No article that a person wrote comes
 * near. What is cheap to count is counted first, and nothing more is counted once a limit is
 * passed.
 */
export function slowMarkdown(text: string): string | undefined {
  const lines = text.split('\n')
  if (lines.length > MAX_LINES) return `has ${lines.length} lines, more than ${MAX_LINES}`
  const cells = tableCells(lines)
  if (cells > MAX_TABLE_CELLS) return `has tables of ${cells} cells, more than ${MAX_TABLE_CELLS}`
  const costs = new Map<Counted, number>()
  for (const [name, count] of countsOf(lines)) {
    if (count > LIMIT_OF[name].most) return tooMuch(name, count)
    costs.set(name, count)
  }
  if (referencedBytes(text) > MAX_REFERENCED_BYTES)
    return `repeats its reference definitions to more than ${MAX_REFERENCED_BYTES} bytes`
  if (shareOf(costs) <= MAX_SHARE) return undefined
  const share = ([name, count]: [Counted, number]): number => count / LIMIT_OF[name].most
  const [first = '', second = ''] = [...costs]
    .sort((a, b) => share(b) - share(a))
    .map(([name]) => LIMIT_OF[name].told)
  return `has too much markup in all, most of it ${first}, and ${second}; publish it in parts`
}

function tooMuch(name: Counted, count: number): string {
  const limit = LIMIT_OF[name]
  if ('advice' in limit) return `has ${limit.told}; ${limit.advice}`
  if (name === 'levels') return `has ${limit.told}; use fewer levels`
  return `has ${count} ${limit.told}, more than ${limit.most}`
}

/**
 * How much of what a text may cost is used up, as a sum of the parts of all limits: one limit used
 * up is 1.
 */
export const shareOf = (costs: Map<Counted, number>): number =>
  [...costs].reduce((sum, [name, count]) => sum + count / LIMIT_OF[name].most, 0)

/** Every count of the text. Linear in its length. */
export const costsOf = (lines: string[]): Map<Counted, number> => new Map(countsOf(lines))

/** The counts one after the other, so that one can stop between them. */
function* countsOf(given: string[]): Generator<[Counted, number]> {
  const lines = withoutHtmlBlocks(given)
  const text = lines.join('\n')
  const count = (pattern: RegExp): number => {
    let found = 0
    for (const _ of text.matchAll(pattern)) found += 1
    return found
  }
  const { structured, levels } = countsOfLines(lines)
  yield ['lines', structured]
  yield ['levels', levels]
  yield ['bars', count(/\|/g)]
  yield ['links', count(/\](?=[([:])/g)]
  yield ['addresses', count(/(?<!\]\(<?)(?:www\.|https?:)|@/gi)]
  yield ['footnotes', count(/\[\^/g)]
  yield ['tags', count(/<[a-z/!?]/gi)]
  yield ['marks', count(/[*_~`[\]<&@\\\t]/g)]
  yield ['trailed', stepsOverTrails(text)]
  const blocks = [...blocksOf(lines)]
  yield ['scanned', blocks.reduce((sum, block) => sum + stepsOverUnclosed(block.join('\n')), 0)]
  let walked = 0
  for (const block of blocks)
    for (const paragraph of paragraphsOf(block)) walked += stepsOverMarks(paragraph)
  yield ['walked', walked]
}

/**
 * How far a parser walks back over one paragraph: from each mark of emphasis and each closing
 * bracket over the marks before it, and from each word in brackets that are still open over the
 * words before it.
 */
function stepsOverMarks(paragraph: string): number {
  const runs = paragraph.match(/(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])|\*+|~+/gu) ?? []
  // The parser takes at most two characters of a run at a time.
  const pieces = runs.reduce((sum, run) => sum + Math.ceil(run.length / 2), 0)
  const marks = paragraph.match(/[*_~[\]()!`<&@\\]/g)?.length ?? 0
  const { vain, squares } = stepsOverBrackets(paragraph)
  return (pieces + vain) * marks + squares
}

/** Brackets, where a bare address may begin, and other signs that are read by themselves. */
const TOKEN = /\\[^]|[[\]]|(?<address>(?<![\w+./-])[\w+.-]|(?<![a-z])h)|[*~`!<&@|:()\n]/gi

/**
 * `vain`: closing brackets that may end no link, for which the parser walks back over all that is
 * before them. `squares`: while a bracket is open, it walks back to it from each place where a bare
 * address may begin.
 */
function stepsOverBrackets(paragraph: string): { vain: number; squares: number } {
  const doubts = doubtsOf(paragraph)
  let [vain, squares] = [0, 0]
  let [mayBeOpen, areOpen] = [0, 0]
  let [addresses, signs] = [0, 0]
  const settle = (): void => {
    squares += addresses * (addresses + signs)
    addresses = 0
    signs = 0
  }
  for (const { 0: token, index, groups } of paragraph.matchAll(TOKEN)) {
    const sure = !doubts.some(({ from, to }) => from < index && index < to)
    if (token === '[') {
      mayBeOpen += 1
      if (sure) areOpen += 1
    } else if (token === ']') {
      if (!sure || areOpen === 0 || !/[([]/.test(paragraph.charAt(index + 1))) vain += 1
      areOpen = Math.max(0, areOpen - 1)
      if (sure) mayBeOpen = Math.max(0, mayBeOpen - 1)
      if (mayBeOpen === 0) settle()
    } else if (mayBeOpen > 0) {
      if (groups?.['address']) addresses += 1
      else signs += 1
    }
  }
  settle()
  return { vain, squares }
}

/** A tag or an address in angle brackets that holds no bracket and no backtick. */
const PLAIN_TAG =
  /<\/?[a-z][a-z0-9-]*(?:[ \t\n]+[a-z-]+="[^"<>[\]`\\]*")*[ \t\n]*\/?>|<[a-z][a-z0-9+.-]{1,31}:[^\s<>[\]`\\]*>|<[\w.+-]+@[\w.-]+>/gi
/** The address and title of a link, unless they hold no bracket and end beyond doubt. */
const ODD_TARGET = /\]\((?!(?:[^\s()<>[\]\\`]|\([^\s()<>[\]\\`]*\))*(?:\s+"[^"\\[\]]*")?\))/

/**
 * Where a bracket may be a part of code, of HTML or of the address of a link, and may open and
 * close nothing.
 */
function doubtsOf(paragraph: string): { from: number; to: number }[] {
  const rest = paragraph.replace(PLAIN_TAG, (tag) => ' '.repeat(tag.length))
  return [
    { from: paragraph.indexOf('`'), to: paragraph.lastIndexOf('`') },
    { from: rest.search(/<[a-z/!?]/i), to: rest.lastIndexOf('>') },
    { from: paragraph.search(ODD_TARGET), to: paragraph.lastIndexOf(')') },
  ].filter(({ from, to }) => from > -1 && from < to)
}

const OPENINGS = [
  { open: /<!--/g, close: '-->' },
  { open: /<\?/g, close: '?>' },
  { open: /<!\[CDATA\[/g, close: ']]>' },
  { open: /<![a-z]/gi, close: '>' },
] as const

/**
 * How far a parser looks ahead for the end of what has none: from each opening to the end of the
 * block.
 */
function stepsOverUnclosed(block: string): number {
  let steps = 0
  for (const { open, close } of OPENINGS) {
    const last = block.lastIndexOf(close)
    for (const { index } of block.matchAll(open)) if (index >= last) steps += block.length - index
  }
  return steps + stepsOverCode(block) + stepsOverTargets(block)
}

/**
 * The title of a link may end with the next `)`, and is looked for again from each link before
 * that.
 */
function stepsOverTargets(block: string): number {
  let steps = 0
  let open = 0
  let sum = 0
  const close = (end: number): void => {
    steps += open * end - sum
    open = 0
    sum = 0
  }
  for (const { 0: token, index } of block.matchAll(/\\[^]|\]\(|\)/g)) {
    if (token === ')') close(index)
    else if (token === '](') {
      open += 1
      sum += index
    }
  }
  close(block.length)
  return steps
}

/**
 * Punctuation at the end of a bare address is no part of it: at each sign a parser looks whether
 * only such follow.
 */
function stepsOverTrails(text: string): number {
  let steps = 0
  for (const [address] of text.matchAll(/(?:www\.|https?:)\S*/gi))
    for (const [trail] of address.matchAll(/(?:[!"'),*.:;<?\]_~]|&[a-z0-9]*)+/gi))
      steps += trail.length ** 2
  return steps
}

/**
 * A run of backticks ends with the next one of the same length. Each step over code costs more than
 * another.
 */
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

/**
 * Cells that the tables will have: each row is filled up to as many as the line below the header
 * has.
 */
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

/**
 * Bytes of the longest address of a reference definition, as often as a bracket closes: it is
 * encoded again at each use. Wherever the definition stands, its address comes after `]:`, on the
 * same line or the next.
 */
function referencedBytes(text: string): number {
  let longest = 0
  for (const [definition] of text.matchAll(/\]:[\s>]*(?:<[^<>\n]*|\S*)/g))
    longest = Math.max(longest, byteLength(definition))
  return longest * (text.match(/\]/g)?.length ?? 0)
}
