/**
 * Writes formulas of MathML as plain text, because feed readers do not show MathML. Fractions,
 * powers, indexes and roots keep their meaning by signs, and brackets keep the order of the
 * operations.
 */
import type { Element } from 'hast'
import { collapseWhiteSpace } from '../text/characters.ts'
import { getNodeText } from './tree.ts'

/** Elements that arrange their children in a line. Of `maction` only one child is shown. */
const ROWS = /^(?:math|mrow|mstyle|mpadded|merror|semantics|mtd|maction)$/
const TOKENS = /^(?:mi|mn|mo|mtext|ms|mspace)$/
/**
 * Elements that are not shown: invisible ones, placeholders, and the formula in another notation.
 */
const UNSEEN = /^(?:annotation|annotation-xml|mphantom|none|mprescripts)$/
const INVISIBLE_TIMES = '\u2062'
/** Invisible operators: function application, times, separator and plus. */
const INVISIBLE_SIGNS = /[\u2061-\u2064]/g

/**
 * A part of a formula. `isWhole` means that it needs no brackets as an operand. On a loose side, a
 * space must separate it from a letter or number, or both would read as one.
 */
type Part = { text: string; isWhole: boolean; isLooseBefore: boolean; isLooseAfter: boolean }

/**
 * Returns the text, and whether it is flat: nothing stands above or below the line, so that the
 * text loses no layout.
 */
export function writeFormula(formula: Element): { text: string; isFlat: boolean } {
  const text = tidySpaces(writeRow(formula).text)
  const { alttext, altText } = formula.properties
  return {
    text: text || collapseWhiteSpace(String(alttext ?? altText ?? findAnnotation(formula))),
    isFlat: isFlat(formula),
  }
}

/** Lists the addresses to which a formula links, and those of pictures in it. */
export function listFormulaAddresses(element: Element): string[] {
  const { href, xLinkHref, src } = element.properties
  return [
    ...[href, xLinkHref, src].filter((address) => typeof address === 'string'),
    ...listElements(element).flatMap(listFormulaAddresses),
  ]
}

const isFlat = (element: Element): boolean =>
  UNSEEN.test(element.tagName) ||
  TOKENS.test(element.tagName) ||
  ((ROWS.test(element.tagName) || element.tagName === 'mfenced') &&
    listElements(element).every(isFlat))

const listElements = ({ children }: Element): Element[] =>
  children.filter((child) => child.type === 'element')

/** Returns the source of the formula in another notation. */
const findAnnotation = (formula: Element): string =>
  formula.children
    .flatMap((child) =>
      child.type !== 'element'
        ? []
        : child.tagName === 'annotation'
          ? [getNodeText(child)]
          : [findAnnotation(child)],
    )
    .find((text) => text.trim() !== '') ?? ''

/** Each element is written once, because formulas may be nested deeply. */
function writePart(element: Element): Part {
  const { tagName } = element
  if (UNSEEN.test(tagName)) return whole('')
  if (TOKENS.test(tagName)) return writeToken(element)
  if (tagName === 'mmultiscripts') return writeScripts(listElements(element))
  if (tagName === 'menclose' || (ROWS.test(tagName) && tagName !== 'maction'))
    return writeRow(element)
  const parts = listElements(element).map(writePart)
  const [base = whole(''), second = whole(''), third = whole('')] = parts
  switch (tagName) {
    case 'mfrac':
      return loose(`${group(base)}/${group(second)}`)
    case 'msup':
      return script(base, `^${group(second)}`)
    // An index is part of a name, so `x_1` is one operand. A power is not.
    case 'msub':
      return { ...script(base, `_${group(second)}`), isWhole: true }
    case 'msubsup':
    case 'munderover':
      return script(base, `_${group(second)}^${group(third)}`)
    case 'mover':
      return isAccent(second) ? join([base, second]) : script(base, `^${group(second)}`)
    case 'munder':
      return isAccent(second) ? join([base, second]) : script(base, `_${group(second)}`)
    case 'msqrt':
      return loose(`√${group(join(parts))}`)
    case 'mroot':
      return loose(`${group(base)}^(1/${group(second)})`)
    case 'mfenced':
      return writeFence(element, parts)
    case 'mtable':
      return loose(` ${parts.map(({ text }) => tidySpaces(text)).join('; ')} `)
    case 'mtr':
    case 'mlabeledtr':
      return loose(parts.map(({ text }) => tidySpaces(text)).join(' '))
    case 'maction': {
      // Shows one of its children at a time.
      const selected = Number(element.properties['selection'] ?? 1)
      return parts[selected - 1] ?? base
    }
    default:
      // Content MathML (`apply`, `ci`) has no signs to print, so spaces separate its operands.
      return loose(getPlainText(element, parts))
  }
}

const getPlainText = (element: Element, parts: Part[]): string =>
  parts.length === 0 ? getNodeText(element).trim() : parts.map(({ text }) => text).join(' ')

