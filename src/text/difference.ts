/** Shows the first place where two texts differ, with some text around it. */

const CONTEXT_CHARACTERS = 20
const MAX_CHARACTERS = 80

/**
 * Returns the part of each text at the first difference. Both parts begin at the same position. A
 * cut is shown as an ellipsis.
 */
export function excerptDifference(
  before: string,
  after: string,
): { before: string; after: string } {
  const [old, current] = [Array.from(before), Array.from(after)]
  let shared = 0
  while (shared < old.length && old[shared] === current[shared]) shared += 1
  const start = Math.max(0, shared - CONTEXT_CHARACTERS)
  const excerpt = (characters: string[]): string => {
    const end = start + MAX_CHARACTERS
    const part = characters.slice(start, end).join('')
    return `${start > 0 ? '…' : ''}${part}${end < characters.length ? '…' : ''}`
  }
  return { before: excerpt(old), after: excerpt(current) }
}
