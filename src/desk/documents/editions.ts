/**
 * Former editions of a feed document: what each of them showed, so that a reader who holds one can
 * be sent what it lacks and nothing else. A piece is known by the number of the change that made
 * it: a changed article has a new one.
 */
import * as v from 'valibot'
import { DELTA_WINDOW, writeNotes } from '../../feeds/delta.ts'
import type { Entry, FeedDocument } from '../../feeds/entry.ts'
import type { FormatName } from '../../feeds/formats.ts'
import type { Channel } from '../../model/channel.ts'
import type { Ledger } from '../ledger/ledger.ts'

/**
 * What is shown of an article: all of it, all but its full text, what a very long document has room
 * for, or that it was withdrawn. Each of these has one form, whatever else the document shows.
 */
const KIND = {
  whole: 0,
  summary: 1,
  tombstone: 2,
  correctedSummary: 3,
  brief: 4,
  title: 5,
} as const
const KINDS = 8

/** Pieces as they are kept: the number of the change and the kind in one. */
const PiecesSchema = v.array(v.number())
type Piece = v.InferOutput<typeof PiecesSchema>[number]
type Kind = (typeof KIND)[keyof typeof KIND]
const pieceOf = (change: number, kind: Kind): Piece => change * KINDS + kind
const changeOf = (piece: Piece): number => Math.floor(piece / KINDS)

export type Edition = { target: string; etag: string; modified: number }

/**
 * Keeps this edition and tells, as notes that go with the document, what readers of former ones
 * lack. Left out are editions whose readers hold something that no delta could take from them: they
 * need the full document (rule D-12).
 */
export function keepEdition(
  ledger: Ledger,
  { target, etag, modified }: Edition,
  { channel, format }: { channel: Channel; format: FormatName },
  feed: FeedDocument,
  document: string,
): string {
  const shown = piecesShown(ledger, format, feed)
  const former = ledger
    .editions(target, modified - DELTA_WINDOW.seconds, DELTA_WINDOW.editions)
    .filter((edition) => edition.etag !== etag)
  ledger.saveEdition({ target, etag, modified, shown: JSON.stringify(shown) })
  ledger.forgetEditions(target, modified - DELTA_WINDOW.seconds, DELTA_WINDOW.editions)
  const before = former.map((edition) => ({
    etag: edition.etag,
    pieces: new Set(v.parse(PiecesSchema, JSON.parse(edition.shown))),
  }))
  const present = new Set(shown)
  const vanished = new Set(
    before.flatMap(({ pieces }) => [...pieces].filter((piece) => !present.has(piece))),
  )
  const stuck = withoutRemedy(ledger, channel, format, feed, vanished)
  const lacking = before
    .filter(({ pieces }) => !stuck.some((piece) => pieces.has(piece)))
    .map(({ etag: base, pieces }): [string, number[]] => [
      base,
      shown.flatMap((piece, index) => (pieces.has(piece) ? [] : [index])),
    ])
  return writeNotes(format, document, lacking)
}

/** In the order of the pieces in the document. */
function piecesShown(ledger: Ledger, format: FormatName, feed: FeedDocument): Piece[] {
  const tombstones = format === 'atom' ? feed.tombstones : []
  const changes = ledger.lastChanges([...feed.entries, ...tombstones].map(({ id }) => id))
  const change = (id: string): number => changes.get(id) ?? 0
  return [
    ...feed.entries.map((entry) => pieceOf(change(entry.id), kindOf(entry))),
    ...tombstones.map(({ id }) => pieceOf(change(id), KIND.tombstone)),
  ]
}

function kindOf({ html, cut, corrections }: Entry): Kind {
  if (html !== undefined) return KIND.whole
  if (cut !== undefined) return KIND[cut]
  return corrections.length > 0 ? KIND.correctedSummary : KIND.summary
}

/** Vanished pieces whose article neither stays in the channel nor is told to be withdrawn. */
function withoutRemedy(
  ledger: Ledger,
  channel: Channel,
  format: FormatName,
  feed: FeedDocument,
  vanished: ReadonlySet<Piece>,
): Piece[] {
  if (vanished.size === 0) return []
  const told = new Set(format === 'atom' ? feed.tombstones.map(({ id }) => id) : [])
  const fates = ledger.fatesOf([...new Set([...vanished].map(changeOf))], channel)
  return [...vanished].filter((piece) => {
    const fate = fates.get(changeOf(piece))
    return fate === undefined || !(fate.member || told.has(fate.article))
  })
}
