/**
 * Parses what people type and paste after the host as a short code, and tolerates errors: `mheng،`,
 * `“mheng”`, `mheng&utm_source=x` and `https:/arab.news/mheng` all mean `mheng`.
 *
 * Nothing is guessed: a text with a second word, a second segment or another host is not a code.
 *
 * Each step passes over the text once and tests one character at a time, so the time is linear in
 * the length of the text. The text has at most 600 characters, and normalisation makes at most 18
 * characters of each (Unicode Standard Annex 15).
 */
import { CODE_GRAMMAR } from './code.ts'

/**
 * What a request wants from a code: its redirect, a preview (`+`, `+.json`), or its QR code
 * (`.svg`).
 */
export type LinkForm = 'link' | 'preview' | 'preview-json' | 'picture'

/**
 * A requested code. `codes` has one or two candidates, the better one first, in the case that was
 * typed. There are two only if `-` or `_` at an end may belong either to the code or to the
 * surrounding text (`_mheng_`).
 */
export type RequestedCode = { codes: readonly string[]; form: LinkForm }

/**
 * A longer path is not a code: even 64 full-width characters have only 576 when percent-encoded.
 */
const MAX_PATH_LENGTH = 600
/** How often the site's address may be repeated before the code. */
const MAX_REPEATED_ADDRESSES = 3
/** Matches the common case, a code of letters and digits alone. No other step is needed for it. */
const PLAIN_PATH = /^\/([A-Za-z0-9]{1,64})\/?$/
/** `+.json` comes first, because it begins with `+`. */
const SUFFIXES: readonly (readonly [suffix: string, form: LinkForm])[] = [
  ['+.json', 'preview-json'],
  ['+', 'preview'],
  ['.svg', 'picture'],
]

// Each pattern matches a short text, most of them a single character, so none can backtrack far.
const CONTROL = /[\p{Cc}--[\t\n\r\u0085]]/v
/** Zero-width characters, soft hyphen, variation selectors, bidi marks, embeddings and isolates. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u
const CODE_CHARACTER = /[A-Za-z0-9_\-]/
/** Characters that may belong to a code or to the surrounding text. */
const JOINER = /[_\-]/
/** Punctuation, symbols and white space that people paste along with a code. */
const STRAY = /[[\p{P}\p{S}\p{No}ªºℹ\s\u0085]--[\/]]/v
/** Matches a decimal digit other than 0 to 9. */
const DIGIT = /^[\p{Nd}--[0-9]]$/v
const ESCAPE = /^%[\da-f]{2}$/i
const CONTINUATION_ESCAPE = /^%[89ab][\da-f]$/i
/** Matches an escape that was cut off after its percent sign or first digit. */
const ESCAPE_BEGINNING = /^%[\da-f]?$/i
/** Characters of words, in any script. */
const WORD_CHARACTER = /[\p{L}\p{M}\p{N}_\-]/u
const ANNOTATION_MARK = /[\p{No}ªºℹ]/u
/** Symbols without accents, such as `＋`, `№` and `㎏`. */
const SYMBOL = /[\p{S}--\p{Sk}]/v
const ASCII = /^[ -~]$/
/**
 * Begins what a broken link may have after the code: a query, a fragment, markup, or the rest of a
 * Markdown link.
 */
