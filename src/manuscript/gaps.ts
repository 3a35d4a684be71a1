/**
 * Separates words that a removed or replaced element stood between: `a<video></video>b` does not
 * become `ab`.
 */
import type { Element, Root, Text } from 'hast'
import { TEXT_BREAKS, visitElements } from './tree.ts'

const WORD_BEFORE = /[\p{L}\p{M}\p{N}\p{Pe}\p{Pf}.,:;!?%…،؛؟।]$/u
const WORD_AFTER = /^[\p{L}\p{M}\p{N}\p{Ps}\p{Pi}]/u

/** Makes each of the given texts a space if words stand on both sides. Removes the others. */
export function fillGaps(tree: Root, gaps: ReadonlySet<Text>): void {
  if (gaps.size === 0) return
  let textBefore = ''
  let gap: Text | undefined
  const breakLine = (): void => {
    textBefore = ''
    gap = undefined
  }
  const walk = (parent: Root | Element): void => {
    for (const child of parent.children) {
      if (child.type === 'text' && gaps.has(child)) gap ??= child
      else if (child.type === 'text' && child.value !== '') {
        const isBetweenWords = WORD_BEFORE.test(textBefore) && WORD_AFTER.test(child.value)
        if (gap && isBetweenWords) gap.value = ' '
        gap = undefined
        textBefore = child.value.slice(-2)
      } else if (child.type === 'element') {
        const breaksLine = TEXT_BREAKS.has(child.tagName) || child.tagName === 'img'
        if (breaksLine) breakLine()
        walk(child)
        if (breaksLine) breakLine()
      }
    }
  }
  walk(tree)
  removeEmptyTexts(tree)
  visitElements(tree, removeEmptyTexts)
}

function removeEmptyTexts(parent: Root | Element): void {
  parent.children = parent.children.filter(
    (child) => child.type !== 'doctype' && (child.type !== 'text' || child.value !== ''),
  )
}
