/** The place that a text begins with, as wire copy does. */
import type { Root } from 'hast'
import { isSlug, slugOf } from '../model/channel.ts'
import { findForbidden, oneLine } from '../text/characters.ts'

const CAPITALS =
  /^(?=[^:]*\p{Lu})(?<place>[\p{Lu}\p{M}\p{N}][\p{Lu}\p{M}\p{N} .,'’/()-]{0,98}):\s+/u

const isPlace = (text: string): boolean =>
  [...text].length <= 100 && !findForbidden(text) && isSlug(slugOf(text))

/**
 * Takes the dateline off the first paragraph: capitals of any script and a colon (`ISLAMABAD: `),
 * or bold text and a colon, within the bold or after it. A dateline that was given is only taken
 * off when equal, and what could not have been given as one stays in the text.
 */
export function takeDateline(tree: Root, given: string | undefined): string | undefined {
  const paragraph = tree.children.find((child) => child.type === 'element')
  if (paragraph?.type !== 'element' || paragraph.tagName !== 'p') return undefined
  const first = paragraph.children[0]
  if (first?.type === 'text') {
    const colon = first.value.indexOf(':')
    // One that was given needs no capitals to be known again: many scripts have none.
    const again = given !== undefined && oneLine(first.value.slice(0, Math.max(0, colon))) === given
    const place = again ? given : oneLine(CAPITALS.exec(first.value)?.groups?.['place'] ?? '')
    if (!isPlace(place) || (given !== undefined && place !== given)) return undefined
    first.value = first.value.slice(colon + 1).trimStart()
    return place
  }
  if (first?.type !== 'element' || !/^(?:b|strong)$/.test(first.tagName)) return undefined
  const only = first.children[0]
  const next = paragraph.children[1]
  if (first.children.length !== 1 || only?.type !== 'text' || next?.type !== 'text')
    return undefined
  const inside = /^(?<place>[^:]{1,100}):\s*$/u.exec(only.value)?.groups?.['place']
  const outside = next.value.startsWith(':') ? only.value : undefined
  const place = oneLine(inside ?? outside ?? '')
  if (!isPlace(place) || (given !== undefined && place !== given)) return undefined
  paragraph.children.shift()
  next.value = next.value.replace(/^:?\s*/, '')
  return place
}
