/**
 * Parses HTML as a browser does, and lists everything in it that could be executed or could mislead
 * readers.
 */
import type { Element, Nodes } from 'hast'
import rehypeParse from 'rehype-parse'
import { unified } from 'unified'

const parser = unified().use(rehypeParse, { fragment: true })
const wholePage = unified().use(rehypeParse)

/**
 * Allowed elements. They are repeated here so that the test does not depend on the tested source.
 */
const ELEMENTS = new Set(
  `a abbr b bdi blockquote br caption cite code dd del details dfn div dl dt em figcaption figure h2 h3
   h4 h5 h6 hr i img ins kbd li mark ol p pre q rb rp rt ruby s samp section small span strong sub summary sup table
   tbody td tfoot th thead time tr u ul var wbr`.split(/\s+/),
)

const ATTRIBUTES = new Set(
  `align alt ariaDescribedBy ariaLabel cite className colSpan dataFootnoteBackref dataFootnoteRef dataFootnotes
   dateTime dir height href id lang rel reversed rowSpan scope src start title value width`.split(
    /\s+/,
  ),
)
const ADDRESSES = new Set(['href', 'src', 'cite'])

/**
 * Lists every element, attribute and address that is not allowed. Addresses must be absolute.
 */
export function findUnsafeHtml(html: string): string[] {
  const faults: string[] = []
  const walk = (node: Nodes): void => {
    if (node.type === 'comment' || node.type === 'doctype') faults.push(node.type)
    if (node.type === 'element') {
      if (!ELEMENTS.has(node.tagName)) faults.push(`<${node.tagName}>`)
      for (const [name, value] of Object.entries(node.properties)) {
        const text = Array.isArray(value) ? value.join(' ') : String(value)
        if (!ATTRIBUTES.has(name)) faults.push(`${name} on <${node.tagName}>`)
        if (
          name === 'id' &&
          !html.includes(`#${encodeURIComponent(text)}"`) &&
          text !== 'footnote-label'
        )
          faults.push(`id ${text} without a link`)
        if (name === 'className' && !/^(?:language-|$)/.test(text)) faults.push(`class ${text}`)
        if (ADDRESSES.has(name) && !isSafeAddress(text, name)) faults.push(`${name} ${text}`)
      }
    }
    if ('children' in node) for (const child of node.children) walk(child)
  }
  walk(parser.parse(html))
  return faults
}

/**
 * Returns whether an address is absolute and has an allowed scheme: http or https, and in `href`
 * also mailto, tel or sms. Browsers ignore tabs and line ends in addresses, so they are removed
 * first.
 */
function isSafeAddress(address: string, name: string): boolean {
  const cleaned = address.replace(/[\t\n\r]/g, '').trim()
  return (
    /^https?:\/\/[^/]/.test(cleaned) || (name === 'href' && /^(?:mailto|tel|sms):/.test(cleaned))
  )
}

/**
 * Returns whether a script is linked data, which is the only script that a page may have. Its whole
 * text must be JSON.
 */
function isData(script: Element): boolean {
  const text = script.children.map((child) => (child.type === 'text' ? child.value : '')).join('')
  try {
    JSON.parse(text)
  } catch {
    return false
  }
  return script.properties['type'] === 'application/ld+json' && !text.includes('<')
}

/** Lists the scripts, handlers, executable addresses and forbidden elements of a whole page. */
export function findUnsafePage(page: string): string[] {
  const faults: string[] = []
  const walk = (node: Nodes): void => {
    if (node.type === 'element') {
      const data = node.properties['type'] === 'application/ld+json'
      if (node.tagName === 'script' && !isData(node)) faults.push('script')
      if (/^(?:iframe|object|embed|base|form)$/.test(node.tagName) && !data)
        faults.push(node.tagName)
      for (const [name, value] of Object.entries(node.properties)) {
        const text = String(value).replace(/[\s\p{C}]/gu, '')
        if (/^on/i.test(name)) faults.push(name)
        if (name !== 'content' && /^(?:javascript|vbscript|data):/i.test(text)) faults.push(text)
      }
    }
    if ('children' in node) for (const child of node.children) walk(child)
  }
  walk(wholePage.parse(page))
  return faults
}
