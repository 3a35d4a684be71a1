/** The application as Hono sees it: what the platform binds, and what every handler finds in its context. */
import type { Publication } from '../model/publication.ts'
import type { Reader } from '../reader/reader.ts'

/** Handlers do not hand their context on: what they call takes the request, the reader or the publication. */
export type App = {
  Bindings: Env
  Variables: { publication: Publication; reader: Reader }
}
