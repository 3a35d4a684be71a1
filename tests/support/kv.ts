/** What a value of KV says, decoded without the code that wrote it (docs/storage.md). */
import { brotliDecompressSync, gunzipSync } from 'node:zlib'

/** The text of a document, link or redirect. Throws when its codings do not say the same. */
export function storedText(value: string | Uint8Array, metadata: unknown): string {
  const bytes = Buffer.from(value)
  const lengths = (metadata as { c?: number[] } | null | undefined)?.c
  if (!lengths) return bytes.toString('utf8')
  const [whole = 0, identity = 0, brotli = 0, gzip = 0, notes = 0] = lengths
  if (identity + brotli + gzip + notes !== bytes.length)
    throw new Error(`${bytes.length} bytes are not ${lengths.slice(1).join(' + ')}`)
  if (identity > 0) return bytes.subarray(0, identity).toString('utf8')
  const text = brotliDecompressSync(bytes.subarray(0, brotli)).toString('utf8')
  if (gunzipSync(bytes.subarray(brotli, brotli + gzip)).toString('utf8') !== text)
    throw new Error('brotli and gzip do not say the same')
  if (Buffer.byteLength(text) !== whole) throw new Error(`The text has not ${whole} bytes`)
  return text
}
