/** What the files that rewrite foreign markup share: their context, and small parts of trees. */
import type { Element, ElementContent, Text } from 'hast'

/**
 * `shown` has the addresses of pictures and media outside of `noscript`, and `linked` those of
 * links. `gaps` has texts between parts of a line that may become a space (`gaps.ts`). `report` is
 * called with each thing that is lost.
 */
export type RewriteContext = {
  isInline: boolean
  isInLink: boolean
  isInNoscript: boolean
  shown: Set<string>
  linked: Set<string>
  gaps: Set<Text>
  report: (what: string) => void
}

/**
 * Within these elements, the link to an embedded medium stays in the line. Elsewhere it becomes a
 * paragraph.
 */
export const INLINE_PARENTS: ReadonlySet<string> = new Set(
  `p h1 h2 h3 h4 h5 h6 a abbr b bdi cite code del dfn dt em figcaption i ins kbd mark q s samp
   small span strong sub sup u var caption summary`.split(/\s+/),
)

/** Elements whose content nobody sees without scripts, or only in a form that feeds cannot have. */
const UNSEEN_ELEMENTS = new Set(
  'script style template textarea select option datalist title svg canvas'.split(' '),
)
const MAX_LABEL_CHARACTERS = 200

export const isUnseen = ({ tagName }: Element): boolean => UNSEEN_ELEMENTS.has(tagName)

/** Returns the beginning of a text. */
export const shorten = (text: string, characters = MAX_LABEL_CHARACTERS): string =>
  Array.from(text.slice(0, 2 * characters))
    .slice(0, characters)
    .join('')

export const createElement = (
  tagName: string,
  properties: Element['properties'],
  children: ElementContent[],
): Element => ({ type: 'element', tagName, properties, children })

export const createLink = (address: string, label: string): Element =>
  createElement('a', { href: address }, [{ type: 'text', value: shorten(label) }])

/** Creates a text that becomes a space if it separates two words. */
export function createGap({ gaps }: RewriteContext): Text {
  const gap: Text = { type: 'text', value: '' }
  gaps.add(gap)
  return gap
}

/** Returns whether the content has a link or a picture. */
export const hasAddress = (node: ElementContent): boolean =>
  node.type === 'element' &&
  (node.properties['href'] !== undefined ||
    node.properties['src'] !== undefined ||
    node.children.some(hasAddress))

/** Returns whether readers see a text or a picture in the content. */
export const isVisible = (node: ElementContent): boolean =>
  node.type === 'text'
    ? node.value.trim() !== ''
    : node.type === 'element' &&
      !isUnseen(node) &&
      (node.tagName === 'img' || node.children.some(isVisible))

/** Lists the addresses of links and pictures in the content. */
export const listAddresses = (node: ElementContent): string[] =>
  node.type === 'element'
    ? [
        ...[node.properties['href'], node.properties['src']].filter(
          (address) => typeof address === 'string',
        ),
        ...node.children.flatMap(listAddresses),
      ]
    : []

/** Returns the first value that has visible characters. */
export const findLabel = (values: unknown[]): string | undefined =>
  values.find((value): value is string => typeof value === 'string' && value.trim() !== '')?.trim()
