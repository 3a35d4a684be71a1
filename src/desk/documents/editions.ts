/**
 * Records the editions of a feed document, so that a feed reader that has a former edition can be
 * sent a delta with only the pieces that this edition lacks (RFC 3229).
 *
 * A piece is an entry or a tombstone. Its identifier combines the number of the article's last
 * change with how much of the article the piece shows. Pieces with the same identifier have the
 * same bytes in every edition.
 */
import * as v from 'valibot'
import { DELTA_WINDOW, formatDeltaNotes } from '../../feeds/delta.ts'
import type { FeedDocument, FeedEntry } from '../../feeds/entry.ts'
import type { FormatName } from '../../feeds/formats.ts'
import type { Channel } from '../../model/channel.ts'
import type { Ledger } from '../ledger/ledger.ts'

/**
 * What a piece shows of an article: everything (`whole`), everything but the full text (`summary`,
 * or `correctedSummary` if the article has corrections), a shortened form in a very long document
 * (`brief`, `title`), or its withdrawal (`tombstone`). The ledger stores these numbers, so they
 * must not change.
 */
const PIECE_KIND = {
  whole: 0,
  summary: 1,
  tombstone: 2,
  correctedSummary: 3,
  brief: 4,
  title: 5,
} as const
/** Leaves room for two more kinds. */
const KIND_RADIX = 8

/** Pieces as the ledger stores them: change and kind combined in one number. */
const PiecesSchema = v.array(v.number())
type Piece = v.InferOutput<typeof PiecesSchema>[number]
type PieceKind = (typeof PIECE_KIND)[keyof typeof PIECE_KIND]
const encodePiece = (change: number, kind: PieceKind): Piece => change * KIND_RADIX + kind
const decodeChange = (piece: Piece): number => Math.floor(piece / KIND_RADIX)

export type Edition = { target: string; etag: string; modified: number }

/**
 * Records a new edition. Returns the delta notes of its document: for each former edition, which
 * pieces it lacks. Leaves out former editions with a piece that a delta cannot remove: feed readers
 * that have them get the full document. `document` is the rendered text.
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
  const permanentPieces = findPermanentPieces(ledger, channel, format, feed, removedPieces)
  const missingByEtag = formerEditions
    .filter(({ pieces }) => !permanentPieces.some((piece) => pieces.has(piece)))
    .map(({ etag: base, pieces }): [string, number[]] => [
      base,
      currentPieces.flatMap((piece, index) => (pieces.has(piece) ? [] : [index])),
    ])
  return formatDeltaNotes(format, document, missingByEtag)
}

/** Lists the pieces of a document, in its order. Only Atom has tombstones. */
function listPieces(ledger: Ledger, format: FormatName, feed: FeedDocument): Piece[] {
  const tombstones = format === 'atom' ? feed.tombstones : []
  const changes = ledger.getLastChanges([...tombstones, ...feed.entries].map(({ id }) => id))
  const getChange = (id: string): number => changes.get(id) ?? 0
  return [
    ...tombstones.map(({ id }) => encodePiece(getChange(id), PIECE_KIND.tombstone)),
    ...feed.entries.map((entry) => encodePiece(getChange(entry.id), getPieceKind(entry))),
  ]
}

function getPieceKind({ html, shortenedTo, corrections }: FeedEntry): PieceKind {
  if (html !== undefined) return PIECE_KIND.whole
  if (shortenedTo !== undefined) return PIECE_KIND[shortenedTo]
  return corrections.length > 0 ? PIECE_KIND.correctedSummary : PIECE_KIND.summary
}

/**
 * Finds removed pieces that a delta cannot remove: their articles are no longer in the channel, and
 * no tombstone in this document reports them as withdrawn. An article that is still in the channel
 * was changed, or has become too old for the document. Feed readers may keep its old piece.
 */
function findPermanentPieces(
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
