/** Extracts the dateline: the place at the beginning of a text, as news agencies write it. */
import type { Root } from 'hast'
import { isSlug, slugify } from '../model/channel.ts'
import { collapseWhiteSpace, findForbidden } from '../text/characters.ts'

const CAPITALS_DATELINE =
  /^(?=[^:]*\p{Lu})(?<place>[\p{Lu}\p{M}\p{N}][\p{Lu}\p{M}\p{N} .,'’/()-]{0,98}):\s+/u

const isValidPlace = (text: string): boolean =>
  [...text].length <= 100 && !findForbidden(text) && isSlug(slugify(text))

/**
 * Removes the dateline from the first paragraph: capitals of any script and a colon (`ISLAMABAD:
 * `), or bold text and a colon, which may be bold too. If the manuscript has a `dateline`, only an
 * equal one is removed. A text that is invalid as a dateline stays.
 */
export function extractDateline(
  tree: Root,
  suppliedDateline: string | undefined,
): string | undefined {
  const paragraph = tree.children.find((child) => child.type === 'element')
  if (paragraph?.type !== 'element' || paragraph.tagName !== 'p') return undefined
  const first = paragraph.children[0]
  if (first?.type === 'text') {
    const colon = first.value.indexOf(':')
    // A repeated dateline needs no capitals, which many scripts lack.
    const isRepeated =
      suppliedDateline !== undefined &&
      collapseWhiteSpace(first.value.slice(0, Math.max(0, colon))) === suppliedDateline
    const place = isRepeated
      ? suppliedDateline
      : collapseWhiteSpace(CAPITALS_DATELINE.exec(first.value)?.groups?.['place'] ?? '')
    if (!isValidPlace(place) || (suppliedDateline !== undefined && place !== suppliedDateline))
      return undefined
    first.value = first.value.slice(colon + 1).trimStart()
    return place
  }
  if (first?.type !== 'element' || !/^(?:b|strong)$/.test(first.tagName)) return undefined
  const boldText = first.children[0]
  const following = paragraph.children[1]
  if (first.children.length !== 1 || boldText?.type !== 'text' || following?.type !== 'text')
    return undefined
  const insideBold = /^(?<place>[^:]{1,100}):\s*$/u.exec(boldText.value)?.groups?.['place']
  const wholeBold = following.value.startsWith(':') ? boldText.value : undefined
  const place = collapseWhiteSpace(insideBold ?? wholeBold ?? '')
  if (!isValidPlace(place) || (suppliedDateline !== undefined && place !== suppliedDateline))
    return undefined
  paragraph.children.shift()
  following.value = following.value.replace(/^:?\s*/, '')
  return place
}
