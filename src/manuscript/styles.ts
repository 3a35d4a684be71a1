/** Reads the styles of elements (CSS Style Attributes), and keeps the emphasis that they mean. */
import type { Element, ElementContent } from 'hast'
import { createElement } from './rewriting.ts'
import { isBlockName } from './tree.ts'

/** Returns the values by property, in lower case. The last of two declarations counts. */
export function getStyles({ properties }: Element): ReadonlyMap<string, string> {
  const styles = new Map<string, string>()
  for (const declaration of String(properties['style'] ?? '').split(';')) {
    const colon = declaration.indexOf(':')
    const name = declaration.slice(0, Math.max(0, colon)).trim().toLowerCase()
    const value = declaration.slice(colon + 1).replace(/!\s*important/i, '')
    if (name !== '') styles.set(name, value.trim().toLowerCase())
  }
  return styles
}

/** Elements whose style applies to their text. Headings and header cells are bold anyway. */
const TEXT_ELEMENTS = new Set('span p div li td dd blockquote a font'.split(' '))
const BOLD = /(?:^|\s)(?:bold|bolder|[6-9]00)(?=\s|$)/
const NOT_BOLD = /^(?:normal|lighter|[1-5]00)$/
const ITALIC = /(?:^|\s)(?:italic|oblique)(?=\s|$)/

/**
 * Turns styles that mean emphasis into elements. Text editors write such styles into pasted HTML,
 * and also `b` and `i` with a style that takes the emphasis back.
 */
export function applyStyles(element: Element): Element {
  const { tagName, properties } = element
  if (properties['style'] === undefined) return element
  const styles = getStyles(element)
  const has = (name: string, value: RegExp): boolean => value.test(styles.get(name) ?? '')
  if (/^(?:b|strong)$/.test(tagName) && has('font-weight', NOT_BOLD)) element.tagName = 'span'
  if (/^(?:i|em)$/.test(tagName) && has('font-style', /^normal$/)) element.tagName = 'span'
  if (!TEXT_ELEMENTS.has(element.tagName) || element.children.some(isBlock)) return element
  const wrappers = [
    ...(has('font-weight', BOLD) || has('font', BOLD) ? ['strong'] : []),
    ...(has('font-style', ITALIC) || has('font', ITALIC) ? ['em'] : []),
    ...(has('text-decoration', /line-through/) || has('text-decoration-line', /line-through/)
      ? ['s']
      : []),
    ...(has('vertical-align', /^super$/) ? ['sup'] : []),
    ...(has('vertical-align', /^sub$/) ? ['sub'] : []),
  ]
  for (const name of wrappers.reverse())
    element.children = [createElement(name, {}, element.children)]
  return element
}

const isBlock = (node: ElementContent): boolean =>
  node.type === 'element' && isBlockName(node.tagName)
