/**
 * What people type and paste behind the host as a short code, read with forbearance: `mheng،`,
 * `“mheng”`, `mheng&utm_source=x`, `https:/arab.news/mheng` all ask for `mheng` (rules L-16, L-17,
 * L-29). Nothing is guessed: what has two readings, white space or a second segment inside, or
 * another host, is no code.
 *
 * Time: each step walks forward once and tests one character at a time, so it grows as the text
 * does, and the text is bounded: 600 characters, of which normalization makes 18 times as many at
 * most (UAX 15).
 */
import { CODE_GRAMMAR } from './code.ts'

/**
 * What is wanted of a code: to follow it, to see first where it leads (`+`, `+.json`), or its QR
 * code (`.svg`).
 */
export type LinkForm = 'link' | 'preview' | 'preview-json' | 'picture'

/**
 * A code that somebody asked for. `codes` are readings, best first, one or two, case as typed: a
 * second one only where `-` or `_` at an end may be emphasis or a dash of the text around
 * (`_mheng_`) as well as code.
 */
export type RequestedCode = { codes: readonly string[]; form: LinkForm }

/**
 * Longer paths are nothing that a person pasted: a code of 64 wide characters, percent-encoded, has
 * 576.
 */
const MAX_PATH_LENGTH = 600
/** How often an address may stand before the code. */
const MAX_REPEATED_ADDRESSES = 3
/**
 * As it should be, and nearly always is: nothing to forgive, and nothing that could be read in
 * another way.
 */
const PLAIN_PATH = /^\/([A-Za-z0-9]{1,64})\/?$/
/** Longest first: the second one begins the first. */
const SUFFIXES: readonly (readonly [suffix: string, form: LinkForm])[] = [
  ['+.json', 'preview-json'],
  ['+', 'preview'],
  ['.svg', 'picture'],
]

// Each matches one character, or for the scheme at most three in a row: no pattern can backtrack.
const CONTROL = /[\p{Cc}--[\t\n\r\u0085]]/v
/** Zero-width characters, soft hyphen, variation selectors, bidi marks, embeddings and isolates. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u
const CODE_CHARACTER = /[A-Za-z0-9_\-]/
/** Both belong to codes and to the text around. */
const JOINER = /[_\-]/
const STRAY = /[[\p{P}\p{S}\p{No}\s\u0085]--[\/]]/v
const ANNOTATION_MARK = /[\p{No}™℠]/u
/**
 * What no code has and a broken linkifier takes along: query, fragment, markup, the rest of a
 * Markdown link.
 */