function writeToken(element: Element): Part {
  const text = collapseWhiteSpace(getNodeText(element))
  // A name of several letters (`sin`) needs a space. Single letters together are a product.
  const isWord = /\p{L}[\p{L}\p{M}]*\p{L}/u.test(text)
  switch (element.tagName) {
    case 'mspace':
      return whole(' ')
    case 'mtext':
      return { ...loose(` ${text} `), isWhole: !text.includes(' ') }
    case 'ms':
      return whole(
        `${element.properties['lquote'] ?? '"'}${text}${element.properties['rquote'] ?? '"'}`,
      )
    case 'mn':
      return { ...whole(text), isWhole: !/^[+−-]/.test(text) }
    default:
      return {
        text: text === INVISIBLE_TIMES ? text : text.replace(INVISIBLE_SIGNS, ''),
        isWhole: true,
        isLooseBefore: isWord,
        isLooseAfter: isWord,
      }
  }
}

const writeRow = ({ children }: Element): Part =>
  join(
    children.flatMap((child) =>
      child.type === 'element'
        ? [writePart(child)]
        : child.type === 'text'
          ? [whole(child.value.trim())]
          : [],
    ),
  )

/** Writes the scripts of a base: pairs of an index and a power, and those that stand before it. */
function writeScripts([base, ...scripts]: Element[]): Part {
  const divider = scripts.findIndex(({ tagName }) => tagName === 'mprescripts')
  const write = (pairs: Element[]): string =>
    pairs
      .map((script, index) => ({ part: writePart(script), sign: index % 2 === 0 ? '_' : '^' }))
      .map(({ part, sign }) => (part.text === '' ? '' : `${sign}${group(part)}`))
      .join('')
  const before = divider < 0 ? '' : write(scripts.slice(divider + 1))
  const after = write(divider < 0 ? scripts : scripts.slice(0, divider))
  const center = base ? group(writePart(base)) : ''
  return loose(`${before === '' ? '' : ` ${before} `}${center}${after}`)
}

/** Writes an expression in brackets (MathML 3, section 3.3.8). */
function writeFence({ properties }: Element, parts: Part[]): Part {
  const separators = Array.from(String(properties['separators'] ?? ',').replace(/\s/g, ''))
  const inner = parts.map(({ text }, index) => {
    const separator = separators[Math.min(index, separators.length - 1)] ?? ''
    return index === parts.length - 1 ? text : `${text}${separator} `
  })
  return whole(`${properties['open'] ?? '('}${inner.join('')}${properties['close'] ?? ')'}`)
}

/** Joins parts in a line. Puts a space between parts that would be read as one. */
function join(parts: Part[]): Part {
  const shown = parts.filter(({ text }) => text !== '')
  if (shown.length === 1) return shown[0] ?? whole('')
  let line = ''
  let last: Part | undefined
  let isProduct = false
  for (const part of shown) {
    const { text } = part
    if (text === INVISIBLE_TIMES) {
      isProduct = true
      continue
    }
    // Two code units may be one character.
    const end = line.slice(-2)
    const isBetweenNumbers = /\p{N}$/u.test(end) && /^\p{N}/u.test(text)
    const isBetweenWords = /[\p{L}\p{M}\p{N}]$/u.test(end) && /^[\p{L}\p{N}]/u.test(text)
    const isLoose = last?.isLooseAfter || part.isLooseBefore
    if (isBetweenNumbers && isProduct) line += '·'
    else if (isBetweenNumbers || (isBetweenWords && isLoose)) line += ' '
    line += text
    isProduct = false
    last = part
  }
  return {
    text: line,
    isWhole: IN_BRACKETS.test(line),
    isLooseBefore: shown[0]?.isLooseBefore ?? false,
    isLooseAfter: last?.isLooseAfter ?? false,
  }
}
/** There are no brackets inside, because `(a)(b)` begins and ends with one too. */
const IN_BRACKETS = /^\s*[([{|][^()[\]{}|]*[)\]}|]\s*$/

const whole = (text: string): Part => ({
  text,
  isWhole: true,
  isLooseBefore: false,
  isLooseAfter: false,
})
const loose = (text: string): Part => ({
  text,
  isWhole: false,
  isLooseBefore: true,
  isLooseAfter: true,
})
/**
 * After a script that ends with a number, a letter needs no space (`H_2O`). After one that ends
 * with a letter it does (`x_i y`).
 */
const script = (base: Part, scripts: string): Part => ({
  text: group(base) + scripts,
  isWhole: false,
  isLooseBefore: base.isLooseBefore,
  isLooseAfter: !/\p{N}$/u.test(scripts),
})

/** A sign above or below a letter, such as the bar over a mean. */
const isAccent = ({ text }: Part): boolean => /^[^\p{L}\p{N}\s]$/u.test(text.trim())

/** Puts an expression into brackets, unless it is one operand. */
const group = ({ text, isWhole }: Part): string => {
  const trimmed = tidySpaces(text)
  return isWhole || trimmed === '' ? trimmed : `(${trimmed})`
}

const tidySpaces = (text: string): string =>
  collapseWhiteSpace(text.replace(INVISIBLE_SIGNS, ''))
    .replace(/ (?=[,.;:)\]])/g, '')
    .replace(/([([]) /g, '$1')
