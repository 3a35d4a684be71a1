/**
 * Completes raw HTML within Markdown. A piece that stops in the middle of a comment, a tag or a
 * script would swallow the text after it when the whole document is parsed (HTML section 13.2.5).
 * After a completed piece, the tokenizer is where it was before: between tags.
 */
import type { Element, Root, RootContent } from 'hast'

/** Elements whose content is plain text up to their own end tag. */
const TEXT_ELEMENTS = new Set('script style textarea title xmp iframe noembed noframes'.split(' '))

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
    // A script within a comment within a script would not end at its end tag. Scripts are removed
    // later, so their content can be left out here.
    if (inside !== 'script') html += raw.slice(at, start < 0 ? raw.length : start)
    if (start < 0) return { html, open: inside }
    inside = undefined
    const end = endOfMarkup(raw, start)
    // A tag that stops in the middle is left out.
    if (end === undefined) return { html, open: undefined }
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
  const upTo = (end: string, from: number): { at: number; missing: string } => {
    const found = raw.indexOf(end, from)
    return found < 0 ? { at: raw.length, missing: end } : { at: found + end.length, missing: '' }
  }
  if (raw.startsWith('<!--', start)) {
    if (raw.startsWith('>', start + 4)) return { at: start + 5, missing: '' }
    if (raw.startsWith('->', start + 4)) return { at: start + 6, missing: '' }
    return upTo('-->', start + 4)
  }
  if (/[!?]/.test(raw[start + 1] ?? '')) return upTo('>', start)
  if (raw[start + 1] === '/' && !/[a-z]/i.test(raw[start + 2] ?? '')) return upTo('>', start)
  if (!/[a-z/]/i.test(raw[start + 1] ?? '')) return { at: start + 1, missing: '' }
  return endOfTag(raw, start)
}

/** A quotation mark counts only where the value of an attribute begins. */
function endOfTag(raw: string, start: number): { at: number; missing: string } | undefined {
  const value = /[=>]/g
  value.lastIndex = start
  for (let found = value.exec(raw); found; found = value.exec(raw)) {
    if (found[0] === '>') return { at: found.index + 1, missing: '' }
    const quote = /[\t\n\f\r ]*(["'])?/y
    quote.lastIndex = found.index + 1
    const mark = quote.exec(raw)?.[1]
    if (mark === undefined) continue
    const end = raw.indexOf(mark, quote.lastIndex)
    if (end < 0) return undefined
    value.lastIndex = end + 1
  }
  return undefined
}
