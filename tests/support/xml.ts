/** Parses XML strictly, and navigates the parsed document. */
import { parseXml, XmlCdata, XmlElement, XmlText } from '@rgrove/parse-xml'

export { XmlElement } from '@rgrove/parse-xml'

/**
 * Parses the document, or throws. CDATA is separate from text, so that a test can distinguish them.
 */
export function parseRoot(document: string): XmlElement {
  const { root } = parseXml(document, { preserveCdata: true })
  if (!root) throw new Error('The document has no root element')
  return root
}

export const listChildren = (parent: XmlElement, name?: string): XmlElement[] =>
  parent.children.filter(
    (child): child is XmlElement =>
      child instanceof XmlElement && (name === undefined || child.name === name),
  )

/** Returns the only child with this name. Throws if there is not exactly one. */
export function getOnlyChild(parent: XmlElement, name: string): XmlElement {
  const found = listChildren(parent, name)
  const [first] = found
  if (!first || found.length > 1)
    throw new Error(`<${parent.name}> has ${found.length} <${name}>, not one`)
  return first
}

/** Returns the text of the only child with this name, decoded once. */
export const getText = (parent: XmlElement, name: string): string => getOnlyChild(parent, name).text

export const hasCdata = (element: XmlElement): boolean =>
  element.children.some((child) => child instanceof XmlCdata)
export const hasMarkup = (element: XmlElement): boolean =>
  element.children.some((child) => !(child instanceof XmlText))

/** Lists the element and all elements in it. */
export function listElements(element: XmlElement): XmlElement[] {
  return [element, ...listChildren(element).flatMap(listElements)]
}
