/**
 * Turns Markdown or HTML into the HTML that is stored: parses it as browsers do, and applies an
 * allow-list to the tree. Reports what was removed. Addresses within the site and the page are
 * stored as marks (`text/characters.ts`), so that stored HTML does not depend on the host.
 */
import type { Element, Root, Text } from 'hast'
import rehypeSanitize, { type Options as Schema } from 'rehype-sanitize'
import rehypeStringify from 'rehype-stringify'
import { unified } from 'unified'
import { LIMITS } from '../model/rules.ts'
import { encodeAddress } from '../text/addresses.ts'
import { cleanText, PAGE_MARK, SITE_MARK } from '../text/characters.ts'
import { omitUndefined } from '../text/json.ts'
import { normalizeAttributes } from './attribute-values.ts'
import { isTooDeepToParse, MAX_DEPTH, MAX_ELEMENTS, measureTree, parseHtml } from './bounds.ts'
import { rewriteCaptions } from './captions.ts'
import { extractDateline } from './dateline.ts'
import { LABEL_ID } from './footnotes.ts'
import { rewriteForeignMarkup } from './foreign-markup.ts'
import { isAbsolute } from './hidden-addresses.ts'
import { removeHiddenText } from './hidden-text.ts'
import { connectTargets, convertNameToId, shortenOwnLinks } from './in-page-links.ts'
import { listLeftoverWarnings, reportScriptCodes } from './leftovers.ts'
import { renderMarkdown } from './markdown.ts'
import { shorten } from './rewriting.ts'
import { getStoryText } from './story-text.ts'
import { cleanDecodedText, unwrapSpans, visitElements } from './tree.ts'

const BLOCKS =
  `p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre hr figure figcaption div section
   details summary table caption thead tbody tfoot tr th td`.split(/\s+/)
const INLINES =
  `a abbr b bdi br cite code del dfn em i img ins kbd mark q rb rp rt ruby s samp small span strong
   sub sup time u var wbr`.split(/\s+/)

