/**
 * Builds delta responses. Instead of the whole feed document, a delta has only the entries that the
 * reader's edition does not have yet (docs/decisions/013-deltas.md).
 */
import { acceptsDelta, buildDelta, type DeltaNotes, parseDeltaNotes } from '../feeds/delta.ts'
import { type CodedBody, getEncodedBody, readNotes } from '../http/coding.ts'
import { parseEntityTags, type Substitute } from '../http/representation.ts'
import type { Publication } from '../model/publication.ts'

/**
 * Only caches that understand deltas may store one, because another cache would serve it as the
 * whole document (RFC 9111 section 5.2.2.3, RFC 3229 section 10.8).
 */
const CACHE_CONTROL = 'no-store, must-understand, im'
/** The request headers that select a delta, besides those that select the document. */
const VARY = 'A-IM, If-None-Match, Accept-Encoding'

/**
 * The parsed notes of bodies. They live as long as their body, which is cached for many requests.
 */
const cachedNotes = new WeakMap<Blob, DeltaNotes>()

/**
 * Returns the 226 for a GET that requests a delta and names an older edition (RFC 3229 section
 * 10.4.1), or `undefined` if the full document is the right response. `vary` lists the headers that
 * select the document at this address.
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
