/**
 * The application's types for Hono: what the platform binds, and the variables of every handler.
 */
import type { Publication } from '../model/publication.ts'
import type { Reader } from '../reader/reader.ts'

/**
 * Handlers do not pass their context on. What they call takes the request, the reader or the
 * publication.
 */
export type AppEnv = {
  Bindings: Env
  Variables: { publication: Publication; reader: Reader }
}