const TAIL_START = /[?#&<>"(]/
/** What may follow a host without changing it: a default port, and the final dot of DNS. */
const HOST_ENDS: readonly string[] = [':443', ':80', '.']
const SCHEMES = /^(?:https?:\/\/?){0,3}/i
const LONE_ACCENT = /^ \p{M}/u

/**
 * Parses the path of a request as a code. `path` is the raw pathname, still percent-encoded.
 * `hosts` are the publication's hosts in lower case, with the port if they have one. Returns
 * `undefined` if the path is not a code.
 */
export function parsePastedCode(
  path: string,
  hosts: ReadonlySet<string>,
): RequestedCode | undefined {
  const plain = PLAIN_PATH.exec(path)?.[1]
  if (plain !== undefined) return { codes: [plain], form: 'link' }
  // A name that begins with a dot is a probe for a hidden file, not a code.
  if (path.length > MAX_PATH_LENGTH || !/^\/(?!\.)/.test(path)) return undefined
  const typed = decodePath(path.slice(1))
  if (typed === undefined || CONTROL.test(typed)) return undefined
  const text = stripOwnAddresses(stripSlashes(normalizeSpelling(typed)), hosts)
  return text === undefined ? undefined : (parseJoinersOnly(text) ?? parseFirstWord(text))
}

/**
 * Decodes percent-encoding, even if it was applied twice or if its end was cut off. Returns
 * `undefined` if it is malformed elsewhere or not UTF-8.
 */
function decodePath(text: string): string | undefined {
  const decoded = decode(text) ?? decodeCutText(text)
  return decoded === undefined ? undefined : (decode(decoded) ?? decodeCutText(decoded) ?? decoded)
}

/**
 * Decodes percent-encoding and omits characters whose encoding was cut off. No word may continue
 * after such a character, because it would then be joined with the text before the cut.
 */
function decodeCutText(text: string): string | undefined {
  let decoded = ''
  let isAfterCut = false
  for (let at = 0; at < text.length; ) {
    const { encoded, isCut } = readCharacter(text, at)
    const character = isCut ? '' : decode(encoded)
    if (character === undefined || (isAfterCut && WORD_CHARACTER.test(character))) return undefined
    decoded += character
    isAfterCut = isCut || (isAfterCut && INVISIBLE.test(character))
    at += encoded.length
  }
  return decoded
}

/**
 * Reads the encoding of one character, and whether it is incomplete. In UTF-8 the first byte
 * determines how many bytes follow (RFC 3629 section 3).
 */
function readCharacter(text: string, at: number): { encoded: string; isCut: boolean } {
  if (text.charAt(at) !== '%') {
    return { encoded: String.fromCodePoint(text.codePointAt(at) ?? 0), isCut: false }
  }
  if (!ESCAPE.test(text.slice(at, at + 3))) {
    const beginning = text.slice(at, at + 2)
    return { encoded: ESCAPE_BEGINNING.test(beginning) ? beginning : '%', isCut: true }
  }
  const first = Number.parseInt(text.slice(at + 1, at + 3), 16)
  const isFirst = first >= 0xc2 && first <= 0xf4
  const expected = isFirst ? (first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1) : 0
  let following = 0
  let end = at + 3
  while (following < expected && CONTINUATION_ESCAPE.test(text.slice(end, end + 3))) {
    following += 1
    end += 3
  }
  return { encoded: text.slice(at, end), isCut: following < expected }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/**
 * Removes invisible characters and normalises the rest to NFKC: `ｍｈｅｎｇ／` becomes `mheng/`,
 * and `…` becomes `...`.
 */
function normalizeSpelling(text: string): string {
  let normalized = ''
  for (const character of text)
    if (!INVISIBLE.test(character)) normalized += normalizeCharacter(character)
  return normalized
}

function normalizeCharacter(character: string): string {
  // NFKC would turn a footnote mark or a circled number into a letter or digit.
  if (ANNOTATION_MARK.test(character)) return character
  const normalized = character.normalize('NFKC')
  // And it would spell out symbols such as ™ and №.
  if (SYMBOL.test(character) && !ASCII.test(normalized)) return character
  if (DIGIT.test(normalized)) return String(getDigitValue(normalized.codePointAt(0) ?? 0))
  // NFKC changes a non-breaking hyphen to the typographic hyphen U+2010.
  if (normalized === '\u2010') return '-'
  // People type an accent as a quotation mark. NFKC turns `´` into a space and a combining mark.
  return LONE_ACCENT.test(normalized) ? "'" : normalized
}

/** Removes slashes from the beginning. */
const stripSlashes = (text: string): string => text.slice(findRunEnd(text, 0, isSlash))

/**
 * Returns the value of a digit. In Unicode the ten digits of a script follow each other, and for
 * some scripts two sets of ten do.
 */
function getDigitValue(codePoint: number): number {
  let before = 0
  while (DIGIT.test(String.fromCodePoint(codePoint - before - 1))) before += 1
  return before % 10
}

/**
 * Removes the site's own addresses in front of the code, and stray characters in front of each:
 * `https://arab.news/arab.news/mheng` becomes `mheng`. One slash instead of two is accepted,
 * because browsers and proxies merge slashes. Returns `undefined` for another host.
 */
function stripOwnAddresses(text: string, hosts: ReadonlySet<string>): string | undefined {
  let rest = text
  for (let round = 0; round < MAX_REPEATED_ADDRESSES; round += 1) {
    const start = findRunEnd(rest, 0, isStray)
    const scheme = SCHEMES.exec(rest.slice(start))?.[0] ?? ''
    const hostStart = start + scheme.length
    const slash = rest.indexOf('/', hostStart)
    if (slash < 0 || !hosts.has(toAsciiHost(rest.slice(hostStart, slash))))
      return scheme === '' ? rest : undefined
    rest = stripSlashes(rest.slice(slash))
  }
  return rest
}

/**
 * Returns a host as URLs spell it: in lower case, with letters of other scripts encoded in ASCII,
 * and without default port and final dot.
 */
function toAsciiHost(host: string): string {
  const isAscii = findRunEnd(host, 0, (character) => character <= '\u007e') === host.length
  let ascii =
    isAscii || !URL.canParse(`http://${host}`) ? host.toLowerCase() : new URL(`http://${host}`).host
  for (const end of HOST_ENDS) if (ascii.endsWith(end)) ascii = ascii.slice(0, -end.length)
  return ascii
}

/**
 * Parses a code of only `-` and `_`. Only a suffix and slashes may follow it, because in other text
 * these characters are dashes and emphasis.
 */
function parseJoinersOnly(text: string): RequestedCode | undefined {
  const end = findRunEnd(text, 0, isJoiner)
  const { suffix, form } = parseSuffix(text, end)
  const rest = text.slice(end + suffix.length)
  return stripSlashes(rest) === '' ? toRequestedCode([text.slice(0, end)], form) : undefined
}

/** Parses the first word and its suffix. Only text that can be ignored may follow. */
function parseFirstWord(text: string): RequestedCode | undefined {
  const wordStart = findRunEnd(text, 0, isStray)
  const start = findJoinersStart(text, wordStart)
  const end = findRunEnd(text, wordStart, isCodeCharacter)
  const { suffix, form } = parseSuffix(text, end)
  if (end === wordStart || !isIgnorableTail(text.slice(end + suffix.length))) return undefined
  return toRequestedCode(
    [text.slice(start, end), text.slice(wordStart, findJoinersStart(text, end))],
    form,
  )
}

function parseSuffix(text: string, at: number): { suffix: string; form: LinkForm } {
  const rest = text.slice(at, at + 6).toLowerCase()
  const found = SUFFIXES.find(([suffix]) => rest.startsWith(suffix))
  return found === undefined ? { suffix: '', form: 'link' } : { suffix: found[0], form: found[1] }
}

/**
 * Returns whether the text after a code can be ignored: stray characters and slashes, up to the
 * start of a query, fragment or markup.
 */
function isIgnorableTail(text: string): boolean {
  for (const character of text) {
    if (TAIL_START.test(character)) return true
    if (character !== '/' && !isStray(character)) return false
  }
  return true
}

function toRequestedCode(candidates: readonly string[], form: LinkForm): RequestedCode | undefined {
  const codes = [...new Set(candidates)].filter((code) => CODE_GRAMMAR.test(code))
  return codes.length === 0 ? undefined : { codes, form }
}

const isCodeCharacter = (character: string): boolean => CODE_CHARACTER.test(character)
const isSlash = (character: string): boolean => character === '/'
const isJoiner = (character: string): boolean => JOINER.test(character)
/** Also returns true for `-`, `_` and `+`, because they are punctuation or symbols in Unicode. */
const isStray = (character: string): boolean => STRAY.test(character)

/** Returns the index after the run of matching characters that begins at `from`. */
function findRunEnd(text: string, from: number, matches: (character: string) => boolean): number {
  let at = from
  while (at < text.length) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
    if (!matches(character)) break
    at += character.length
  }
  return at
}

/** Returns the index at which the run of joiners before `end` begins. */
function findJoinersStart(text: string, end: number): number {
  let at = end
  while (at > 0 && isJoiner(text.charAt(at - 1))) at -= 1
  return at
}
