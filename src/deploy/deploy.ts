/**
 * `npm run deploy`: from settings that are right to a desk that answers, in one command. Checks the
 * settings, lets wrangler upload, sees to the token, wakes the desk, and looks at what readers will
 * see. The world is an argument: nothing here runs, asks, prints or fetches by itself.
 */
import { DeskClient, type Problem } from '../client/client.ts'
import type { Publication } from '../model/publication.ts'
import { ROUTES } from '../model/urls.ts'
import { checkSettings, type Order, tokenFault, unfinishedSetting } from './order.ts'
import { placesOf } from './places.ts'
import { lookAtSite } from './site.ts'
import { PATIENCE, type World } from './world.ts'

const SECRET = 'DESK_TOKEN'
const TOKEN_BYTES = 24

/**
 * Returns the exit code: wrangler's own when it fails, 1 when something else is not as it should
 * be.
 */
export async function deploy(order: Order, world: World): Promise<number> {
  const { wrangler, print, error } = world
  const publication = checkAll(world)
  if (typeof publication === 'string') {
    error(`Cannot deploy: ${publication}`)
    return 1
  }
  const deployed = await wrangler.deploy(order.given)
  if (deployed.code !== 0) return stopped('deploy', deployed.code, world)
  const token = await settleToken(order, world)
  if ('code' in token) return token.code
  const places = placesOf(deployed.targets, publication)
  if (places.wake === undefined || places.site === undefined) {
    error(
      'Cannot reach the desk: it has no address; say workers_dev = true or a route in wrangler.toml',
    )
    return 1
  }
  if (!(await wakeDesk(places.wake, token, world))) return 1
  const lines = await lookAtSite({ ...publication, siteUrl: places.site }, world)
  if (lines === undefined) return 1
  for (const line of lines) print(line)
  printRest(places.unrouted, order, world)
  return 0
}

function checkAll(world: World): Publication | string {
  const publication = checkSettings(world.settings)
  if (!publication.ok) return publication.why
  const given = world.environment[SECRET]
  const fault = given === undefined ? undefined : tokenFault(given)
  return unfinishedSetting(publication.value) ?? fault ?? publication.value
}

function stopped(what: string, code: number, { error }: World): number {
  error(`Cannot go on: wrangler ${what} ended with code ${code}, and nothing was done after it`)
  return code
}

type Token = { value: string | undefined; isNew: boolean }

/**
 * Sees to it that the worker has a token. What is known of it here: it may have been set long ago,
 * elsewhere.
 */
async function settleToken(order: Order, world: World): Promise<Token | { code: number }> {
  const { environment, wrangler, print, error } = world
  const listed = await wrangler.secretNames(order.selection)
  if (listed.code !== 0) return { code: stopped('secret list', listed.code, world) }
  if (listed.names.includes(SECRET))
    return { value: environment[SECRET] ?? environment['DATELINE_TOKEN'], isNew: false }
  const chosen = environment[SECRET] ?? (world.interactive ? await chooseToken(world) : undefined)
  if (chosen === undefined) {
    error(
      `Cannot finish: the worker is deployed, but has no ${SECRET}; set it in the environment and deploy again, or run npx wrangler secret put ${SECRET}`,
    )
    return { code: 1 }
  }
  const value = typeof chosen === 'string' ? chosen : chosen.made
  const code = await wrangler.putSecret(order.selection, SECRET, value)
  if (code !== 0) return { code: stopped('secret put', code, world) }
  if (typeof chosen !== 'string')
    print(`\n  ${SECRET}  ${value}\n\nKeep it now: it is not shown again.\n`)
  return { value, isNew: true }
}

/** Only a token that was made here may be shown. */
async function chooseToken(world: World): Promise<string | { made: string } | undefined> {
  const make = await world.confirm(`The worker has no ${SECRET} yet. Make one and show it once?`)
  if (make === undefined) return undefined
  if (make) return { made: Buffer.from(world.randomBytes(TOKEN_BYTES)).toString('base64url') }
  return await world.askSecret(`${SECRET}, the token of the publish API`, tokenFault)
}

/**
 * Opens the desk, so that new settings and renderers take effect at once. False when it cannot be
 * done.
 */
async function wakeDesk(url: string, token: Token, world: World): Promise<boolean> {
  const { print, error } = world
  const byHand = `curl -X POST -H "Authorization: Bearer $${SECRET}" ${url}${ROUTES.apiWake}`
  if (token.value === undefined) {
    print(
      `The token is not known here (${SECRET} or DATELINE_TOKEN would tell), so wake the desk by hand:\n\n  ${byHand}\n`,
    )
    return true
  }
  const client = new DeskClient(url, token.value, world.fetch)
  let problem: Problem | undefined
  for (let tries = 0; tries < PATIENCE.tries; tries++) {
    if (tries > 0) await world.wait(PATIENCE.pauseMs)
    const woken = await client.wake()
    if (woken.ok) return true
    problem = woken.problem
    // One that was set before this deploy is everywhere already: waiting would not mend a wrong
    // token.
    if (problem.status === 401 && !token.isNew) break
    if (tries === 0) print(`Waiting until the new version answers (${problem.detail}).`)
  }
  error(`${problem?.detail}\nThe worker is deployed; when it answers, wake the desk: ${byHand}`)
  return false
}

function printRest(unrouted: readonly string[], order: Order, { print }: World): void {
  const rest = [
    ...unrouted.map(
      (host) =>
        `${host} does not lead here: add [[routes]] with pattern = "${host}" and custom_domain = true to wrangler.toml${order.environment === undefined ? '' : `, for ${order.environment}`}, and deploy again`,
    ),
    'Spare feeds from bot protection, and switch off what changes their bytes',
  ]
  print('\nLeft to do (docs/operate.md says how)')
  for (const line of rest) print(`  - ${line}`)
}
