/**
 * Writes formulas of MathML Core as plain text, because feed readers do not show MathML. Fractions,
 * powers, indexes and roots keep their meaning by signs.
 */
import type { Element, ElementContent } from 'hast'

/** Elements whose children stand above or below each other. */
const LAYOUTS = /^(?:mfrac|msup|msub|msubsup|munder|mover|munderover|msqrt|mroot|mtable)$/

/** Returns the text, and whether the formula was one line without such parts. */
export function writeFormula(formula: Element): { text: string; isFlat: boolean } {
  const text = writeChildren(formula).replace(/\s+/g, ' ').trim()
  return {
    text: text || String(formula.properties['alttext'] ?? formula.properties['altText'] ?? ''),
    isFlat: !hasLayout(formula),
  }
}

const hasLayout = (node: ElementContent): boolean =>
  node.type === 'element' && (LAYOUTS.test(node.tagName) || node.children.some(hasLayout))

const writeChildren = (element: Element): string => element.children.map(write).join('')

function write(node: ElementContent): string {
  if (node.type === 'text') return node.value.trim()
  if (node.type !== 'element') return ''
  const parts = node.children.filter((child) => child.type === 'element').map(write)
  const [base = '', second = '', third = ''] = parts
  switch (node.tagName) {
    // The source of the formula in another notation
    case 'annotation':
    case 'annotation-xml':
      return ''
    case 'mfrac':
      return `${group(base)}/${group(second)}`
    case 'msup':
    case 'mover':
      return `${base}^${group(second)}`
    case 'msub':
    case 'munder':
      return `${base}_${group(second)}`
    case 'msubsup':
    case 'munderover':
      return `${base}_${group(second)}^${group(third)}`
    case 'msqrt':
      return `√${group(parts.join(''))}`
    case 'mroot':
      return `${group(base)}^(1/${second})`
    case 'mtext':
      return ` ${writeText(node)} `
    case 'mtd':
      return ` ${writeChildren(node)} `
    case 'mtr':
    case 'mlabeledtr':
      return `${writeChildren(node)};`
    case 'mtable':
      return ` ${parts.join(' ').replace(/;\s*$/, '')} `
    case 'mspace':
      return ' '
    default:
      return writeChildren(node)
  }
}

const writeText = (node: Element): string =>
  node.children
    .map((child) => (child.type === 'text' ? child.value : write(child)))
    .join('')
    .trim()

/** Puts an expression of several characters into brackets, unless it is one number or word. */
const group = (expression: string): string => {
  const trimmed = expression.trim()
  return /^(?:[\p{L}\p{M}]+|[\p{N}.,]+|.)?$/u.test(trimmed) ? trimmed : `(${trimmed})`
}
