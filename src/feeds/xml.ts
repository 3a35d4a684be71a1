/**
 * Writes XML that is always well-formed (XML 1.0 section 2): every string is escaped, and every
 * name is checked.
 */

/** A finished piece of XML. Its markup is private, so only this constructor can write it. */
export class Xml {
  readonly #markup: string
  constructor(name: string, attributes: XmlAttributes, children: readonly XmlChild[]) {
    if (!XML_NAME.test(name))
      throw new TypeError(`Cannot write element "${name}": it is not an XML name`)
    const attributeMarkup = Object.entries(attributes).map(([key, value]) => {
      if (!XML_NAME.test(key))
        throw new TypeError(`Cannot write attribute "${key}": it is not an XML name`)
      return value === undefined ? '' : ` ${key}="${escapeXml(String(value))}"`
    })
    const childMarkup = children.map((child) =>
      child instanceof Xml ? child.#markup : child ? escapeXml(child) : '',
    )
    const content = childMarkup.join('')
    this.#markup =
      content === ''
        ? `<${name}${attributeMarkup.join('')}/>`
        : `<${name}${attributeMarkup.join('')}>${content}</${name}>`
  }

  /**
   * Returns the whole document with its declaration. If `stylePath` is set, browsers display the
   * document with that style sheet.
   */
  renderDocument(stylePath?: string): string {
    const instruction = stylePath === undefined ? '' : `${renderStyleInstruction(stylePath)}\n`
    return `<?xml version="1.0" encoding="utf-8"?>\n${instruction}${this.#markup}\n`
  }
}

export type XmlAttributes = Record<string, string | number | undefined>
export type XmlChild = Xml | string | undefined | false

const XML_NAME = /^[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?$/

/** Builds an element. Absent attributes and children are omitted. Strings become character data. */
export const element = (name: string, attributes: XmlAttributes, ...children: XmlChild[]): Xml =>
  new Xml(name, attributes, children)

/**
 * Renders the instruction that names a style sheet for browsers (Associating Style Sheets with XML
 * documents).
 */
export const renderStyleInstruction = (path: string): string =>
  `<?xml-stylesheet type="text/css" href="${escapeXml(path)}"?>`

/**
 * Replaces characters that XML 1.0 section 2.2 forbids by U+FFFD, and escapes the others for text
 * and attributes.
 */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"'\r]/g, (character) => ESCAPES[character] ?? character)
}
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\r': '&#13;',
}
