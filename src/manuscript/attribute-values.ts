/**
 * Removes attributes whose value means nothing, such as `width="100%"` on a picture or
 * `dir="bogus"`. Validators report them, and browsers ignore them. Their removal is not reported,
 * because nothing that readers see changes.
 */
import type { Element } from 'hast'
import { parseTime } from '../text/time.ts'

type Normalize = (value: string) => string | number | undefined

const oneOf =
  (...allowed: string[]): Normalize =>
  (value) =>
    allowed.find((each) => each === value.trim().toLowerCase())

/** Reads an integer as browsers do: `640px` is 640 (HTML section 2.3.4.1). A percentage is none. */
const integer =
  (min: number, max: number): Normalize =>
  (value) => {
    const digits = /^\s*\+?(-?\d{1,7})(?!\s*%)(?!\d)/.exec(value)?.[1]
    const number = Number(digits)
    return digits !== undefined && number >= min && number <= max ? number : undefined
  }

const visibleText: Normalize = (value) => (value.trim() === '' ? undefined : value)

/** A valid `datetime`: a time, a date, or a part of a date (HTML section 4.5.14). */
const dateTime: Normalize = (value) => {
  const text = value.trim()
  const isPart =
    /^(?:\d{4,}(?:-\d\d)?|\d\d-\d\d|--\d\d-\d\d|\d{4,}-W\d\d|\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?|Z|[+-]\d\d:?\d\d|P[\dTYMWDHS.]+)$/
  return isPart.test(text) || parseTime(text.replace(' ', 'T')) !== undefined || LOCAL.test(text)
    ? text
    : undefined
}
const LOCAL = /^\d{4,}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)?$/

const LANGUAGE_TAG = /^(?:[a-z]{1,8}(?:-[a-z\d]{1,8})*)?$/i

const NORMALIZERS: Readonly<Record<string, Normalize>> = {
  dir: oneOf('ltr', 'rtl', 'auto'),
  // A text may use languages that a publication cannot, so any well-formed tag stays.
  lang: (value) => (LANGUAGE_TAG.test(value.trim()) ? value.trim() : undefined),
  title: visibleText,
  width: integer(0, 99_999),
  height: integer(0, 99_999),
  colSpan: integer(1, 1_000),
  rowSpan: integer(0, 65_534),
  start: integer(-9_999_999, 9_999_999),
  value: integer(-9_999_999, 9_999_999),
  scope: oneOf('row', 'col', 'rowgroup', 'colgroup'),
  align: oneOf('left', 'center', 'right'),
  dateTime,
}

/** Normalizes the attributes of an element. Removes those whose value means nothing. */
export function normalizeAttributes({ properties }: Element): void {
  for (const [name, normalize] of Object.entries(NORMALIZERS)) {
    const value = properties[name]
    if (typeof value !== 'string' && typeof value !== 'number') continue
    const normalized = normalize(String(value))
    if (normalized === undefined) delete properties[name]
    else properties[name] = normalized
  }
}
