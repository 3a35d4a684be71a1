/**
 * Strict decoding of UTF-8. Invalid bytes are rejected, because replacement characters could get
 * into an article unnoticed.
 */

/**
 * Returns the text of UTF-8 bytes, or `undefined` if they are invalid. Drops a byte order mark at
 * the beginning unless `keepByteOrderMark` is set.
 */
export function decodeUtf8(bytes: Uint8Array, keepByteOrderMark = false): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: keepByteOrderMark }).decode(bytes)
  } catch {
    return undefined
  }
}
