/**
 * JSON from strangers: duplicate keys and deep nesting are refused, which `JSON.parse` alone lets
 * through.
 */

export const MAX_JSON_DEPTH = 32
/** Nothing that is read here has as many keys. */
const MAX_JSON_KEYS = 1_000

/**
 * Parses strictly (RFC 8259; rules U-10, X-15). The failure says why; nothing of the input is
 * echoed but a key.
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
 * The closing quotation mark is optional, else a string that never ends would be read again from
 * each `\"` in it.
 */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"?|[{}[\]:,]/gs

/**
 * One pass over strings and punctuation. Only trusts well-formed JSON, which the real parser then
 * demands.
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

/** The type of an object after `without`: keys that may have the value `Absent` become optional. */
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

/** Leaves out keys whose values are undefined, as stored, sent and compared objects need it. */
export const omitUndefined = <T extends object>(object: T): OmitValue<T, undefined> =>
  omitValue(object, undefined)

/** Leaves out keys whose values are null, as columns and headers without a value are read. */
export const omitNull = <T extends object>(object: T): OmitValue<T, null> => omitValue(object, null)

/** Returns an object with only those of these keys that it has, in the order of the list. */
export const pick = <T extends object, K extends keyof T>(
  object: T,
  keys: readonly K[],
): Pick<T, K> =>
  Object.fromEntries(keys.filter((key) => key in object).map((key) => [key, object[key]])) as Pick<
    T,
    K
  >
