/**
 * Unwraps tables that only arrange a page, as newsletters and old web pages use them. Their cells
 * become blocks in reading order, so that feed readers do not squeeze the text into columns.
 */
import type { Element, ElementContent } from 'hast'

/**
 * Returns the content of the table if it only arranges the page: it says so with its role, or it
 * has a single column and neither a caption nor headers. Otherwise returns the table unchanged.
 */
export function unwrapLayoutTable(table: Element): ElementContent[] {
  const rows = listRows(table)
  const hasLayoutRole = /^(?:presentation|none)$/i.test(String(table.properties['role'] ?? ''))
  if (!hasLayoutRole && !hasOneColumn(table, rows)) return [table]
  return listElements(table).flatMap((part) =>
    part.tagName === 'caption'
      ? [toBlock(part)]
      : listRows(part).flatMap(listElements).filter(hasContent).map(toBlock),
  )
}

const hasOneColumn = (table: Element, rows: Element[]): boolean =>
  rows.length > 0 &&
  listElements(table).every(({ tagName }) => tagName !== 'caption' && tagName !== 'thead') &&
  rows.every((row) => {
    const [cell, ...otherCells] = listElements(row)
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

/** Cells that only separate others have no content. */
const hasContent = ({ children }: Element): boolean =>
  children.some((child) => child.type !== 'text' || child.value.trim() !== '')

const listElements = ({ children }: Element): Element[] =>
  children.filter((child) => child.type === 'element')

function toBlock(cell: Element): Element {
  const { lang, dir } = cell.properties
  return {
    type: 'element',
    tagName: 'div',
    properties: { ...(lang && { lang }), ...(dir && { dir }) },
    children: cell.children,
  }
}
