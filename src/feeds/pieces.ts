/**
 * Finds the entries and tombstones in a rendered feed document, so that a delta can keep or omit
 * each as a whole. Dateline rendered these documents, so it is certain that the search patterns
 * match nothing else in them.
 */
import { byteLength } from '../text/characters.ts'
import type { FormatName } from './formats.ts'

/** The first byte of a piece, and the byte after its last. */
export type Span = [start: number, end: number]

/** Atom escapes all texts, so every match is markup. */
const ATOM_PIECE =
  /<entry[\s>][\s\S]*?<\/entry>|<at:deleted-entry\s[^>]*?(?:\/>|>[\s\S]*?<\/at:deleted-entry>)/g
/**
 * RSS has full texts as CDATA, which may contain `<item>` as text. The pattern matches CDATA first
 * and so skips it.
 */
const RSS_PIECE = /<!\[CDATA\[[\s\S]*?\]\]>|<item>|<\/item>/g

/** Returns the positions of entries and tombstones in document order, in bytes of UTF-8. */
export function listPieces(format: FormatName, document: string): Span[] {
  const spans =
    format === 'json'
      ? listJsonPieces(document)
      : format === 'rss'
        ? listRssPieces(document)
        : listAtomPieces(document)
  let lastPosition = 0
  let lastByte = 0
  const toByteOffset = (position: number): number => {
    lastByte += byteLength(document.slice(lastPosition, position))
    lastPosition = position
    return lastByte
  }
  return spans.map(([start, end]) => [toByteOffset(start), toByteOffset(end)])
}

/** Returns the text between two pieces of a document. */
export const getSeparator = (format: FormatName): string => (format === 'json' ? ',' : '')

const listAtomPieces = (document: string): Span[] =>
  [...document.matchAll(ATOM_PIECE)].map((match) => [match.index, match.index + match[0].length])

function listRssPieces(document: string): Span[] {
  const spans: Span[] = []
  let start = 0
  for (const { 0: token, index } of document.matchAll(RSS_PIECE)) {
    if (token === '<item>') start = index
    else if (token === '</item>') spans.push([start, index + token.length])
  }
  return spans
}

/** Matches strings, and the punctuation of objects and lists. */
const JSON_TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],]/g

/** Finds the members of the list `items` in the outermost object. */
function listJsonPieces(document: string): Span[] {
  const spans: Span[] = []
  let depth = 0
  let isInItems = false
  let previousToken = ''
  let start = 0
  for (const { 0: token, index } of document.matchAll(JSON_TOKEN)) {
    if (token === '{' || token === '[') {
      if (token === '[' && depth === 1 && previousToken === '"items"') isInItems = true
      else if (isInItems && depth === 2) start = index
      depth += 1
    } else if (token === '}' || token === ']') {
      depth -= 1
      if (isInItems && depth === 2) spans.push([start, index + 1])
      if (isInItems && depth === 1) return spans
    }
    previousToken = token
  }
  return spans
}
