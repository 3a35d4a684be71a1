/**
 * Estimates what a Markdown text costs before it is parsed.
 *
 * The parser needs quadratic time for some constructs, and much time for others. Each is counted in
 * one pass over the text and has a limit, which costs two or three tenths of a second. All share
 * another limit, so that a mixture costs hardly more than one construct alone.
 */
import { byteLength } from '../text/characters.ts'
import {
  blankHtmlBlocks,
  countLineStructure,
  isBlank,
  splitBlocks,
  splitParagraphs,
} from './blocks.ts'

/** The maximum number of lines, whatever they contain. */
export const MAX_LINES = 4_000
/** Short rows of a table are padded, so a table can have far more cells than characters. */
const MAX_TABLE_CELLS = 10_000
/**
 * Addresses and titles of reference definitions are repeated at each use, up to this many bytes in
 * all.
 */
const MAX_REFERENCED_BYTES = 1024 * 1024

/**
 * The limit of each construct, and the words of its fault. An editor understands these better than
 * a number of steps.
 */
const COST_LIMITS = {
  lines: { max: 1_500, description: 'lines of lists, quotes, headings and the like' },
  levels: { max: 10_000, description: 'lists, quotes or indented lines with too many levels' },
  bars: { max: 5_600, description: 'vertical bars in tables' },
  links: { max: 2_000, description: 'links and references' },
  addresses: { max: 2_000, description: 'bare addresses and @ signs' },
  footnotes: { max: 1_000, description: 'footnotes and references to them' },
  tags: { max: 5_000, description: 'HTML tags' },
  marks: { max: 15_000, description: 'markup characters such as * and [' },
  markSteps: {
    max: 4_000_000,
    description: 'paragraphs with too many brackets and emphasis marks',
    advice: 'split them with blank lines',
  },
  unclosedSteps: {
    max: 2_000_000,
    description: 'too many unclosed code spans, comments or links',
    advice: 'close them, or escape their first character with a backslash',
  },
  punctuationSteps: {
    max: 8_000_000,
    description: 'addresses with too many punctuation marks in a row',
    advice: 'shorten them, or put a space after each address',
  },
} as const satisfies Record<string, { max: number; description: string; advice?: string }>

export type Construct = keyof typeof COST_LIMITS

/** A mixture may cost one and a half times the limit of one construct. */
export const MAX_TOTAL_SHARE = 1.5

/**
 * Returns why a Markdown text is too costly to parse, or `undefined`. No article that a person
 * wrote comes near a limit. The cheapest count is made first, and counting stops at the first limit
 * that is exceeded.
 */
export function findExcessiveCost(text: string): string | undefined {
  const lines = text.split('\n')
  if (lines.length > MAX_LINES) return `has ${lines.length} lines, more than ${MAX_LINES}`
  const cells = countTableCells(lines)
  if (cells > MAX_TABLE_CELLS) return `has tables with ${cells} cells, more than ${MAX_TABLE_CELLS}`
  const costs = new Map<Construct, number>()
  for (const [name, count] of countConstructs(lines)) {
    if (count > COST_LIMITS[name].max) return formatExcess(name, count)
    costs.set(name, count)
  }
  if (countReferencedBytes(text) > MAX_REFERENCED_BYTES)
    return `has reference definitions that become more than ${MAX_REFERENCED_BYTES} bytes where they are used`
  if (computeTotalShare(costs) <= MAX_TOTAL_SHARE) return undefined
  const getShare = ([name, count]: [Construct, number]): number => count / COST_LIMITS[name].max
  const [largest = '', secondLargest = ''] = [...costs]
    .sort((a, b) => getShare(b) - getShare(a))
    .map(([name]) => COST_LIMITS[name].description)
  return `has too much markup, mostly ${largest}, then ${secondLargest}; publish it in parts`
}

function formatExcess(name: Construct, count: number): string {
  const limit = COST_LIMITS[name]
  if ('advice' in limit) return `has ${limit.description}; ${limit.advice}`
  if (name === 'levels') return `has ${limit.description}; use fewer levels`
  return `has ${count} ${limit.description}, more than ${limit.max}`
}

/** Adds up the shares of all limits that are used; a limit fully used is 1. */
export const computeTotalShare = (costs: Map<Construct, number>): number =>
  [...costs].reduce((sum, [name, count]) => sum + count / COST_LIMITS[name].max, 0)

