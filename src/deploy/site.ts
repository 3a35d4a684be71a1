/** Checks a deployed site as a monitor and a feed reader would, and lists its addresses. */
import * as v from 'valibot'
import { listFeedLinks } from '../feeds/formats.ts'
import { ALL_CHANNEL } from '../model/channel.ts'
import type { Publication } from '../model/publication.ts'
import { HealthSchema } from '../model/responses.ts'
import { FRONT_PATH, pageUrl, ROUTES } from '../model/urls.ts'
import { type DeployDependencies, RETRY } from './dependencies.ts'

/** Unknown members are allowed, because a later version may report more. */
const StatusSchema = v.looseObject({ status: HealthSchema.entries.status })
/** Not the name of a browser: if bot protection blocks this name, it also blocks feed readers. */
const USER_AGENT = 'FeedReader/1.0 (Dateline, after a deploy)'

/**
 * Checks the site. Returns lines that list its addresses. If the site does not respond as expected,
 * prints why and returns `undefined`.
 */
export async function checkSite(
  publication: Publication,
  dependencies: DeployDependencies,
): Promise<string[] | undefined> {
  const feeds = listFeedLinks(ALL_CHANNEL, publication)
  const health = await readWithRetries(
    pageUrl(publication, ROUTES.health),
    dependencies,
    async (response) => {
      const parsed = v.safeParse(StatusSchema, await response.json())
      return parsed.success ? parsed.output.status : undefined
    },
  )
  if (health === undefined) return undefined
  const [firstFeed] = feeds
  if (firstFeed === undefined) return undefined
  const feedStatus = await readWithRetries(firstFeed.url, dependencies, async (response) =>
    response.ok && response.headers.get('Content-Type')?.startsWith(firstFeed.format.mediaType)
      ? 'read'
      : undefined,
  )
  if (feedStatus === undefined) return undefined
  const rows = [
    ['Front page', pageUrl(publication, FRONT_PATH)],
    ...feeds.map(({ format: { title }, url }) => [title, url]),
    ['Publish API', pageUrl(publication, ROUTES.apiArticles)],
    ['Health', `${pageUrl(publication, ROUTES.health)}  ${health}`],
  ]
  return ['', ...rows.map(([name = '', value]) => `  ${name.padEnd(12)}${value}`)]
}

/** Retries a limited number of times until the response can be parsed. */
async function readWithRetries<T>(
  url: string,
  dependencies: DeployDependencies,
  parse: (response: Response) => Promise<T | undefined>,
): Promise<T | undefined> {
  let why = ''
  for (let attempt = 0; attempt < RETRY.maxAttempts; attempt++) {
    if (attempt > 0) await dependencies.wait(RETRY.delayMs)
    try {
      const response = await dependencies.fetch(url, { headers: { 'User-Agent': USER_AGENT } })
      if (response.headers.has('cf-mitigated')) {
        await response.body?.cancel()
        dependencies.error(
          `Cannot read ${url}: bot protection blocks feed readers; docs/operate.md lists the paths to exclude`,
        )
        return undefined
      }
      why = `status ${response.status}, not a response of Dateline`
      const parsed = await parse(response)
      if (parsed !== undefined) return parsed
    } catch (cause) {
      if (why === '' || !(cause instanceof SyntaxError)) why = describeError(cause)
    }
  }
  dependencies.error(
    `Cannot read ${url}: ${why}\nThe worker is deployed. The certificate of a new host can take some minutes: check again later`,
  )
  return undefined
}

const describeError = (cause: unknown): string =>
  cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause)
