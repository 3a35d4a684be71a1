/**
 * Digests of documents, stories and settings. Synchronous, because the desk's turn may not be
 * interrupted.
 */
import { createHash } from 'node:crypto'

/** SHA-256, the first 128 bits, in base64url: 22 characters. */
export const digest = (text: string): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, 22)

/** Digest of a value whose keys may come in any order. */
export const digestValue = (value: unknown): string => digest(JSON.stringify(sortKeys(value)))

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sortKeys(member)]),
  )
}
