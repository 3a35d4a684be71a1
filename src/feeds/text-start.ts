/**
 * Finds the place of the dateline in stored HTML. `story-start.ts` looks for it in the same place
 * when it reads a manuscript, so that a dateline returns to where it was.
 */
const ATTRIBUTES = /(?:\s(?:"[^"]*"|[^">])*)?/.source
const IMAGE = `<img${ATTRIBUTES}>`
/**
 * Matches what may precede the first text: pictures, links that replace players, and the tags of
 * blocks.
 */
const BEFORE_TEXT = new RegExp(
  [
    '\\s+',
    `<(?:img|hr|br)${ATTRIBUTES}>`,
    `<(?:a|span)${ATTRIBUTES}>(?:\\s|${IMAGE})*</(?:a|span)>`,
    `<figure${ATTRIBUTES}>[^]*?</figure>`,
    `<p${ATTRIBUTES}>\\s*<a${ATTRIBUTES}>[^<]*</a>\\s*</p>`,
    `</?(?:p|div|section)${ATTRIBUTES}>`,
  ].join('|'),
  'y',
)
const OTHER_BLOCK = /<(?:h[1-6]|ul|ol|dl|blockquote|pre|table|details)\b/y

/** Returns the position of the first text, or `undefined` if another element precedes it. */
export function findTextStart(html: string): number | undefined {
  let position = 0
  for (;;) {
    BEFORE_TEXT.lastIndex = position
    const skipped = BEFORE_TEXT.exec(html)?.[0].length ?? 0
    if (skipped === 0) break
    position += skipped
  }
  OTHER_BLOCK.lastIndex = position
  return position === html.length || OTHER_BLOCK.test(html) ? undefined : position
}
