/** Fills a desk with a long archive, and reads its documents as readers get them. */
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import { ARCHIVE_PAGE_LENGTH } from '../../src/desk/ledger/ledger.ts'
import { FORMATS, type Format } from '../../src/feeds/formats.ts'
import type { Channel } from '../../src/model/channel.ts'
import type { Content } from '../../src/wire/codec.ts'
import { parseTarget, type Target } from '../../src/wire/targets.ts'
import { expectOk, PUBLICATION, START, type TestDesk } from './drafts.ts'
import { type ParsedFeed, readHistory } from './history.ts'

export const X: Channel = { kind: 'tag', slug: 'x' }
export const [RSS, ATOM] = FORMATS as [Format, Format, Format]
export const PAGE = ARCHIVE_PAGE_LENGTH
export const name = (number: number): string => `a${String(number).padStart(4, '0')}`
export const getTagUri = (id: string): string => `tag:news.example,2026:${id}`

/**
 * Publishes articles `from` to `to` in this order in channel x, each one second later than the
 * previous one.
 */
export function publishArticles(desk: TestDesk, to: number, from = 1): TestDesk {
  for (let number = from; number <= to; number += 1)
    expectOk(desk.publish(name(number), { tags: ['x'], published: START - 100_000 + number }))
  return desk
}

/** Returns the content of a target for a reader, and tracks the document from then on. */
export function requestTarget(desk: TestDesk, target: Target): Content {
  for (;;) {
    const now = desk.clock.now * 1000
    const rendering = renderTarget(desk.ledger, PUBLICATION, target, now, true)
    if (rendering.kind === 'content') return rendering.content
    desk.clock.now += 1
  }
}

export function renderDocument(desk: TestDesk, target: Target) {
  const content = requestTarget(desk, target)
  if (content.kind !== 'document') throw new Error(`${target} is ${content.kind}`)
  return content
}

export const readFeedDocument = (desk: TestDesk, target: Target): ParsedFeed => {
  const parsed = parseTarget(target)
  if (!parsed || !('format' in parsed)) throw new Error(target)
  return readHistory(parsed.format.name, renderDocument(desk, target).body)
}
