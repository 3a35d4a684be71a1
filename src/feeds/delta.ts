/**
 * Deltas for `A-IM: feed` (RFC 3229, and Bob Wyman's proposal for feeds). A delta is a feed of the
 * entries that are new or changed since an older edition.
 *
 * When the desk renders a document, it notes for each older edition which pieces its readers lack.
 * A delta is the document with only these pieces. The worker cuts the delta when it serves a
 * reader, without calling the desk.
 */
import * as v from 'valibot'
import type { FormatName } from './formats.ts'
import { getSeparator, listPieces } from './pieces.ts'

/**
 * The oldest edition from which a delta is possible: at most this many editions and seconds before
 * the current one.
 */
export const DELTA_WINDOW = { editions: 100, seconds: 7 * 86_400 }

const index = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const DeltaNotesSchema = v.object({
  /** The start and end of each piece. */
  pieces: v.array(v.tuple([index, index])),
  separator: v.string(),
  /**
   * The entity-tags of older editions, newest first. Each has the indexes of the pieces that its
   * readers lack.
   */
  editions: v.array(v.tuple([v.string(), v.array(index)])),
})
export type DeltaNotes = v.InferOutput<typeof DeltaNotesSchema>

/**
 * Returns the notes, which are stored with the document. `missingPieces` lists, for each older
 * edition, the indexes of the pieces that its readers lack.
 */
export function formatDeltaNotes(
  format: FormatName,
  document: string,
  missingPieces: [etag: string, pieces: number[]][],
): string {
  const pieces = listPieces(format, document)
  return JSON.stringify({
    pieces,
    separator: getSeparator(format),
    editions: missingPieces,
  } satisfies DeltaNotes)
}

/** Parses the notes. Throws if the desk did not write them. */
export const parseDeltaNotes = (text: string): DeltaNotes =>
  v.parse(DeltaNotesSchema, JSON.parse(text))

/**
 * Builds the delta for a reader that has an edition with one of `clientTags` (entity-tags without
 * `W/` and quotes). Returns a complete feed document with only the missing pieces, and the tag of
 * the older edition. Returns `undefined` if the notes do not have the edition, or if the delta
 * would not be smaller.
 */
export function buildDelta(
  document: Blob,
  notes: DeltaNotes,
  clientTags: readonly string[],
): { base: string; body: Blob } | undefined {
  const edition = notes.editions.find(([etag]) =>
    clientTags.some((opaque) => etag === `W/"${opaque}"`),
  )
  const firstPiece = notes.pieces[0]
  const lastPiece = notes.pieces.at(-1)
  if (!edition || !firstPiece || !lastPiece) return undefined
  const [base, missingPieces] = edition
  const parts = missingPieces.flatMap((pieceIndex, position) => {
    const span = notes.pieces[pieceIndex]
    if (!span) return []
    const piece = document.slice(...span)
    return position === 0 ? [piece] : [notes.separator, piece]
  })
  const body = new Blob([document.slice(0, firstPiece[0]), ...parts, document.slice(lastPiece[1])])
  return body.size < document.size ? { base, body } : undefined
}

const WEIGHT = /^q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i

/** Returns whether `A-IM` lists `feed` with a weight above 0 (RFC 3229 section 10.5.3). */
export function acceptsDelta(header: string | null | undefined): boolean {
  return (header ?? '').split(',').some((member) => {
    const [name = '', ...parameters] = member.split(';').map((part) => part.trim().toLowerCase())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    if (name !== 'feed') return false
    return weight === undefined || (WEIGHT.test(weight) && Number(weight.slice(2)) > 0)
  })
}
