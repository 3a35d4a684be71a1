/**
 * Checks claims: manuscript keys that only the desk sets, such as `revision`. The desk receives
 * them when an editor's program reads an article, changes one key and sends everything back.
 *
 * A claim that equals the current value is ignored. Any other claim is a fault: the program has
 * read another version, or it tries to set what only the desk can set.
 */
import { isRecord } from '../text/json.ts'
import { parseTime } from '../text/time.ts'
import type { Claims } from './article.ts'
import type { Fault } from './failures.ts'

/** The current value of each key that has one. */
export type ClaimedValues = ReadonlyMap<string, unknown>

/** Of an article that does not exist yet, only an empty list of corrections can be claimed. */
export const VALUES_OF_NEW_ARTICLE: ClaimedValues = new Map<string, unknown>([['corrections', []]])

/** Returns a fault for each claim that differs from the current value. */
export function findFalseClaims(claims: Claims, currentValues: ClaimedValues): Fault[] {
  return Object.entries(claims).flatMap(([key, claim]) => {
    const value = currentValues.get(key)
    if (isSame(claim, value)) return []
    const detail = `${key} is set by the desk${formatAdvice(key, value)}`
    return [{ detail, pointer: `/${key}` }]
  })
}

/**
 * Compares deeply. Two notations of the same time, for example with different offsets, are equal.
 */
function isSame(claim: unknown, value: unknown): boolean {
  if (typeof claim === 'string' && typeof value === 'string') {
    const time = parseTime(value)
    return claim === value || (time !== undefined && parseTime(claim) === time)
  }
  if (Array.isArray(claim) && Array.isArray(value))
    return claim.length === value.length && claim.every((item, index) => isSame(item, value[index]))
  if (isRecord(claim) && isRecord(value)) {
    const keys = Object.keys(value)
    return (
      Object.keys(claim).length === keys.length &&
      keys.every((key) => Object.hasOwn(claim, key) && isSame(claim[key], value[key]))
    )
  }
  return claim === value
}

function formatAdvice(key: string, value: unknown): string {
  if (key === 'corrections') return '; send a new one as correction'
  return typeof value === 'string' || typeof value === 'number'
    ? ` and is now ${JSON.stringify(value)}`
    : '; leave it out'
}
