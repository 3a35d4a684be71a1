/**
 * Characters: what may stand in a text that becomes XML, JSON and HTML, and what happens to the
 * rest. XML 1.0 section 2.2 (Char), Unicode Standard Annex 9 (bidi controls), rules,
 * U-33, G-19.
 */

/**
 * Two noncharacters that the desk keeps for itself: in stored HTML they stand for the site's origin
 * and for the article's own address, so that a changed host or canonical needs no second reading of
 * the manuscript.
 */
export const SITE_MARK = '\uFDD0'
export const PAGE_MARK = '\uFDD1'

const NAMES: ReadonlyMap<number, string> = new Map([
  [0x00, 'NUL'],
  [0x08, 'backspace'],
  [0x0b, 'vertical tab'],
  [0x0c, 'form feed'],
  [0x1b, 'escape'],
  [0x202a, 'left-to-right embedding'],
  [0x202b, 'right-to-left embedding'],
  [0x202c, 'pop directional formatting'],
  [0x202d, 'left-to-right override'],
  [0x202e, 'right-to-left override'],
  [0x2066, 'unpaired left-to-right isolate'],
  [0x2067, 'unpaired right-to-left isolate'],
  [0x2068, 'unpaired first strong isolate'],
  [0x2069, 'unpaired pop directional isolate'],
])

const isForbidden = (point: number): boolean =>
  (point < 0x20 && point !== 0x09 && point !== 0x0a && point !== 0x0d) ||
  (point >= 0x7f && point <= 0x84) ||
  (point >= 0x86 && point <= 0x9f) ||
  (point >= 0xd800 && point <= 0xdfff) ||
  (point >= 0x202a && point <= 0x202e) ||
  (point >= 0xfdd0 && point <= 0xfdef) ||
  (point & 0xfffe) === 0xfffe

/**
 * What is forbidden, and isolates, which may stand in pairs. Most texts have neither, and need no
 * second look.
 */
const SUSPECT =
  /[\p{Cs}\p{Noncharacter_Code_Point}\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]/u

/** Names a character for a message: `U+202E (right-to-left override)`. */
export function nameOf(point: number): string {
  const hex = point.toString(16).toUpperCase().padStart(4, '0')
  const name =
    NAMES.get(point) ??
    (point < 0xa0 ? 'control' : point <= 0xdfff ? 'lone surrogate' : 'noncharacter')
  return `U+${hex} (${name})`
}

/**
 * The first character that may not stand in a title, tag or name; `position` counts characters from
 * 1.
 */
export function findForbidden(text: string): { point: number; position: number } | undefined {
  if (!SUSPECT.test(text)) return undefined
  const open: { point: number; position: number }[] = []
  let position = 0
  for (const character of text) {
    position += 1
    const point = character.codePointAt(0) ?? 0
    if (isForbidden(point)) return { point, position }
    if (point >= 0x2066 && point <= 0x2068) open.push({ point, position })
    if (point === 0x2069 && open.pop() === undefined) return { point, position }
  }
  return open[0]
}

/**
 * Format and ignorable characters, spaces, marks without a letter, and what fonts leave blank
 * although it is no space.
 */
const INVISIBLE =
  /[\p{Cf}\p{Default_Ignorable_Code_Point}\p{White_Space}\p{M}\u2800\u{13441}\u{13442}\u{1d159}]+/gu

/** Whether a reader sees anything of a text. */
export const isVisible = (text: string): boolean => text.replace(INVISIBLE, '') !== ''

/**
 * More combining marks than this in a row are no letter of any script (the Stream-Safe Text Format
 * of Unicode Standard Annex 15 allows as many), and to compose a long row of them takes quadratic
 * time.
 */
export const MAX_MARKS_IN_ROW = 30
const PILED = /(?<=\p{M}{30})\p{M}+/gu

/** Whether so many combining marks stand in a row that the text must not be composed. */
export const hasPiledMarks = (text: string): boolean => /\p{M}{31}/u.test(text)

/**
 * A body made safe: forbidden characters removed, line ends made `\n`, NFC; and what was removed,
 * by name.
 */
export function cleanText(text: string): { text: string; removed: string[] } {
  const lines = text.replace(/\r\n?/g, '\n')
  const removed = new Map<string, number>()
  const spared = withoutPiledMarks(lines, removed)
  if (!SUSPECT.test(spared)) return { text: spared.normalize('NFC'), removed: told(removed) }
  let kept = ''
  for (const character of spared) {
    const point = character.codePointAt(0) ?? 0
    if (isForbidden(point)) removed.set(nameOf(point), (removed.get(nameOf(point)) ?? 0) + 1)
    else kept += character
  }
  // What stood between marks may have been removed.
  return { text: withoutPiledMarks(kept, removed).normalize('NFC'), removed: told(removed) }
}

const told = (removed: Map<string, number>): string[] =>
  [...removed].map(([name, count]) => (count > 1 ? `${name}, ${count} times` : name))

function withoutPiledMarks(text: string, removed: Map<string, number>): string {
  if (!hasPiledMarks(text)) return text
  const name = `combining mark after ${MAX_MARKS_IN_ROW} in a row`
  return text.replace(PILED, (marks) => {
    removed.set(name, (removed.get(name) ?? 0) + [...marks].length)
    return ''
  })
}

/**
 * One line of plain text: NFC, white space (and U+0085, a line end to XML and Python) collapsed and
 * trimmed.
 */
export const oneLine = (text: string): string =>
  text
    .normalize('NFC')
    .replace(/[\s\u0085]+/g, ' ')
    .trim()

/** Plain text as HTML or XML character data. */
export const escapeMarkup = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')

/** Bytes of the text in UTF-8. */
export const byteLength = (text: string): number => new TextEncoder().encode(text).length

/** The candidate that is at most half of its letters away (Levenshtein), the closest one first. */
export function nearest(word: string, candidates: string[]): string | undefined {
  const given = word.toLowerCase().slice(0, 60)
  return candidates
    .map((candidate) => ({ candidate, far: distance(given, candidate) }))
    .filter(({ candidate, far }) => far <= Math.ceil(candidate.length / 2))
    .sort((a, b) => a.far - b.far)[0]?.candidate
}

function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}

/**
 * Stored HTML with its marks replaced: all addresses absolute. Both must be safe in an attribute.
 * They are given as functions, because `$&` in a replacement string has a meaning and may stand in
 * an address.
 */
export const placeMarks = (html: string, siteUrl: string, pageUrl: string): string =>
  html.replaceAll(SITE_MARK, () => siteUrl).replaceAll(PAGE_MARK, () => pageUrl)
