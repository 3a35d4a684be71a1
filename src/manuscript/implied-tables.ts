/**
 * Parses HTML, and adds a table around rows and cells that have none. Editors paste them like this
 * from spreadsheets and from parts of a page. A browser drops their tags, so that the texts of
 * neighbouring cells run together. A `col` at the beginning even makes the parser expect only
 * columns, so that it drops the story.
 */
import { type DefaultTreeAdapterMap, html, Parser, type ParserOptions, Token } from 'parse5'

const { TAG_ID, NS } = html
const PARTS = new Set([
  ...[TAG_ID.CAPTION, TAG_ID.COLGROUP, TAG_ID.COL, TAG_ID.THEAD, TAG_ID.TBODY, TAG_ID.TFOOT],
  ...[TAG_ID.TR, TAG_ID.TD, TAG_ID.TH],
])
/** Where one of these is the current element, only parts of the table may follow. */
const CELL_CONTAINERS = new Set([
  ...[TAG_ID.TABLE, TAG_ID.COLGROUP, TAG_ID.THEAD, TAG_ID.TBODY, TAG_ID.TFOOT, TAG_ID.TR],
])
/** Elements without content of their own, which a table may have between its cells. */
const ALLOWED_IN_CONTAINERS = new Set([TAG_ID.SCRIPT, TAG_ID.STYLE, TAG_ID.TEMPLATE])

/** Parses a fragment (HTML section 13.4). */
export function parseWithTables(
  source: string,
  options: ParserOptions<DefaultTreeAdapterMap>,
): DefaultTreeAdapterMap['documentFragment'] {
  const parser = TableParser.getFragmentParser(null, options)
  parser.tokenizer.write(source, true)
  return parser.getFragment()
}

class TableParser extends Parser<DefaultTreeAdapterMap> {
  /** The tables that the source does not have. */
  readonly #impliedTables = new Set<object>()

  override onStartTag(token: Token.TagToken): void {
    if (!this.currentNotInHTML) {
      if (PARTS.has(token.tagID)) this.#openTableFor(token)
      else if (!ALLOWED_IN_CONTAINERS.has(token.tagID)) this.#closeTableBetweenCells()
    }
    super.onStartTag(token)
  }

  override onCharacter(token: Token.CharacterToken): void {
    this.#closeTableBetweenCells()
    super.onCharacter(token)
  }

  override onEndTag(token: Token.TagToken): void {
    const { openElements } = this
    const table = this.#findImpliedTable()
    const element =
      table === undefined ? -1 : openElements.indexOfTopmostByName(NS.HTML, token.tagName)
    // The end of an element around the table ends the table. Browsers ignore it in a cell.
    if (table !== undefined && element >= 0 && element < table) this.#closeTable()
    super.onEndTag(token)
  }

  #openTableFor(part: Token.TagToken): void {
    const { openElements } = this
    if (openElements.hasInTableScope(TAG_ID.TABLE) || openElements.tmplCount > 0) return
    // In a paragraph, the tag is more likely the subject of the text than a part of a table.
    if (openElements.hasInButtonScope(TAG_ID.P)) {
      if (part.tagID !== TAG_ID.COL && part.tagID !== TAG_ID.COLGROUP) this.#separateWords()
      return
    }
    super.onStartTag(createTag(Token.TokenType.START_TAG))
    const { current, currentTagId } = openElements
    if (current && currentTagId === TAG_ID.TABLE) this.#impliedTables.add(current)
  }

  #separateWords(): void {
    super.onWhitespaceCharacter({
      type: Token.TokenType.WHITESPACE_CHARACTER,
      chars: ' ',
      location: null,
    })
  }

  #closeTableBetweenCells(): void {
    const { currentTagId } = this.openElements
    if (currentTagId === undefined || !CELL_CONTAINERS.has(currentTagId)) return
    if (this.#findImpliedTable() !== undefined) this.#closeTable()
  }

  #closeTable(): void {
    super.onEndTag(createTag(Token.TokenType.END_TAG))
  }

  /** Returns the slot of the innermost open table if the source does not have that table. */
  #findImpliedTable(): number | undefined {
    if (this.#impliedTables.size === 0 || this.openElements.tmplCount > 0) return undefined
    const slot = this.openElements.indexOfTopmost(TAG_ID.TABLE)
    const table = this.openElements.items[slot]
    return table && this.#impliedTables.has(table) ? slot : undefined
  }
}

const createTag = (type: Token.TagToken['type']): Token.TagToken => ({
  type,
  tagName: 'table',
  tagID: TAG_ID.TABLE,
  selfClosing: false,
  ackSelfClosing: false,
  attrs: [],
  location: null,
})
