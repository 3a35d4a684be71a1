/**
 * Completes raw HTML in Markdown. A piece that stops in the middle of a comment, a tag or a script
 * would swallow the text after it when the whole document is parsed (HTML section 13.2.5). After a
 * completed piece, the tokenizer is between tags again.
 */
/** Elements whose content is plain text up to their own end tag. */
const RAW_TEXT_ELEMENTS = new Set(
  'script style textarea title xmp iframe noembed noframes'.split(' '),
)
/**
 * The raw text elements whose content is visible, because the sanitiser removes only their tags.
 */
const VISIBLE_TEXT_ELEMENTS = new Set('xmp noembed noframes'.split(' '))

/** A completed piece of raw HTML, and the raw text element that it leaves open, if any. */
export type CompletedPiece = { html: string; openElement: string | undefined }

/**
 * Completes a piece of raw HTML. `initialElement` is the raw text element that an earlier piece
 * left open. The piece itself may leave one open, because a later piece may have the end tag. The
 * caller closes it if none has.
 */
export function completePiece(raw: string, initialElement: string | undefined): CompletedPiece {
  let currentElement = initialElement
  let position = 0
  let html = ''
  for (;;) {
    const start =
      currentElement === undefined
        ? raw.indexOf('<', position)
        : findEndTag(currentElement, raw, position)
    const content = raw.slice(position, start < 0 ? raw.length : start)
    // Other content is dropped: within SVG it would be markup, and a comment in a script could hide
    // the end tag of the script.
    const isSafe =
      currentElement === undefined ||
      (VISIBLE_TEXT_ELEMENTS.has(currentElement) && !content.includes('<'))
    if (isSafe) html += content
    if (start < 0) return { html, openElement: currentElement }
    const end = findMarkupEnd(raw, start)
    // A tag that stops in the middle is dropped. It closes no element.
    if (end === undefined) return { html, openElement: currentElement }
    currentElement = undefined
    const markup = raw.slice(start, end.at) + end.missing
    const name = /^<([a-z][^\t\n\f\r />]*)/i.exec(markup)?.[1]?.toLowerCase()
    // Drops `plaintext`, because nothing ends it, and CDATA sections, because they end elsewhere in
    // SVG than in HTML.
    if (name !== 'plaintext' && !markup.startsWith('<![CDATA[')) html += markup
    if (name !== undefined && RAW_TEXT_ELEMENTS.has(name)) currentElement = name
    position = end.at
  }
}

const findEndTag = (name: string, raw: string, from: number): number => {
  const pattern = new RegExp(`</${name}(?=[\\t\\n\\f\\r />]|$)`, 'gi')
  pattern.lastIndex = from
  return pattern.exec(raw)?.index ?? -1
}

/**
 * Finds where the markup that starts here ends, and what is missing if the piece ends first.
 * Returns `undefined` for an incomplete tag.
 */
function findMarkupEnd(raw: string, start: number): { at: number; missing: string } | undefined {
  const findEnd = (end: RegExp, missing: string): { at: number; missing: string } => {
    end.lastIndex = start + missing.length + 1
    return end.test(raw) ? { at: end.lastIndex, missing: '' } : { at: raw.length, missing }
  }
  if (raw.startsWith('<!--', start)) {
    if (raw.startsWith('>', start + 4)) return { at: start + 5, missing: '' }
    if (raw.startsWith('->', start + 4)) return { at: start + 6, missing: '' }
    return findEnd(/--!?>/g, '-->')
  }
  if (/[!?]/.test(raw[start + 1] ?? '')) return findEnd(/>/g, '>')
  if (raw[start + 1] === '/' && !/[a-z]/i.test(raw[start + 2] ?? '')) return findEnd(/>/g, '>')
  if (!/[a-z/]/i.test(raw[start + 1] ?? '')) return { at: start + 1, missing: '' }
  return findTagEnd(raw, start)
}

/**
 * Finds the end of a tag. A quotation mark only matters where the value of an attribute begins
 * (HTML section 13.2.5.37).
 */
function findTagEnd(raw: string, start: number): { at: number; missing: string } | undefined {
  const tagName = /<\/?[^\t\n\f\r />]*/y
  // An attribute name may begin with `=`, and may be empty.
  const attributeName = /[\t\n\f\r /]*(?:=?[^\t\n\f\r />=]*)[\t\n\f\r ]*/y
  const equalsSign = /=[\t\n\f\r ]*/y
  const unquotedValue = /[^\t\n\f\r >]*/y
  let position = start
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = position
    const hasMoved = pattern.test(raw) && pattern.lastIndex > position
    if (hasMoved) position = pattern.lastIndex
    return hasMoved
  }
  skip(tagName)
  while (position < raw.length) {
    skip(attributeName)
    if (raw[position] === '>') return { at: position + 1, missing: '' }
    if (!skip(equalsSign)) continue
    const quote = raw[position]
    if (quote === '"' || quote === "'") {
      const end = raw.indexOf(quote, position + 1)
      if (end < 0) return undefined
      position = end + 1
    } else skip(unquotedValue)
  }
  return undefined
}
