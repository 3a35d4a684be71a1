/**
 * Strict parsing of untrusted JSON, and helpers for plain objects. `JSON.parse` alone accepts
 * duplicate keys and any depth. This parser rejects both before it builds any object.
 */

export const MAX_JSON_DEPTH = 32
/** Maximum number of keys in one object. No accepted document needs as many. */
const MAX_JSON_KEYS = 1_000

/**
 * Parses JSON (RFC 8259). Rejects duplicate keys, whose meaning differs between parsers (§4), and
 * nesting deeper than `MAX_JSON_DEPTH`. `why` explains a rejection and quotes at most one key of
 * the input.
 */
export function parseJson(
  text: string,
  subject = 'body',
): { ok: true; value: unknown } | { ok: false; why: string } {
  const flaw = findFlaw(text, subject)
  if (flaw) return { ok: false, why: flaw }
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch {
    return { ok: false, why: `the ${subject} is not JSON` }
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The closing quotation mark is optional; otherwise an unterminated string would be scanned again
 * from each `\"` in it.
 */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"?|[{}[\]:,]/gs

/**
 * Returns why the text is rejected before parsing, or `undefined`. Makes one pass over strings and
 * punctuation. The result is meaningful for well-formed JSON only, which `JSON.parse` checks next.
 */
function findFlaw(text: string, subject: string): string | undefined {
  const open: (Set<string> | null)[] = []
  let lastToken = ''
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : null)
      if (open.length > MAX_JSON_DEPTH)
        return `the ${subject} is nested deeper than ${MAX_JSON_DEPTH}`
    } else if (token === '}' || token === ']') {
      open.pop()
    } else if (token === ':') {
      const keys = open.at(-1)
      const key = unquote(lastToken)
      if (keys?.has(key)) return `the key "${key.slice(0, 60)}" occurs twice in one object`
      keys?.add(key)
      if (keys && keys.size > MAX_JSON_KEYS)
        return `the ${subject} has an object of more than ${MAX_JSON_KEYS} keys`
    }
    lastToken = token
  }
  return undefined
}

function unquote(token: string): string {
  try {
    return String(JSON.parse(token))
  } catch {
    return token
  }
}

/** The type of an object after `omitValue`: keys whose values may be `Absent` become optional. */
type OmitValue<T, Absent> = {
  [K in keyof T as Absent extends T[K] ? never : K]: T[K]
} & {
  [K in keyof T as Absent extends T[K] ? K : never]?: Exclude<T[K], Absent>
}

const omitValue = <T extends object, Absent>(object: T, absent: Absent): OmitValue<T, Absent> =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== absent)) as OmitValue<
    T,
    Absent
  >

/** Omits keys whose values are undefined, for objects that are stored, sent or compared. */
export const omitUndefined = <T extends object>(object: T): OmitValue<T, undefined> =>
  omitValue(object, undefined)

/** Omits keys whose values are null, for rows and headers. */
export const omitNull = <T extends object>(object: T): OmitValue<T, null> => omitValue(object, null)

/** Returns an object with the listed keys that `object` has, in the order of the list. */
export const pick = <T extends object, K extends keyof T>(
  object: T,
  keys: readonly K[],
): Pick<T, K> =>
  Object.fromEntries(keys.filter((key) => key in object).map((key) => [key, object[key]])) as Pick<
    T,
    K
  >
