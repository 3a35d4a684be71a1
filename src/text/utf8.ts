/** UTF-8, decoded strictly: bytes that are not UTF-8 are refused instead of replaced. */

/** The text of bytes in UTF-8; `undefined` when they are not. A byte order mark at the beginning is dropped, unless `keepMark`. */
export function decodeUtf8(bytes: Uint8Array, keepMark = false): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: keepMark }).decode(bytes)
  } catch {
    return undefined
  }
}
