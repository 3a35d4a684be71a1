/**
 * Rules that manuscripts and links share: text, times, addresses, lists. In front of each rule,
 * metadata states as much of it as JSON Schema can express, for the description of the API
 * (`api/openapi/schemas.ts`).
 */
import * as v from 'valibot'
import { encodeAddress } from '../text/addresses.ts'
import {
  byteLength,
  collapseWhiteSpace,
  describeCharacter,
  findForbidden,
  hasExcessMarks,
  isVisible,
  MAX_MARKS_IN_ROW,
} from '../text/characters.ts'
import { normalizeEmail } from '../text/email.ts'
import { parseTime } from '../text/time.ts'
import { isSlug, MAX_SLUG_BYTES, slugify } from './channel.ts'
import { isWebAddress } from './urls.ts'

/** Every limit of a manuscript, by name. Characters are code points. */
export const LIMITS = {
  titleCharacters: 300,
  summaryPoints: 5,
  summaryPointCharacters: 500,
  nameCharacters: 100,
  altCharacters: 1000,
  tags: 32,
  authors: 16,
  urlCharacters: 2048,
  sourceBytes: 256 * 1024,
  htmlBytes: 1024 * 1024,
  reasonCharacters: 500,
  correctionCharacters: 500,
  /** The limit for the whole life of an article. */
  corrections: 20,
} as const

export const countCharacters = (text: string): number => [...text].length

/** One line of plain text without forbidden characters. */
export const plainText = (name: string, limit: number, metadata: { format?: string } = {}) =>
  v.pipe(
    v.string(`${name} is not text`),
    v.metadata({ minLength: 1, maxLength: limit, ...metadata }),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const forbidden = findForbidden(dataset.value)
      if (forbidden) {
        const { codePoint: point, position } = forbidden
        addIssue({ message: `${name} has ${describeCharacter(point)} at character ${position}` })
        return NEVER
      }
      if (hasExcessMarks(dataset.value)) {
        addIssue({ message: `${name} has more than ${MAX_MARKS_IN_ROW} combining marks in a row` })
        return NEVER
      }
      return collapseWhiteSpace(dataset.value)
    }),
    v.check((text) => text !== '', `${name} is empty`),
    v.check(isVisible, `${name} has no visible character`),
    v.check(
      (text) => countCharacters(text) <= limit,
      (issue) =>
        `${name} has ${countCharacters(String(issue.input))} characters, more than ${limit}`,
    ),
  )

/** The name of a channel: plain text whose slug is valid in an address. */
export const channelName = (name: string) =>
  v.pipe(
    plainText(name, LIMITS.nameCharacters),
    v.check((text) => slugify(text) !== '', `${name} has no letter or digit`),
    v.check(
      (text) => isSlug(slugify(text)),
      `${name} is longer than ${MAX_SLUG_BYTES} bytes as a slug`,
    ),
  )

/** A time with an offset, or a date. It becomes seconds. */
export const time = (name: string) =>
  v.pipe(
    v.string(`${name} is not a time such as 2026-01-15T09:00:00Z`),
    v.metadata({ anyOf: [{ format: 'date-time' }, { format: 'date' }] }),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const seconds = parseTime(dataset.value)
      if (seconds !== undefined) return seconds
      addIssue({
        message: `${name} is not a time with an offset such as 2026-01-15T09:00:00Z, nor a date`,
      })
      return NEVER
    }),
  )

/**
 * An absolute http or https address without user name, backslash and control characters. It is
 * normalised to ASCII.
 */
export const webAddress = (name: string) =>
  v.pipe(
    v.string(`${name} is not text`),
    v.metadata({
      format: 'iri',
      pattern: '^[Hh][Tt][Tt][Pp][Ss]?://',
      maxLength: LIMITS.urlCharacters,
    }),
    v.check(
      (url) => countCharacters(url) <= LIMITS.urlCharacters,
      `${name} is longer than ${LIMITS.urlCharacters} characters`,
    ),
    v.check((url) => isWebAddress(url), `${name} is not an absolute http or https address`),
    v.transform((url) => encodeAddress(new URL(url).href)),
  )

/** An e-mail address. Its domain becomes ASCII (`text/email.ts`). */
export const emailAddress = (name: string) =>
  v.pipe(
    plainText(name, 254, { format: 'idn-email' }),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const normalized = normalizeEmail(dataset.value)
      if (normalized.ok) return normalized.address
      addIssue({ message: `${name} ${normalized.why}` })
      return NEVER
    }),
  )

export const wholeNumber = (name: string) =>
  v.pipe(
    v.number(`${name} is not a number`),
    v.safeInteger(`${name} is not a whole number`),
    v.minValue(1, `${name} is less than 1`),
  )

/** A list, or a single value that counts as a list of one. */
export const listOf = <const TItem extends v.GenericSchema>(
  name: string,
  item: TItem,
  limit: number,
) =>
  v.pipe(
    v.unknown(),
    v.metadata({ oneOrMore: item, maxItems: limit }),
    v.transform((value): unknown[] => (Array.isArray(value) ? value : [value])),
    // Checks the number of entries first, because each entry may have a fault of its own.
    v.maxLength(limit, (issue) => `${name} has ${issue.received} entries, more than ${limit}`),
    v.array(item),
  )

/** The text of an article, as Markdown or HTML. It is cleaned later (`manuscript/sanitize.ts`). */
export const source = (name: string) =>
  v.pipe(
    v.string(`${name} is not text`),
    v.metadata({ minLength: 1, maxLength: LIMITS.sourceBytes }),
    v.check((text) => text.trim() !== '', `${name} is empty`),
    v.check(
      (text) => byteLength(text) <= LIMITS.sourceBytes,
      `${name} is larger than ${LIMITS.sourceBytes} bytes`,
    ),
  )
