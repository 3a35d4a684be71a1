/** Decodes UTF-8 strictly: invalid bytes are rejected instead of replaced. */

/**
 * Returns the text of UTF-8 bytes, or `undefined` if they are invalid. A byte order mark at the
 * beginning is dropped, unless `keepMark`.
 */
export function decodeUtf8(bytes: Uint8Array, keepByteOrderMark = false): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: keepByteOrderMark }).decode(bytes)
  } catch {
    return undefined
  }
}
