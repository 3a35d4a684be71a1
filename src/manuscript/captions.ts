/**
 * Turns captions that only a class marks into captions of figures, as in old blocks of WordPress:
 * `<div class="wp-caption"><img><p class="wp-caption-text">…</p></div>`. Without the class, which
 * stored HTML does not have, a caption looks like text of the story.
 */
import type { Element, ElementContent, Root, RootContent } from 'hast'
import { createElement } from './rewriting.ts'

const CAPTION_CLASS =
  /^(?:(?:tr|gallery|image|img|photo|picture|media|video|figure)[-_])?caption$|^(?:wp[-_])?caption[-_](?:text|dd)$/i
const CAPTION_ELEMENTS = /^(?:p|div|dd|td)$/
const FIGURE_ELEMENTS = /^(?:div|dl|figure|section|aside)$/
const MEDIA = /^(?:img|picture|amp-img|amp-anim|iframe|video|audio|embed|object|svg|amp-\w+)$/
const FIGCAPTION = /^figcaption$/

/** Rewrites the tree in place. */
export function rewriteCaptions(parent: Root | Element): void {
  for (const child of parent.children) if (child.type === 'element') rewriteCaptions(child)
  const elements = parent.children.flatMap((child): Element[] =>
    child.type === 'element' ? [child] : [],
  )
  const captions = elements.filter(isCaption)
  const [caption] = captions
  if (!caption) return
  if (captions.length === 1 && parent.type === 'element' && isFigure(parent, caption)) {
    parent.tagName = 'figure'
    caption.tagName = 'figcaption'
    for (const element of elements) if (element.tagName === 'dt') element.tagName = 'div'
    return
  }
  for (const element of captions) {
    const words: Element = { ...element, tagName: 'figcaption' }
    const figure = createElement('figure', {}, [words])
    // Cells and descriptions stay in their table or list.
    if (/^[dt]d$/.test(element.tagName)) {
      words.properties = {}
      element.children = [figure]
    } else Object.assign(element, figure)
  }
}

function isCaption(element: Element): boolean {
  const { className } = element.properties
  return (
    CAPTION_ELEMENTS.test(element.tagName) &&
    Array.isArray(className) &&
    className.some((name) => CAPTION_CLASS.test(String(name))) &&
    !contains(element, MEDIA) &&
    !contains(element, FIGCAPTION)
  )
}

/** Returns whether everything but the caption is media without text. */
const isFigure = (parent: Element, caption: Element): boolean =>
  FIGURE_ELEMENTS.test(parent.tagName) &&
  contains(parent, MEDIA) &&
  parent.children.every((child) => child === caption || !hasText(child))

const contains = ({ children }: Element, name: RegExp): boolean =>
  children.some(
    (child) => child.type === 'element' && (name.test(child.tagName) || contains(child, name)),
  )

const hasText = (node: RootContent | ElementContent): boolean =>
  node.type === 'text'
    ? node.value.trim() !== ''
    : node.type === 'element' && !MEDIA.test(node.tagName) && node.children.some(hasText)
