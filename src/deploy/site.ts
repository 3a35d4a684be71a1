/**
 * Looks at a deployed site as a monitor and as a feed reader would, and says where everything is.
 */
import * as v from 'valibot'
import { feedLinks } from '../feeds/formats.ts'
import { HealthSchema } from '../model/answers.ts'
import { ALL } from '../model/channel.ts'
import type { Publication } from '../model/publication.ts'
import { FRONT_PATH, pageUrl, ROUTES } from '../model/urls.ts'
import { PATIENCE, type World } from './world.ts'

/** A later release may tell more. */
const StatusSchema = v.looseObject({ status: HealthSchema.entries.status })
/** Not a browser's name: bot protection that stops this one stops readers. */
const READER = 'FeedReader/1.0 (Dateline, after a deploy)'

/**
 * The lines that say where everything is; `undefined` when the site does not answer, which is then
 * told.
 */
export async function lookAtSite(
  publication: Publication,
  world: World,
): Promise<string[] | undefined> {
  const feeds = feedLinks(ALL, publication)
  const health = await insist(pageUrl(publication, ROUTES.health), world, async (response) => {
    const told = v.safeParse(StatusSchema, await response.json())
    return told.success ? told.output.status : undefined
  })
  if (health === undefined) return undefined
  const [first] = feeds
  if (first === undefined) return undefined
  const read = await insist(first.url, world, async (response) =>
    response.ok && response.headers.get('Content-Type')?.startsWith(first.format.mediaType)
      ? 'read'
      : undefined,
  )
  if (read === undefined) return undefined
  const rows = [
    ['Front page', pageUrl(publication, FRONT_PATH)],
    ...feeds.map(({ format: { title }, url }) => [title, url]),
    ['Publish API', pageUrl(publication, ROUTES.apiArticles)],
    ['Health', `${pageUrl(publication, ROUTES.health)}  ${health}`],
  ]
  return ['', ...rows.map(([name = '', what]) => `  ${name.padEnd(12)}${what}`)]
}

/** Asks until the answer is understood, a bounded number of times. */
async function insist<T>(
  url: string,
  world: World,
  understand: (response: Response) => Promise<T | undefined>,
): Promise<T | undefined> {
  let why = ''
  for (let tries = 0; tries < PATIENCE.tries; tries++) {
    if (tries > 0) await world.wait(PATIENCE.pauseMs)
    try {
      const response = await world.fetch(url, { headers: { 'User-Agent': READER } })
      if (response.headers.has('cf-mitigated')) {
        await response.body?.cancel()
        world.error(
          `Cannot read ${url}: bot protection stops feed readers here; docs/operate.md says which paths it must spare`,
        )
        return undefined
      }
      why = `status ${response.status}, and not what Dateline answers`
      const understood = await understand(response)
      if (understood !== undefined) return understood
    } catch (cause) {
      if (why === '' || !(cause instanceof SyntaxError)) why = reasonOf(cause)
    }
  }
  world.error(
    `Cannot read ${url}: ${why}\nThe worker is deployed; the certificate of a new host takes some minutes: look again then`,
  )
  return undefined
}

const reasonOf = (cause: unknown): string =>
  cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause)