const SCHEMA: Schema = {
  tagNames: [...BLOCKS, ...INLINES],
  attributes: {
    '*': ['lang', 'dir', 'title', 'id'],
    a: [
      'href',
      'ariaLabel',
      'ariaDescribedBy',
      'dataFootnoteRef',
      'dataFootnoteBackref',
      ['rel', 'sponsored', 'nofollow', 'ugc'],
    ],
    img: ['src', 'alt', 'width', 'height'],
    q: ['cite'],
    blockquote: ['cite'],
    ol: ['start', 'reversed'],
    li: ['value'],
    section: ['dataFootnotes'],
    time: ['dateTime'],
    code: [['className', /^language-[\w+#-]{1,40}$/]],
    th: ['colSpan', 'rowSpan', 'scope', ['align', 'left', 'center', 'right']],
    td: ['colSpan', 'rowSpan', ['align', 'left', 'center', 'right']],
    del: ['dateTime'],
    ins: ['dateTime'],
  },
  protocols: {
    href: ['http', 'https', 'mailto', 'tel', 'sms'],
    src: ['http', 'https'],
    cite: ['http', 'https'],
  },
  strip:
    'script style template noscript iframe object embed svg math title textarea select option video audio canvas'.split(
      ' ',
    ),
  clobber: [],
  clobberPrefix: '',
  allowComments: false,
  allowDoctypes: false,
}

/**
 * Placeholders for the site and the page during sanitising. Nobody can own a host in `.invalid`
 * (RFC 2606).
 */
const SITE_PLACEHOLDER = 'http://site.invalid'
const PAGE_PLACEHOLDER = 'http://page.invalid'
const ADDRESS_ATTRIBUTES = ['href', 'src', 'cite'] as const

export const TOO_MUCH_HTML = `makes more than ${LIMITS.htmlBytes} bytes of HTML`
const ALLOWED_TAGS = new Set(SCHEMA.tagNames)
const TABLE_PARTS = new Set('table caption colgroup thead tbody tfoot tr th td'.split(' '))
/** A limit that is hardly ever reached: even the second pass rarely changes anything. */
const MAX_PASSES = 4

/**
 * `text` is the plain text of the story, without captions and footnotes. `warnings` are about what
 * was not removed, but looks wrong.
 */
export type CleanedMarkup = {
  html: string
  text: string
  dateline?: string
  removed: string[]
  warnings: string[]
}
export type MarkupFailure = { detail: string }

const sanitizer = unified().use(rehypeSanitize, SCHEMA)
const stringifier = unified().use(rehypeStringify)

/**
 * Builds the HTML that is stored. `origins` are the origins of the site. Returns the HTML, its
 * plain text, the dateline that was removed from its beginning, and a list of what else was
 * removed.
 */
export function cleanMarkup(
  form: 'markdown' | 'html',
  source: string,
  context: { origins: string[]; dateline?: string | undefined; language?: string },
): CleanedMarkup | MarkupFailure {
  const { text, removed: removedCharacters } = cleanText(source)
  if (isTooDeepToParse(text)) return { detail: `is nested deeper than ${MAX_DEPTH}` }
  const tree = parseSource(form, text, context.language ?? 'en')
  if ('detail' in tree) return tree
  const { depth, elements } = measureTree(tree)
  if (depth > MAX_DEPTH) return { detail: `is nested deeper than ${MAX_DEPTH}` }
  if (elements > MAX_ELEMENTS)
    return { detail: `makes ${elements} HTML elements, more than ${MAX_ELEMENTS}` }
  const removed = new Map<string, number>()
  const reportRemoved = (what: string): void => {
    removed.set(what, (removed.get(what) ?? 0) + 1)
  }
  cleanDecodedText(tree, reportRemoved)
  if (text.includes('<?')) reportScriptCodes(tree, reportRemoved)
  const mayMove = mayContentMove(tree)
  rewriteCaptions(tree)
  shortenOwnLinks(tree)
  removeHiddenText(tree, reportRemoved)
  rewriteForeignMarkup(tree, reportRemoved)
  visitElements(tree, (element) => {
    replaceCheckbox(element)
    convertNameToId(element)
    normalizeAttributes(element)
    rewriteAddresses(element, context.origins, reportRemoved)
  })
  reportForbidden(tree, reportRemoved)
  const allowed = sanitizer.runSync(tree) as Root
  const cleaned = mayMove ? parseUntilStable(allowed) : allowed
  if ('detail' in cleaned) return cleaned
  removeEmptyImages(cleaned, reportRemoved)
  shiftHeadings(cleaned)
  connectTargets(cleaned, PAGE_PLACEHOLDER, reportRemoved)
  unwrapSpans(cleaned)
  insertMarks(cleaned)
  const dateline = extractDateline(cleaned, context.dateline)
  // Composes again, because a removed character may have separated a letter from its accent. U+0338
  // is excluded: it would merge with the > of the tag before it.
  const html = stringify(cleaned)
    .trim()
    .replaceAll(']]>', ']]&gt;')
    .replaceAll('>\u0338', '>&#x338;')
    .normalize('NFC')
  return {
    html,
    text: getStoryText(cleaned),
    ...omitUndefined({ dateline }),
    removed: [
      ...removedCharacters,
      ...[...removed].map(([what, times]) => (times > 1 ? `${what}, ${times} times` : what)),
    ],
    warnings: listLeftoverWarnings(cleaned),
  }
}

function parseSource(
  form: 'markdown' | 'html',
  text: string,
  language: string,
): Root | MarkupFailure {
  if (form === 'html') return parseLimitedHtml(text)
  const rendered = renderMarkdown(text, language)
  return 'detail' in rendered ? rendered : parseLimitedHtml(rendered.html)
}

const parseLimitedHtml = (html: string): Root | MarkupFailure => parseHtml(html, LIMITS.htmlBytes)

/** Parsers drop a line break at the beginning of preformatted text, so it is written twice. */
function stringify(tree: Root): string {
  const textsToDouble: Text[] = []
  visitElements(tree, ({ tagName, children: [first] }) => {
    if (tagName === 'pre' && first?.type === 'text' && first.value.startsWith('\n'))
      textsToDouble.push(first)
  })
  for (const text of textsToDouble) text.value = `\n${text.value}`
  const html = stringifier.stringify(tree)
  for (const text of textsToDouble) text.value = text.value.slice(1)
  return html
}

/** Replaces check boxes, as in the task lists of GFM, because feeds have no form controls. */
function replaceCheckbox(element: Element): void {
  for (const [index, child] of element.children.entries()) {
    if (child.type !== 'element' || child.tagName !== 'input') continue
    if (child.properties['type'] !== 'checkbox') continue
    element.children[index] = { type: 'text', value: child.properties['checked'] ? '☑' : '☐' }
  }
}

/** Makes addresses absolute or replaces them by marks. Removes and reports invalid ones. */
function rewriteAddresses(
  element: Element,
  origins: string[],
  reportRemoved: (what: string) => void,
): void {
  for (const name of ADDRESS_ATTRIBUTES) {
    const value = element.properties[name]
    if (typeof value !== 'string') continue
    const address = value
      .replace(/[\t\n\r]/g, '')
      .trim()
      .replace(/^(https?:)\/?(?=[^/])/i, '$1//')
    // A browser would read both as an address of the page on which the text is shown.
    if (/^(?:\?.*|https?:\/*)?$/is.test(address)) {
      delete element.properties[name]
      if (name === 'href' || address !== '')
        reportRemoved(
          `${name} "${shorten(address, MAX_REPORTED_CHARACTERS)}" on <${element.tagName}>`,
        )
      continue
    }
    if (address.startsWith('#')) {
      element.properties[name] = `${PAGE_PLACEHOLDER}/${address}`
      continue
    }
    const base = address.startsWith('//') ? (origins[0] ?? SITE_PLACEHOLDER) : SITE_PLACEHOLDER
    const isUsable = address.length <= MAX_ADDRESS_CHARACTERS && URL.canParse(address, base)
    const url = isUsable ? new URL(address, base) : undefined
    if (url && [...origins, SITE_PLACEHOLDER].includes(url.origin)) {
      element.properties[name] =
        SITE_PLACEHOLDER + encodeAddress(`${url.pathname}${url.search}${url.hash}`)
      // The folder in which such an address was correct is unknown.
      if (/^(?![a-z][a-z0-9+.-]*:|\/)./i.test(address))
        reportRemoved(
          `relative ${name} "${shorten(address, MAX_REPORTED_CHARACTERS)}" on <${element.tagName}>, read as ${url.pathname}`,
        )
    } else if (
      url &&
      (WEB_SCHEME.test(url.protocol) || (name === 'href' && CONTACT_SCHEME.test(url.protocol)))
    ) {
      element.properties[name] = encodeAddress(url.href)
    } else {
      delete element.properties[name]
      reportRemoved(`${name} "${shortenAddress(address)}" on <${element.tagName}>`)
    }
  }
}

const WEB_SCHEME = /^https?:$/
const CONTACT_SCHEME = /^(?:mailto|tel|sms):$/
/**
 * Longer addresses are removed, because encoding a host takes quadratic time. No browser follows
 * such an address.
 */
const MAX_ADDRESS_CHARACTERS = 8192

const MAX_REPORTED_CHARACTERS = 100

/** Of scripts and data only the scheme is reported, because the rest leads nowhere. */
function shortenAddress(address: string): string {
  const visible = address.replace(/[\s\p{C}]+/gu, ' ').trim()
  const scheme = /^(?:data|javascript|vbscript):/i.exec(visible.replaceAll(' ', ''))?.[0]
  return scheme?.toLowerCase() ?? shorten(visible, MAX_REPORTED_CHARACTERS)
}

/** Reports the elements and attributes that the allow-list will remove. */
function reportForbidden(tree: Root, reportRemoved: (what: string) => void): void {
  const unreportedTags = new Set(['html', 'head', 'body', 'input', 'meta', 'link', 'o:p'])
  visitElements(tree, (element) => {
    const { tagName, properties } = element
    if (!ALLOWED_TAGS.has(tagName)) {
      const addresses = Object.values(properties).map(String).filter(isAbsolute)
      for (const address of addresses)
        reportRemoved(`<${tagName}> with "${shorten(address, MAX_REPORTED_CHARACTERS)}"`)
      if (addresses.length === 0 && !unreportedTags.has(tagName))
        reportRemoved(`<${tagName.slice(0, 40)}>`)
      return
    }
    const allowed = [
      ...(SCHEMA.attributes?.['*'] ?? []),
      ...(SCHEMA.attributes?.[element.tagName] ?? []),
    ]
    const names = new Set(allowed.map((rule) => (typeof rule === 'string' ? rule : rule[0])))
    for (const [name, value] of Object.entries(properties)) {
      if (names.has(name) || UNREPORTED_ATTRIBUTES.has(name) || DATA_ATTRIBUTE.test(name)) continue
      const address = isAbsolute(String(value))
        ? ` "${shorten(String(value), MAX_REPORTED_CHARACTERS)}"`
        : ''
      reportRemoved(`${formatAttributeName(name)}${address} on <${tagName}>`)
    }
  })
}

/**
 * Returns whether content may move when the HTML is parsed again: content of a removed element, or
 * of a table.
 */
function mayContentMove(tree: Root): boolean {
  let mayMove = false
  visitElements(tree, ({ tagName }) => {
    mayMove ||= TABLE_PARTS.has(tagName) || !ALLOWED_TAGS.has(tagName)
  })
  return mayMove
}

/**
 * Parses the HTML again until it is stable, so that every reader sees what is stored. Content of a
 * removed element may be invalid in its new place (a paragraph in a button in a paragraph), and so
 * may content of a table.
 */
function parseUntilStable(tree: Root): Root | MarkupFailure {
  let html = stringify(tree)
  for (let pass = 1; ; pass += 1) {
    const parsed = parseLimitedHtml(html)
    if ('detail' in parsed) return parsed
    const written = stringify(parsed)
    if (written === html || pass === MAX_PASSES) return parsed
    html = written
  }
}
/** Attributes without a visible effect; their removal is not reported. */
const DATA_ATTRIBUTE = /^data[A-Z]/
const UNREPORTED_ATTRIBUTES = new Set(
  `className id loading decoding fetchPriority sizes layout border cellPadding cellSpacing role
   ariaHidden itemProp itemScope itemType tabIndex target`.split(/\s+/),
)
const formatAttributeName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^\w:-]/g, '?')
    .slice(0, 40)

/** Removes pictures whose address was refused, which would show a broken frame. */
function removeEmptyImages(parent: Root | Element, reportRemoved: (what: string) => void): void {
  const remaining = parent.children.filter((child) => {
    if (child.type !== 'element' || child.tagName !== 'img' || child.properties['src']) return true
    const alt = String(child.properties['alt'] ?? '').trim()
    const name = alt === '' ? '' : ` "${alt.slice(0, 100)}"`
    reportRemoved(`<img>${name} without an address`)
    return false
  })
  parent.children = remaining as typeof parent.children
  for (const child of parent.children) {
    if (child.type !== 'element') continue
    if (child.tagName === 'img') child.properties['alt'] ??= ''
    removeEmptyImages(child, reportRemoved)
  }
}

/**
 * Shifts headings to begin at h2, because the page's headline is its h1. The heading of the
 * footnotes is not shifted, because the renderer writes it as h2.
 */
function shiftHeadings(tree: Root): void {
  const headings: Element[] = []
  visitElements(tree, (element) => {
    if (/^h[1-6]$/.test(element.tagName) && element.properties['id'] !== LABEL_ID)
      headings.push(element)
  })
  const getLevel = (heading: Element): number => Number(heading.tagName[1])
  const shift = 2 - Math.min(...headings.map(getLevel))
  for (const heading of headings) heading.tagName = `h${Math.min(6, getLevel(heading) + shift)}`
}

/**
 * Replaces addresses of the site and the page by marks. This runs last, because marks are not valid
 * URLs.
 */
function insertMarks(tree: Root): void {
  visitElements(tree, (element) => {
    for (const name of ADDRESS_ATTRIBUTES) {
      const address = element.properties[name]
      if (typeof address !== 'string') continue
      // Compares with the slash, because `http://site.invalid.example/` is another host.
      if (address.startsWith(`${SITE_PLACEHOLDER}/`)) {
        element.properties[name] = SITE_MARK + address.slice(SITE_PLACEHOLDER.length)
      } else if (address.startsWith(`${PAGE_PLACEHOLDER}/#`)) {
        element.properties[name] = PAGE_MARK + address.slice(PAGE_PLACEHOLDER.length + 1)
      }
    }
  })
}
