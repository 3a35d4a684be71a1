/** Reads feed documents of all formats like a reader that follows archives (RFC 5005). */
import type { FormatName } from '../../src/feeds/formats.ts'
import { getOnlyChild, getText, listChildren, parseRoot, type XmlElement } from './xml.ts'

export const FH = 'http://purl.org/syndication/history/1.0'
const RELATIONS = ['self', 'prev-archive', 'next-archive', 'current'] as const
type RelationLinks = Partial<Record<(typeof RELATIONS)[number], string>>

export type ParsedFeed = {
  id: string
  title: string
  entries: { id: string; title: string }[]
  links: RelationLinks
  /**
   * Whether the document is marked as an archive. It is missing for JSON Feed, which has no mark.
   */
  isArchive?: boolean
}

/**
 * Parses a feed document. Throws if a link relation is repeated, or if the archive mark is not
 * empty.
 */
export function readHistory(format: FormatName, document: string): ParsedFeed {
  if (format === 'json') {
    const feed = JSON.parse(document) as {
      title: string
      feed_url: string
      next_url?: string
      items: { id: string; title: string }[]
    }
    const links = {
      self: feed.feed_url,
      ...(feed.next_url !== undefined && { 'prev-archive': feed.next_url }),
    }
    return { id: '', title: feed.title, entries: feed.items, links }
  }
  const root = parseRoot(document)
  const isRss = format === 'rss'
  const head = isRss ? getOnlyChild(root, 'channel') : root
  return {
    id: isRss ? '' : getText(head, 'id'),
    title: getText(head, 'title'),
    entries: listChildren(head, isRss ? 'item' : 'entry').map((entry) => ({
      id: getText(entry, isRss ? 'guid' : 'id'),
      title: getText(entry, 'title'),
    })),
    links: getLinks(listChildren(head, isRss ? 'atom:link' : 'link')),
    isArchive: isArchiveMarked(head),
  }
}

function getLinks(elements: XmlElement[]): RelationLinks {
  const links: RelationLinks = {}
  for (const { attributes } of elements) {
    const relation = RELATIONS.find((each) => each === attributes['rel'])
    if (relation === undefined) continue
    if (links[relation] !== undefined) throw new Error(`${relation} occurs twice`)
    links[relation] = attributes['href'] ?? ''
  }
  return links
}

function isArchiveMarked(head: XmlElement): boolean {
  const marks = listChildren(head, 'fh:archive')
  if (marks.length > 1 || marks.some(({ children }) => children.length > 0))
    throw new Error('There is not exactly one empty fh:archive element')
  if (marks.length === 1 && head.attributes['xmlns:fh'] !== FH)
    throw new Error('The prefix fh is not bound to the namespace of RFC 5005')
  return marks.length === 1
}