/** Counts all constructs of the text, in linear time. */
export const countCosts = (lines: string[]): Map<Construct, number> =>
  new Map(countConstructs(lines))

/** Counts one construct after another, so that the caller can stop between them. */
function* countConstructs(sourceLines: string[]): Generator<[Construct, number]> {
  const lines = blankHtmlBlocks(sourceLines)
  const text = lines.join('\n')
  const count = (pattern: RegExp): number => {
    let matches = 0
    for (const _ of text.matchAll(pattern)) matches += 1
    return matches
  }
  const { structuredLines, levels } = countLineStructure(lines)
  yield ['lines', structuredLines]
  yield ['levels', levels]
  yield ['bars', count(/\|/g)]
  yield ['links', count(/\](?=[([:])/g)]
  yield ['addresses', count(/(?<!\]\(<?)(?:www\.|https?:)|@/gi)]
  yield ['footnotes', count(/\[\^/g)]
  yield ['tags', count(/<[a-z/!?]/gi)]
  yield ['marks', count(/[*_~`[\]<&@\\\t]/g)]
  yield ['punctuationSteps', countTrailingPunctuationSteps(text)]
  const blocks = [...splitBlocks(lines)]
  yield [
    'unclosedSteps',
    blocks.reduce((sum, block) => sum + countUnclosedSteps(block.join('\n')), 0),
  ]
  let steps = 0
  for (const block of blocks)
    for (const paragraph of splitParagraphs(block)) steps += countMarkSteps(paragraph)
  yield ['markSteps', steps]
}

/**
 * Counts the parser's steps back in one paragraph: from each emphasis mark and closing bracket over
 * the marks before it, and from each word in open brackets over the words before it.
 */
function countMarkSteps(paragraph: string): number {
  const runs = paragraph.match(/(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])|\*+|~+/gu) ?? []
  // The parser handles at most two characters of a run at a time.
  const runPieces = runs.reduce((sum, run) => sum + Math.ceil(run.length / 2), 0)
  const marks = paragraph.match(/[*_~[\]()!`<&@\\]/g)?.length ?? 0
  const { unmatched, addressSteps } = countBracketSteps(paragraph)
  return (runPieces + unmatched) * marks + addressSteps
}

/**
 * Brackets, possible beginnings of bare addresses, and other characters that are parsed on their
 * own.
 */
const BRACKET_TOKEN = /\\[^]|[[\]]|(?<address>(?<![\w+./-])[\w+.-]|(?<![a-z])h)|[*~`!<&@|:()\n]/gi

/**
 * `unmatched`: closing brackets that may end no link, for which the parser walks back over all text
 * before them. `addressSteps`: inside an open bracket the parser walks back to it from each
 * possible beginning of a bare address.
 */
function countBracketSteps(paragraph: string): { unmatched: number; addressSteps: number } {
  const uncertainRanges = listUncertainRanges(paragraph)
  let [unmatched, addressSteps] = [0, 0]
  let [possiblyOpen, certainlyOpen] = [0, 0]
  let [addresses, signs] = [0, 0]
  const addAddressSteps = (): void => {
    addressSteps += addresses * (addresses + signs)
    addresses = 0
    signs = 0
  }
  for (const { 0: token, index, groups } of paragraph.matchAll(BRACKET_TOKEN)) {
    const isCertain = !uncertainRanges.some(({ from, to }) => from < index && index < to)
    if (token === '[') {
      possiblyOpen += 1
      if (isCertain) certainlyOpen += 1
    } else if (token === ']') {
      if (!isCertain || certainlyOpen === 0 || !/[([]/.test(paragraph.charAt(index + 1)))
        unmatched += 1
      certainlyOpen = Math.max(0, certainlyOpen - 1)
      if (isCertain) possiblyOpen = Math.max(0, possiblyOpen - 1)
      if (possiblyOpen === 0) addAddressSteps()
    } else if (possiblyOpen > 0) {
      if (groups?.['address']) addresses += 1
      else signs += 1
    }
  }
  addAddressSteps()
  return { unmatched, addressSteps }
}

/** A tag or an address in angle brackets without brackets and backticks. */
const PLAIN_TAG =
  /<\/?[a-z][a-z0-9-]*(?:[ \t\n]+[a-z-]+="[^"<>[\]`\\]*")*[ \t\n]*\/?>|<[a-z][a-z0-9+.-]{1,31}:[^\s<>[\]`\\]*>|<[\w.+-]+@[\w.-]+>/gi
/** The address and title of a link, unless they contain no bracket and certainly end. */
const UNCERTAIN_LINK_TARGET =
  /\]\((?!(?:[^\s()<>[\]\\`]|\([^\s()<>[\]\\`]*\))*(?:\s+"[^"\\[\]]*")?\))/

/**
 * Lists ranges where a bracket may belong to code, HTML or a link's address, and thus may open and
 * close nothing.
 */
function listUncertainRanges(paragraph: string): { from: number; to: number }[] {
  const withoutTags = paragraph.replace(PLAIN_TAG, (tag) => ' '.repeat(tag.length))
  return [
    { from: paragraph.indexOf('`'), to: paragraph.lastIndexOf('`') },
    { from: withoutTags.search(/<[a-z/!?]/i), to: withoutTags.lastIndexOf('>') },
    { from: paragraph.search(UNCERTAIN_LINK_TARGET), to: paragraph.lastIndexOf(')') },
  ].filter(({ from, to }) => from > -1 && from < to)
}

const OPENINGS = [
  { open: /<!--/g, close: '-->' },
  { open: /<\?/g, close: '?>' },
  { open: /<!\[CDATA\[/g, close: ']]>' },
  { open: /<![a-z]/gi, close: '>' },
] as const

/** Counts the steps forward to missing ends: from each opening to the end of the block. */
function countUnclosedSteps(block: string): number {
  let steps = 0
  for (const { open, close } of OPENINGS) {
    const last = block.lastIndexOf(close)
    for (const { index } of block.matchAll(open)) if (index >= last) steps += block.length - index
  }
  return steps + countCodeSteps(block) + countLinkTargetSteps(block)
}

/**
 * Counts searches for the ends of link titles: a title may end at the next `)`, and is searched
 * again from each link before it.
 */
function countLinkTargetSteps(block: string): number {
  let steps = 0
  let open = 0
  let sumOfStarts = 0
  const close = (end: number): void => {
    steps += open * end - sumOfStarts
    open = 0
    sumOfStarts = 0
  }
  for (const { 0: token, index } of block.matchAll(/\\[^]|\]\(|\)/g)) {
    if (token === ')') close(index)
    else if (token === '](') {
      open += 1
      sumOfStarts += index
    }
  }
  close(block.length)
  return steps
}

/**
 * Counts searches after bare addresses: their trailing punctuation is not part of them, so at each
 * mark the parser checks whether only marks follow.
 */
function countTrailingPunctuationSteps(text: string): number {
  let steps = 0
  for (const [address] of text.matchAll(/(?:www\.|https?:)\S*/gi))
    for (const [punctuation] of address.matchAll(/(?:[!"'),*.:;<?\]_~]|&[a-z0-9]*)+/gi))
      steps += punctuation.length ** 2
  return steps
}

/**
 * Counts steps over code: a run of backticks ends at the next run of the same length. These steps
 * cost more than others.
 */
function countCodeSteps(block: string): number {
  const runs = [...block.matchAll(/`+/g)].map(({ 0: { length }, index }) => ({ length, index }))
  const lastIndexByLength = new Map(runs.map(({ length, index }) => [length, index]))
  let steps = 0
  let closingLength = 0
  for (const { length, index } of runs) {
    if (closingLength === length) closingLength = 0
    else if (closingLength === 0 && (lastIndexByLength.get(length) ?? index) > index)
      closingLength = length
    else if (closingLength === 0) steps += CODE_STEP_COST * (block.length - index)
  }
  return steps
}
const CODE_STEP_COST = 4

/** Counts the cells of tables: each row is padded to the width of the line below the header. */
function countTableCells(lines: string[]): number {
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
 * Returns the bytes of the longest address of a reference definition times the number of closing
 * brackets, because it is encoded again at each use. The address follows `]:`, on the same line or
 * the next.
 */
function countReferencedBytes(text: string): number {
  let longest = 0
  for (const [definition] of text.matchAll(/\]:[\s>]*(?:<[^<>\n]*|\S*)/g))
    longest = Math.max(longest, byteLength(definition))
  return longest * (text.match(/\]/g)?.length ?? 0)
}
