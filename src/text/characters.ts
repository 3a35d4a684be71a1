/**
 * Cleaning and checking of text that becomes XML, JSON and HTML. Rejects or removes the characters
 * that make XML ill-formed (XML 1.0 §2.2), controls, noncharacters, and bidi controls that can
 * reorder the text around them (Unicode Standard Annex 9).
 */

/**
 * Two noncharacters that are reserved for the desk. In stored HTML they are placeholders for the
 * site's origin and for the article's own address, so that a new host or canonical address does not
 * require parsing the manuscript again.
 */
export const SITE_MARK = '\uFDD0'
export const PAGE_MARK = '\uFDD1'

const CHARACTER_NAMES: ReadonlyMap<number, string> = new Map([
  [0x00, 'NUL'],
  [0x08, 'backspace'],
  [0x0b, 'vertical tab'],
  [0x0c, 'form feed'],
  [0x1b, 'escape'],
  [0x85, 'next line'],
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

const isForbidden = (codePoint: number): boolean =>
  (codePoint < 0x20 && codePoint !== 0x09 && codePoint !== 0x0a && codePoint !== 0x0d) ||
  (codePoint >= 0x7f && codePoint <= 0x84) ||
  (codePoint >= 0x86 && codePoint <= 0x9f) ||
  (codePoint >= 0xd800 && codePoint <= 0xdfff) ||
  (codePoint >= 0x202a && codePoint <= 0x202e) ||
  (codePoint >= 0xfdd0 && codePoint <= 0xfdef) ||
  (codePoint & 0xfffe) === 0xfffe

/**
 * Matches forbidden characters, and isolates, which are allowed in pairs only. Most texts have
 * neither and skip the check of each character.
 */
const SUSPICIOUS =
  /[\p{Cs}\p{Noncharacter_Code_Point}\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]/u

/** Describes a character for a message: `U+202E (right-to-left override)`. */
export function describeCharacter(codePoint: number): string {
  const hex = codePoint.toString(16).toUpperCase().padStart(4, '0')
  const name =
    CHARACTER_NAMES.get(codePoint) ??
    (codePoint < 0xa0 ? 'control' : codePoint <= 0xdfff ? 'lone surrogate' : 'noncharacter')
  return `U+${hex} (${name})`
}

/**
 * Returns the first character that is not allowed in a title, tag or name: a forbidden one, or an
 * unpaired isolate. `position` counts characters from 1.
 */
export function findForbidden(text: string): { codePoint: number; position: number } | undefined {
  if (!SUSPICIOUS.test(text)) return undefined
  const openIsolates: { codePoint: number; position: number }[] = []
  let position = 0
  for (const character of text) {
    position += 1
    const codePoint = character.codePointAt(0) ?? 0
    if (isForbidden(codePoint)) return { codePoint, position }
    if (codePoint >= 0x2066 && codePoint <= 0x2068) openIsolates.push({ codePoint, position })
    if (codePoint === 0x2069 && openIsolates.pop() === undefined) return { codePoint, position }
  }
  return openIsolates[0]
}

/**
 * Format and ignorable characters, spaces, marks without a letter, and characters that fonts leave
 * blank.
 */
const INVISIBLE =
  /[\p{Cf}\p{Default_Ignorable_Code_Point}\p{White_Space}\p{M}\u2800\u{13441}\u{13442}\u{1d159}]+/gu

/** Returns whether a text has any visible character. */
export const isVisible = (text: string): boolean => text.replace(INVISIBLE, '') !== ''

/**
 * No script needs more combining marks in a row (Stream-Safe Text Format, Unicode Standard Annex
 * 15). Composing a long row of them takes quadratic time.
 */
export const MAX_MARKS_IN_ROW = 30
const EXCESS_MARKS = /(?<=\p{M}{30})\p{M}+/gu

/** Returns whether a text has so many combining marks in a row that it must not be composed. */
export const hasExcessMarks = (text: string): boolean => /\p{M}{31}/u.test(text)

/**
 * Cleans a body: removes forbidden characters, U+0085 and excess combining marks, changes line ends
 * to `\n`, and composes to NFC. `removed` names each kind of removed character, with its count.
 */
export function cleanText(text: string): { text: string; removed: string[] } {
  const removed = new Map<string, number>()
  const lines = replaceNextLines(text.replace(/\r\n?/g, '\n'), removed)
  const withoutExcess = removeExcessMarks(lines, removed)
  if (!SUSPICIOUS.test(withoutExcess))
    return { text: withoutExcess.normalize('NFC'), removed: formatRemoved(removed) }
  let allowed = ''
  for (const character of withoutExcess) {
    const codePoint = character.codePointAt(0) ?? 0
    if (isForbidden(codePoint))
      removed.set(
        describeCharacter(codePoint),
        (removed.get(describeCharacter(codePoint)) ?? 0) + 1,
      )
    else allowed += character
  }
  // Removing characters may have joined two runs of marks.
  return {
    text: removeExcessMarks(allowed, removed).normalize('NFC'),
    removed: formatRemoved(removed),
  }
}

const formatRemoved = (removed: Map<string, number>): string[] =>
  [...removed].map(([name, count]) => (count > 1 ? `${name}, ${count} times` : name))

/** Replaces U+0085, which browsers do not show and XML 1.1 reads as a line end, by a space. */
function replaceNextLines(text: string, removed: Map<string, number>): string {
  const count = text.split('\u0085').length - 1
  if (count > 0) removed.set(describeCharacter(0x85), count)
  return text.replaceAll('\u0085', ' ')
}

function removeExcessMarks(text: string, removed: Map<string, number>): string {
  if (!hasExcessMarks(text)) return text
  const name = `combining mark after ${MAX_MARKS_IN_ROW} in a row`
  return text.replace(EXCESS_MARKS, (marks) => {
    removed.set(name, (removed.get(name) ?? 0) + [...marks].length)
    return ''
  })
}

/**
 * Returns a text as one line: composed to NFC, with white space (and U+0085, a line end to XML and
 * Python) collapsed and trimmed.
 */
export const collapseWhiteSpace = (text: string): string =>
  text
    .normalize('NFC')
    .replace(/[\s\u0085]+/g, ' ')
    .trim()

/** Escapes plain text for HTML and XML, both in elements and in quoted attributes. */
export const escapeMarkup = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')

/** Counts the bytes of the text in UTF-8. */
export const byteLength = (text: string): number => new TextEncoder().encode(text).length

/**
 * Returns the candidate with the smallest edit distance (Levenshtein), if the distance is at most
 * half of the candidate's length.
 */
export function findNearest(word: string, candidates: string[]): string | undefined {
  const normalized = word.toLowerCase().slice(0, 60)
  return candidates
    .map((candidate) => ({ candidate, distance: measureDistance(normalized, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.ceil(candidate.length / 2))
    .sort((a, b) => a.distance - b.distance)[0]?.candidate
}

function measureDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i += 1) {
    const nextRow = [i]
    for (let j = 1; j <= to.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      nextRow.push(Math.min(substitution, (row[j] ?? 0) + 1, (nextRow[j - 1] ?? 0) + 1))
    }
    row = nextRow
  }
  return row[to.length] ?? 0
}

/**
 * Replaces the marks in stored HTML by addresses, which must be safe in an attribute. The
 * replacements are functions, because `$&` has a meaning in a replacement string and may occur in
 * an address.
 */
export const replaceMarks = (html: string, siteUrl: string, pageUrl: string): string =>
  html.replaceAll(SITE_MARK, () => siteUrl).replaceAll(PAGE_MARK, () => pageUrl)
