/**
 * Unwraps tables that only arrange a page, as newsletters and old web pages use them. Their cells
 * become blocks in reading order, so that feed readers do not squeeze the text into columns.
 */
import type { Element, ElementContent } from 'hast'
import { omitUndefined } from '../text/json.ts'
import { createElement } from './rewriting.ts'

/**
 * Returns the content of the table if it only arranges the page: it says so with its role, it has a
 * single column and neither a caption nor headers, or it has no cells. Otherwise returns the table
 * unchanged.
 */
export function unwrapLayoutTable(table: Element): ElementContent[] {
  const rows = listRows(table)
  const hasLayoutRole = /^(?:presentation|none)$/i.test(String(table.properties['role'] ?? ''))
  const hasCells = rows.some((row) => listCells(row).length > 0)
  if (hasCells && !hasLayoutRole && !hasOneColumn(table, rows)) return [table]
  let isFirst = true
  return listElements(table).flatMap((part) => {
    if (part.tagName === 'caption') return [toBlock(part, [table])]
    return listRows(part).flatMap((row) =>
      listCells(row)
        .filter(hasContent)
        .map((cell, index) => {
          const targets = [...(index === 0 ? [row] : []), ...(isFirst ? [table] : [])]
          isFirst = false
          return toBlock(cell, [row, part, table], targets)
        }),
    )
  })
}

const hasOneColumn = (table: Element, rows: Element[]): boolean =>
  rows.length > 0 &&
  listElements(table).every(({ tagName }) => tagName !== 'caption' && tagName !== 'thead') &&
  rows.every((row) => {
    const [cell, ...otherCells] = listCells(row)
    return cell?.tagName === 'td' && otherCells.length === 0
  })

/**
 * Lists the rows of a table, or of one of its parts. Rows of tables in its cells are not listed.
 */
const listRows = (element: Element): Element[] =>
  element.tagName === 'tr'
    ? [element]
    : listElements(element).flatMap((child) =>
        /^(?:thead|tbody|tfoot|tr)$/.test(child.tagName) ? listRows(child) : [],
      )

/** A row may also have scripts and templates, which are not shown. */
const listCells = (row: Element): Element[] =>
  listElements(row).filter(({ tagName }) => tagName === 'td' || tagName === 'th')

/** Cells that only separate others have no content. */
const hasContent = ({ children }: Element): boolean =>
  children.some((child) => child.type !== 'text' || child.value.trim() !== '')

const listElements = ({ children }: Element): Element[] =>
  children.filter((child) => child.type === 'element')

/**
 * Turns a cell into a block. `around` lists the row and the table, from the inside out, so that
 * their language and direction stay. `targets` lists those of them whose id the block gets.
 */
function toBlock(cell: Element, around: Element[] = [], targets: Element[] = []): Element {
  const find = (name: 'lang' | 'dir') =>
    [cell, ...around].map(({ properties }) => properties[name]).find(Boolean)
  const ids = [cell, ...targets].flatMap(({ properties }) => properties['id'] ?? [])
  const attributes = omitUndefined({ id: ids[0], lang: find('lang'), dir: find('dir') })
  const block = createElement('div', attributes, cell.children)
  return ids.slice(1).reduce((inner, id) => createElement('div', { id }, [inner]), block)
}
