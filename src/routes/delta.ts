/**
 * Delta answers: what a reader lacks of a feed document instead of all of it
 * (docs/decisions/013-deltas.md).
 */
import { acceptsDelta, buildDelta, type DeltaNotes, parseDeltaNotes } from '../feeds/delta.ts'
import { type CodedBody, getEncodedBody, readNotes } from '../http/coding.ts'
import { parseEntityTags, type Substitute } from '../http/representation.ts'
import type { Publication } from '../model/publication.ts'

/**
 * No cache may take it for the document; one that knows deltas may keep it (RFC 9111 section
 * 5.2.2.3, RFC 3229 section 10.8).
 */
const CACHE_CONTROL = 'no-store, must-understand, im'
/** What selects a delta besides all that selects the document. */
const VARY = 'A-IM, If-None-Match, Accept-Encoding'

/** Notes are as long-lived as the body they came with, which memory keeps for many requests. */
const cachedNotes = new WeakMap<Blob, DeltaNotes>()

/**
 * The answer 226 to a GET that asks for a delta and names an edition whose readers lack something
 * (RFC 3229 section 10.4.1); `undefined` when the document itself is the right answer. `vary`: what
 * selects the document at this address.
 */
export async function findDelta(
  { headers }: Request,
  { noDeltaAgents }: Publication,
  vary: string,
  body: CodedBody,
): Promise<Substitute | undefined> {
  const ifNoneMatch = headers.get('If-None-Match')
  if (ifNoneMatch === null || !body.notes || !acceptsDelta(headers.get('A-IM'))) return undefined
  const userAgent = (headers.get('User-Agent') ?? '').toLowerCase()
  if (noDeltaAgents.some((part) => userAgent.includes(part))) return undefined
  const notes = cachedNotes.get(body.notes) ?? parseDeltaNotes((await readNotes(body)) ?? '')
  cachedNotes.set(body.notes, notes)
  const tags = parseEntityTags(ifNoneMatch).map(({ opaque }) => opaque)
  const delta = buildDelta(await getEncodedBody(body, undefined), notes, tags)
  return (
    delta && {
      status: 226,
      headers: {
        'Cache-Control': CACHE_CONTROL,
        Vary: `${vary}, ${VARY}`,
        IM: 'feed',
        'Delta-Base': delta.base,
      },
      length: delta.body.size,
      body: { identity: delta.body },
    }
  )
}