const TAIL_START = /[?#&<>"(]/
const SCHEMES = /^(?:https?:\/\/?){0,3}/i
const LONE_ACCENT = /^ \p{M}/u

/**
 * Reads the path of a request as a code. `path` is the raw pathname, still percent-encoded; `hosts`
 * are the publication's own in lower case, with the port if they have one. `undefined`: it asks for
 * no code of ours.
 */
export function parsePastedCode(
  path: string,
  hosts: ReadonlySet<string>,
): RequestedCode | undefined {
  const plain = PLAIN_PATH.exec(path)?.[1]
  if (plain !== undefined) return { codes: [plain], form: 'link' }
  // A name that begins with a dot is a hidden file that somebody probes for, and no code.
  if (path.length > MAX_PATH_LENGTH || !/^\/(?!\.)/.test(path)) return undefined
  const typed = decodePath(path.slice(1))
  if (typed === undefined || CONTROL.test(typed)) return undefined
  const text = stripOwnAddresses(normalizeSpelling(typed), hosts)
  return text === undefined ? undefined : (parseJoinersOnly(text) ?? parseFirstWord(text))
}

/**
 * Percent-encoding undone, also where it was done twice. `undefined` when malformed or not UTF-8.
 */
function decodePath(text: string): string | undefined {
  try {
    const decodedOnce = decodeURIComponent(text)
    return decodedOnce.includes('%') ? decodeURIComponent(decodedOnce) : decodedOnce
  } catch {
    return undefined
  }
}

/** Invisible characters gone, the rest in NFKC: `ｍｈｅｎｇ／` is `mheng/`, `…` is `...`. */
function normalizeSpelling(text: string): string {
  let normalized = ''
  for (const character of text)
    if (!INVISIBLE.test(character)) normalized += normalizeCharacter(character)
  return normalized
}

function normalizeCharacter(character: string): string {
  // A footnote's mark, a circled number, ™: about the code, and not of it.
  if (ANNOTATION_MARK.test(character)) return character
  const normalized = character.normalize('NFKC')
  // Typesetters' hyphen: NFKC makes one of the non-breaking hyphen and leaves it at that.
  if (normalized === '\u2010') return '-'
  // An accent typed for a quotation mark: NFKC makes a space of `´` and a mark that would cling to
  // it.
  return LONE_ACCENT.test(normalized) ? "'" : normalized
}

/**
 * Own addresses before the code gone, with what strays before each:
 * `https://arab.news/arab.news/mheng` is `mheng`. One slash of two is enough, because browsers and
 * proxies join them. `undefined`: another host.
 */
function stripOwnAddresses(text: string, hosts: ReadonlySet<string>): string | undefined {
  let rest = text
  for (let round = 0; round < MAX_REPEATED_ADDRESSES; round += 1) {
    const start = findRunEnd(rest, 0, isStray)
    const scheme = SCHEMES.exec(rest.slice(start))?.[0] ?? ''
    const hostStart = start + scheme.length
    const slash = rest.indexOf('/', hostStart)
    if (slash < 0 || !hosts.has(rest.slice(hostStart, slash).toLowerCase()))
      return scheme === '' ? rest : undefined
    rest = rest.slice(slash + 1)
  }
  return rest
}

/**
 * A code without letter or digit is read only where nothing strays: elsewhere `_` and `-` are
 * emphasis and dash.
 */
function parseJoinersOnly(text: string): RequestedCode | undefined {
  const end = findRunEnd(text, 0, isJoiner)
  const { suffix, form } = parseSuffix(text, end)
  const rest = text.slice(end + suffix.length)
  return rest === '' || rest === '/' ? toRequestedCode([text.slice(0, end)], form) : undefined
}

/**
 * The first word, its suffix, and after that only what may stray: anything else is not a code of
 * ours.
 */
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
 * True for what may follow a code: strays with one slash among them, up to where a linkifier's
 * catch begins.
 */
function isIgnorableTail(text: string): boolean {
  let hasSlash = false
  for (const character of text) {
    if (TAIL_START.test(character)) return true
    if (character === '/' && hasSlash) return false
    if (character !== '/' && !isStray(character)) return false
    hasSlash ||= character === '/'
  }
  return true
}

function toRequestedCode(readings: readonly string[], form: LinkForm): RequestedCode | undefined {
  const codes = [...new Set(readings)].filter((code) => CODE_GRAMMAR.test(code))
  return codes.length === 0 ? undefined : { codes, form }
}

const isCodeCharacter = (character: string): boolean => CODE_CHARACTER.test(character)
const isJoiner = (character: string): boolean => JOINER.test(character)
/**
 * `-` and `_` are punctuation themselves (Pd, Pc), `+` is a symbol: only a slash is neither code
 * nor stray.
 */
const isStray = (character: string): boolean => STRAY.test(character)

/** Index after the run of such characters that begins at `from`. */
function findRunEnd(text: string, from: number, matches: (character: string) => boolean): number {
  let at = from
  while (at < text.length) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
    if (!matches(character)) break
    at += character.length
  }
  return at
}

/** Index of the first of the joiners that end before `end`. */
function findJoinersStart(text: string, end: number): number {
  let at = end
  while (at > 0 && isJoiner(text.charAt(at - 1))) at -= 1
  return at
}
