/**
 * Completes raw HTML within Markdown. A piece that stops in the middle of a comment, a tag or a
 * script would swallow the text after it when the whole document is parsed (HTML section 13.2.5).
 * After a completed piece, the tokenizer is where it was before: between tags.
 */
import type { Element, Root, RootContent } from 'hast'

/** Elements whose content is plain text up to their own end tag. */
const TEXT_ELEMENTS = new Set('script style textarea title xmp iframe noembed noframes'.split(' '))
/** Those whose content is shown, since the sanitiser removes only their tags. */
const SHOWN = new Set('xmp noembed noframes'.split(' '))

/**
 * Completes all raw HTML of a tree. Within a line, a script may begin in one piece and end in a
 * later one. It is closed at the latest where its block of HTML, or its parent element, ends.
 */
export function sealAll(parent: Root | Element): void {
  let open: string | undefined
  const pieces: RootContent[] = []
  const close = (): void => {
    if (open !== undefined) pieces.push({ type: 'raw', value: `</${open}>` })
    open = undefined
  }
  for (const child of parent.children) {
    if (child.type === 'text' && child.value === '\n') close()
    if (child.type === 'raw') {
      const sealed = seal(child.value, open)
      open = sealed.open
      child.value = sealed.html
    } else if (child.type === 'element') sealAll(child)
    pieces.push(child)
  }
  close()
  parent.children = pieces.filter((piece) => piece.type !== 'doctype')
}

/** A completed piece of raw HTML, and the text element that it leaves open, if any. */
export type Sealed = { html: string; open: string | undefined }

/**
 * Completes a piece of raw HTML. `open`: the text element that an earlier piece left open and that
 * this one continues. A text element may stay open, because a later piece may have its end tag; the
 * caller closes it.
 */
export function seal(raw: string, open: string | undefined): Sealed {
  let inside = open
  let at = 0
  let html = ''
  for (;;) {
    const start = inside === undefined ? raw.indexOf('<', at) : endTagOf(inside, raw, at)
    const content = raw.slice(at, start < 0 ? raw.length : start)
    // In SVG such content is markup, and a script may hold a comment that hides its end tag.
    const isSafe = inside === undefined || (SHOWN.has(inside) && !content.includes('<'))
    if (isSafe) html += content
    if (start < 0) return { html, open: inside }
    const end = endOfMarkup(raw, start)
    // A tag that stops in the middle is left out, and ends nothing.
    if (end === undefined) return { html, open: inside }
    inside = undefined
    const markup = raw.slice(start, end.at) + end.missing
    const name = /^<([a-z][^\t\n\f\r />]*)/i.exec(markup)?.[1]?.toLowerCase()
    // Nothing ends plain text, and a CDATA section ends elsewhere in SVG than in HTML: both are
    // left out.
    if (name !== 'plaintext' && !markup.startsWith('<![CDATA[')) html += markup
    if (name !== undefined && TEXT_ELEMENTS.has(name)) inside = name
    at = end.at
  }
}

const endTagOf = (name: string, raw: string, from: number): number => {
  const found = new RegExp(`</${name}(?=[\\t\\n\\f\\r />]|$)`, 'gi')
  found.lastIndex = from
  return found.exec(raw)?.index ?? -1
}

/**
 * Finds where the markup that starts here ends, and what is missing if the piece ends first.
 * Returns `undefined` for half a tag.
 */
function endOfMarkup(raw: string, start: number): { at: number; missing: string } | undefined {
  const upTo = (end: RegExp, missing: string): { at: number; missing: string } => {
    end.lastIndex = start + missing.length + 1
    return end.test(raw) ? { at: end.lastIndex, missing: '' } : { at: raw.length, missing }
  }
  if (raw.startsWith('<!--', start)) {
    if (raw.startsWith('>', start + 4)) return { at: start + 5, missing: '' }
    if (raw.startsWith('->', start + 4)) return { at: start + 6, missing: '' }
    return upTo(/--!?>/g, '-->')
  }
  if (/[!?]/.test(raw[start + 1] ?? '')) return upTo(/>/g, '>')
  if (raw[start + 1] === '/' && !/[a-z]/i.test(raw[start + 2] ?? '')) return upTo(/>/g, '>')
  if (!/[a-z/]/i.test(raw[start + 1] ?? '')) return { at: start + 1, missing: '' }
  return endOfTag(raw, start)
}

/** A quotation mark counts only where the value of an attribute begins (HTML section 13.2.5.37). */
function endOfTag(raw: string, start: number): { at: number; missing: string } | undefined {
  const tagName = /<\/?[^\t\n\f\r />]*/y
  // An attribute name may begin with `=`, and may be empty.
  const attributeName = /[\t\n\f\r /]*(?:=?[^\t\n\f\r />=]*)[\t\n\f\r ]*/y
  const equalsSign = /=[\t\n\f\r ]*/y
  const unquotedValue = /[^\t\n\f\r >]*/y
  let at = start
  const pass = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    const passed = pattern.test(raw) && pattern.lastIndex > at
    if (passed) at = pattern.lastIndex
    return passed
  }
  pass(tagName)
  while (at < raw.length) {
    pass(attributeName)
    if (raw[at] === '>') return { at: at + 1, missing: '' }
    if (!pass(equalsSign)) continue
    const mark = raw[at]
    if (mark === '"' || mark === "'") {
      const end = raw.indexOf(mark, at + 1)
      if (end < 0) return undefined
      at = end + 1
    } else pass(unquotedValue)
  }
  return undefined
}
