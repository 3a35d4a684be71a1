/**
 * A KV without workerd, and a decoder of its values that is independent of the tested code
 * (docs/storage.md).
 */
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { byteLength } from '../../src/text/characters.ts'

/** Returns the text of a document, link or redirect. Throws if its codings have different texts. */
export function decodeStoredText(value: string | Uint8Array, metadata: unknown): string {
  const bytes = Buffer.from(value)
  const lengths = (metadata as { c?: number[] } | null | undefined)?.c
  if (!lengths) return bytes.toString('utf8')
  const [textBytes = 0, identity = 0, brotli = 0, gzip = 0, notes = 0] = lengths
  if (identity + brotli + gzip + notes !== bytes.length)
    throw new Error(`${bytes.length} bytes are not ${lengths.slice(1).join(' + ')}`)
  if (identity > 0) return bytes.subarray(0, identity).toString('utf8')
  const text = brotliDecompressSync(bytes.subarray(0, brotli)).toString('utf8')
  if (gunzipSync(bytes.subarray(brotli, brotli + gzip)).toString('utf8') !== text)
    throw new Error('brotli and gzip decode to different texts')
  if (Buffer.byteLength(text) !== textBytes)
    throw new Error(`The text does not have ${textBytes} bytes`)
  return text
}

/**
 * Creates a KV in memory with the limits of production: 512 bytes for keys, 1,024 for metadata.
 * `state.reads` counts the reads, and `state.fails` makes them fail.
 */
export function createMemoryKv() {
  const entries = new Map<string, { value: string | Uint8Array<ArrayBuffer>; metadata: unknown }>()
  const state = { reads: 0, fails: false }
  const kv = {
    put: async (
      key: string,
      value: string | Uint8Array<ArrayBuffer>,
      { metadata = null }: { metadata?: unknown } = {},
    ) => {
      if (byteLength(key) > 512) throw new Error('The key is too long')
      if (byteLength(JSON.stringify(metadata)) > 1024) throw new Error('The metadata is too long')
      entries.set(key, { value, metadata: JSON.parse(JSON.stringify(metadata)) })
    },
    delete: async (key: string) => void entries.delete(key),
    get: async (key: string) => JSON.parse(String(entries.get(key)?.value ?? 'null')),
    getWithMetadata: async (key: string) => {
      state.reads += 1
      if (state.fails) throw new Error('KV GET failed: 500')
      const found = entries.get(key)
      return {
        value: found ? new Blob([found.value]).stream() : null,
        metadata: found?.metadata ?? null,
      }
    },
    list: async ({ cursor }: { cursor?: string }) => {
      const keys = [...entries.keys()].map((name) => ({ name }))
      return cursor === undefined
        ? { keys: keys.slice(0, 1), list_complete: false, cursor: '1' }
        : { keys: keys.slice(1), list_complete: true }
    },
  }
  return { kv: kv as unknown as KVNamespace, entries, state }
}
