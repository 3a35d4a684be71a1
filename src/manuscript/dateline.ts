/** Extracts the dateline: the place at the beginning of a text, as news agencies write it. */
import type { Element, ElementContent, Root, RootContent } from 'hast'
import { isSlug, slugify } from '../model/channel.ts'
import { collapseWhiteSpace, findForbidden } from '../text/characters.ts'
import { isLabel } from './labels.ts'

const CAPITALS_DATELINE =
  /^(?=[^:：]*\p{Lu})(?<place>[\p{Lu}\p{M}\p{N}][\p{Lu}\p{M}\p{N} .,'’/()-]{0,98})(?::\s+|：)/u
const COLON = /[:：]/
const MAX_WORDS = 6

/** Returns whether a text may be a place. Labels, questions and sentences are not places. */
const isValidPlace = (text: string): boolean =>
  [...text].length <= 100 &&
  !findForbidden(text) &&
  isSlug(slugify(text)) &&
  !isLabel(text) &&
  !/[?!;؟！？；"“”«»]/.test(text) &&
  text.split(' ').length <= MAX_WORDS

/**
 * Removes the dateline from the first paragraph and returns it. A dateline is capitals of any
 * script and a colon (`ISLAMABAD: `), or bold text and a colon, which may be bold too. Pictures may
 * precede the paragraph, and it may be inside of `div` elements. If the manuscript has a
 * `dateline`, only an equal text is removed. A text that is not a valid dateline is not removed.
 */
export function extractDateline(
  tree: Root,
  suppliedDateline: string | undefined,
): string | undefined {
  const paragraph = findFirstParagraph(tree.children)
  if (!paragraph) return undefined
  const isExpected = (place: string): boolean =>
    isValidPlace(place) && (suppliedDateline === undefined || isSamePlace(place, suppliedDateline))
  const first = paragraph.children[0]
  if (first?.type === 'text') {
    const colon = first.value.search(COLON)
    // A repeated dateline needs no capitals, which many scripts lack.
    const isRepeated =
      suppliedDateline !== undefined &&
      isSamePlace(collapseWhiteSpace(first.value.slice(0, Math.max(0, colon))), suppliedDateline)
    const place = isRepeated
      ? suppliedDateline
      : collapseWhiteSpace(CAPITALS_DATELINE.exec(first.value)?.groups?.['place'] ?? '')
    if (!isExpected(place)) return undefined
    first.value = first.value.slice(colon + 1).trimStart()
    return place
  }
  if (first?.type !== 'element' || !/^(?:b|strong)$/.test(first.tagName)) return undefined
  const boldText = first.children[0]
  const following = paragraph.children[1]
  if (first.children.length !== 1 || boldText?.type !== 'text' || following?.type !== 'text')
    return undefined
  const insideBold = /^(?<place>[^:：]{1,100})[:：]\s*$/u.exec(boldText.value)?.groups?.['place']
  const wholeBold = /^[:：]/.test(following.value) ? boldText.value : undefined
  const place = collapseWhiteSpace(insideBold ?? wholeBold ?? '')
  if (!isExpected(place)) return undefined
  paragraph.children.shift()
  following.value = following.value.replace(/^[:：]?\s*/, '')
  return place
}

/** Compares places without case, because texts print datelines in capitals. */
const isSamePlace = (a: string, b: string): boolean => a.toUpperCase() === b.toUpperCase()

/** Finds the first paragraph, if only pictures and empty elements precede it. */
function findFirstParagraph(
  children: readonly (RootContent | ElementContent)[],
): Element | undefined {
  const first = children.find((child) => !isPictureOrBlank(child))
  if (first?.type !== 'element') return undefined
  if (first.tagName === 'p') return first
  return /^(?:div|section)$/.test(first.tagName) ? findFirstParagraph(first.children) : undefined
}

function isPictureOrBlank(node: RootContent | ElementContent): boolean {
  if (node.type === 'text') return node.value.trim() === ''
  if (node.type !== 'element') return true
  if (node.tagName === 'figure' || node.tagName === 'img') return true
  return /^(?:p|a|div|span)$/.test(node.tagName) && node.children.every(isPictureOrBlank)
}
