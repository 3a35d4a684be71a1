/**
 * Editions of a feed document: what each older one showed, so that its readers can be sent exactly
 * what they lack. A piece is identified by the number of the change that made it, because every
 * change of an article has a new number.
 */
import * as v from 'valibot'
import { DELTA_WINDOW, formatDeltaNotes } from '../../feeds/delta.ts'
import type { FeedDocument, FeedEntry } from '../../feeds/entry.ts'
import type { FormatName } from '../../feeds/formats.ts'
import type { Channel } from '../../model/channel.ts'
import type { Ledger } from '../ledger/ledger.ts'

/**
 * What a document shows of an article: everything, all but the full text, a shortened form, or a
 * notice. Each kind has one form, whatever else the document shows.
 */
const PIECE_KIND = {
  whole: 0,
  summary: 1,
  tombstone: 2,
  correctedSummary: 3,
  brief: 4,
  title: 5,
} as const
const KIND_COUNT = 8

/** Stored pieces: each is the number of the change combined with the kind. */
const PiecesSchema = v.array(v.number())
type Piece = v.InferOutput<typeof PiecesSchema>[number]
type PieceKind = (typeof PIECE_KIND)[keyof typeof PIECE_KIND]
const encodePiece = (change: number, kind: PieceKind): Piece => change * KIND_COUNT + kind
const decodeChange = (piece: Piece): number => Math.floor(piece / KIND_COUNT)

export type Edition = { target: string; etag: string; modified: number }

/**
 * Stores this edition. Returns notes that say, for each older edition, which pieces its readers
 * lack. Omits editions whose readers have something that no delta could remove: they need the full
 * document.
 */
export function recordEdition(
  ledger: Ledger,
  { target, etag, modified }: Edition,
  { channel, format }: { channel: Channel; format: FormatName },
  feed: FeedDocument,
  document: string,
): string {
  const currentPieces = listPieces(ledger, format, feed)
  const formerRows = ledger
    .listEditions(target, modified - DELTA_WINDOW.seconds, DELTA_WINDOW.editions)
    .filter((edition) => edition.etag !== etag)
  ledger.saveEdition({ target, etag, modified, shown: JSON.stringify(currentPieces) })
  ledger.deleteOldEditions(target, modified - DELTA_WINDOW.seconds, DELTA_WINDOW.editions)
  const formerEditions = formerRows.map((edition) => ({
    etag: edition.etag,
    pieces: new Set(v.parse(PiecesSchema, JSON.parse(edition.shown))),
  }))
  const currentPieceSet = new Set(currentPieces)
  const removedPieces = new Set(
    formerEditions.flatMap(({ pieces }) =>
      [...pieces].filter((piece) => !currentPieceSet.has(piece)),
    ),
  )
  const unremovablePieces = findUnremovablePieces(ledger, channel, format, feed, removedPieces)
  const missingByEtag = formerEditions
    .filter(({ pieces }) => !unremovablePieces.some((piece) => pieces.has(piece)))
    .map(({ etag: base, pieces }): [string, number[]] => [
      base,
      currentPieces.flatMap((piece, index) => (pieces.has(piece) ? [] : [index])),
    ])
  return formatDeltaNotes(format, document, missingByEtag)
}

/** Lists pieces in the order of the document. */
function listPieces(ledger: Ledger, format: FormatName, feed: FeedDocument): Piece[] {
  const tombstones = format === 'atom' ? feed.tombstones : []
  const changes = ledger.getLastChanges([...feed.entries, ...tombstones].map(({ id }) => id))
  const getChange = (id: string): number => changes.get(id) ?? 0
  return [
    ...feed.entries.map((entry) => encodePiece(getChange(entry.id), getPieceKind(entry))),
    ...tombstones.map(({ id }) => encodePiece(getChange(id), PIECE_KIND.tombstone)),
  ]
}

function getPieceKind({ html, shortenedTo: cut, corrections }: FeedEntry): PieceKind {
  if (html !== undefined) return PIECE_KIND.whole
  if (cut !== undefined) return PIECE_KIND[cut]
  return corrections.length > 0 ? PIECE_KIND.correctedSummary : PIECE_KIND.summary
}

/**
 * Finds pieces that disappeared although their article is neither in the channel nor reported as
 * withdrawn.
 */
function findUnremovablePieces(
  ledger: Ledger,
  channel: Channel,
  format: FormatName,
  feed: FeedDocument,
  removedPieces: ReadonlySet<Piece>,
): Piece[] {
  if (removedPieces.size === 0) return []
  const tombstoneIds = new Set(format === 'atom' ? feed.tombstones.map(({ id }) => id) : [])
  const memberships = ledger.findMembershipByChange(
    [...new Set([...removedPieces].map(decodeChange))],
    channel,
  )
  return [...removedPieces].filter((piece) => {
    const membership = memberships.get(decodeChange(piece))
    return (
      membership === undefined || !(membership.isMember || tombstoneIds.has(membership.article))
    )
  })
}
