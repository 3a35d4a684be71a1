/**
 * Digests of documents, stories and settings. They are synchronous because the desk computes them
 * inside a transaction, where it must not await.
 */
import { createHash } from 'node:crypto'

/** Returns the first 128 bits of SHA-256 in base64url: 22 characters. */
export const digest = (text: string): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, 22)

/** Returns the digest of a value. The order of keys does not change it. */
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
