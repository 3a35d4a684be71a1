/**
 * The types of the application for Hono: bindings of the platform and variables of every handler.
 */
import type { Publication } from '../model/publication.ts'
import type { Reader } from '../reader/reader.ts'

/**
 * Handlers do not pass their context to other functions. These get the request, the reader or the
 * publication instead.
 */
export type AppEnv = {
  Bindings: Env
  Variables: { publication: Publication; reader: Reader }
}
