/**
 * `npm run deploy` validates the settings, uploads the worker with wrangler, sets the token, opens
 * the desk, and checks what readers will see. All effects are in `dependencies`.
 */
import { DeskClient, type Problem } from '../client/client.ts'
import type { Publication } from '../model/publication.ts'
import { ROUTES } from '../model/urls.ts'
import { resolveAddresses } from './addresses.ts'
import { type DeployDependencies, RETRY } from './dependencies.ts'
import {
  checkSettings,
  type DeployOptions,
  findTokenFault,
  findUnfinishedSetting,
} from './options.ts'
import { checkSite } from './site.ts'

const SECRET = 'DESK_TOKEN'
const TOKEN_BYTES = 24

/** Returns the exit code: that of wrangler if it fails, 1 if anything else is wrong. */
export async function deploy(
  options: DeployOptions,
  dependencies: DeployDependencies,
): Promise<number> {
  const { wrangler, print, error } = dependencies
  const publication = checkBeforeDeploy(dependencies)
  if (typeof publication === 'string') {
    error(`Cannot deploy: ${publication}`)
    return 1
  }
  const deployed = await wrangler.deploy(options.wranglerArgs)
  if (deployed.exitCode !== 0)
    return reportWranglerFailure('deploy', deployed.exitCode, dependencies)
  const token = await ensureToken(options, dependencies)
  if ('exitCode' in token) return token.exitCode
  const addresses = resolveAddresses(deployed.targets, publication)
  if (addresses.deskUrl === undefined || addresses.readerUrl === undefined) {
    error(
      'Cannot reach the desk: it has no address; set workers_dev = true or add a route in wrangler.toml',
    )
    return 1
  }
  if (!(await openDesk(addresses.deskUrl, token, dependencies))) return 1
  const lines = await checkSite({ ...publication, siteUrl: addresses.readerUrl }, dependencies)
  if (lines === undefined) return 1
  for (const line of lines) print(line)
  printRemainingSteps(addresses.unroutedHosts, options, dependencies)
  return 0
}

function checkBeforeDeploy(dependencies: DeployDependencies): Publication | string {
  const checked = checkSettings(dependencies.settings)
  if (!checked.ok) return checked.why
  const token = dependencies.environment[SECRET]
  const fault = token === undefined ? undefined : findTokenFault(token)
  return findUnfinishedSetting(checked.value) ?? fault ?? checked.value
}

function reportWranglerFailure(
  command: string,
  exitCode: number,
  { error }: DeployDependencies,
): number {
  error(
    `Cannot continue: wrangler ${command} failed with exit code ${exitCode}; the remaining steps were skipped`,
  )
  return exitCode
}

type Token = { value: string | undefined; isNew: boolean }

/**
 * Ensures that the worker has a token. Returns its value, or `undefined` if the token was set
 * earlier and is not in the environment of this process.
 */
async function ensureToken(
  options: DeployOptions,
  dependencies: DeployDependencies,
): Promise<Token | { exitCode: number }> {
  const { environment, wrangler, print, error } = dependencies
  const secrets = await wrangler.listSecretNames(options.selectionArgs)
  if (secrets.exitCode !== 0)
    return { exitCode: reportWranglerFailure('secret list', secrets.exitCode, dependencies) }
  if (secrets.names.includes(SECRET))
    return { value: environment[SECRET] ?? environment['DATELINE_TOKEN'], isNew: false }
  const newToken =
    environment[SECRET] ??
    (dependencies.isInteractive ? await chooseToken(dependencies) : undefined)
  if (newToken === undefined) {
    error(
      `Cannot finish: the worker is deployed, but has no ${SECRET}; set it in the environment and deploy again, or run npx wrangler secret put ${SECRET}`,
    )
    return { exitCode: 1 }
  }
  const value = typeof newToken === 'string' ? newToken : newToken.generated
  const exitCode = await wrangler.putSecret(options.selectionArgs, SECRET, value)
  if (exitCode !== 0)
    return { exitCode: reportWranglerFailure('secret put', exitCode, dependencies) }
  if (typeof newToken !== 'string')
    print(`\n  ${SECRET}  ${value}\n\nSave it now: it is not shown again.\n`)
  return { value, isNew: true }
}

/**
 * Asks the person to create a token or to enter one. Only a created one may be shown, so it is
 * returned as `generated`.
 */
async function chooseToken(
  dependencies: DeployDependencies,
): Promise<string | { generated: string } | undefined> {
  const shouldGenerate = await dependencies.confirm(
    `The worker has no ${SECRET} yet. Create one and show it once?`,
  )
  if (shouldGenerate === undefined) return undefined
  if (shouldGenerate)
    return { generated: Buffer.from(dependencies.randomBytes(TOKEN_BYTES)).toString('base64url') }
  return await dependencies.promptSecret(`${SECRET}, the token of the publish API`, findTokenFault)
}

/**
 * Opens the desk, so that new settings and renderers take effect at once. Returns false if that
 * fails.
 */
async function openDesk(
  url: string,
  token: Token,
  dependencies: DeployDependencies,
): Promise<boolean> {
  const { print, error } = dependencies
  const curlCommand = `curl -X POST -H "Authorization: Bearer $${SECRET}" ${url}${ROUTES.apiOpen}`
  if (token.value === undefined) {
    print(
      `Neither ${SECRET} nor DATELINE_TOKEN is set, so open the desk by hand:\n\n  ${curlCommand}\n`,
    )
    return true
  }
  const client = new DeskClient(url, token.value, dependencies.fetch)
  let problem: Problem | undefined
  for (let attempt = 0; attempt < RETRY.maxAttempts; attempt++) {
    if (attempt > 0) await dependencies.wait(RETRY.delayMs)
    const opened = await client.openDesk()
    if (opened.ok) return true
    problem = opened.problem
    // An older token is already in use everywhere. A 401 then means that this one is wrong, so
    // waiting would not help.
    if (problem.status === 401 && !token.isNew) break
    if (attempt === 0) print(`Waiting for the new version to respond (${problem.detail}).`)
  }
  error(
    `${problem?.detail}\nThe worker is deployed; when it responds, open the desk: ${curlCommand}`,
  )
  return false
}

function printRemainingSteps(
  unroutedHosts: readonly string[],
  options: DeployOptions,
  { print }: DeployDependencies,
): void {
  const steps = [
    ...unroutedHosts.map(
      (host) =>
        `${host} is not routed to this worker: add [[routes]] with pattern = "${host}" and custom_domain = true to wrangler.toml${options.environment === undefined ? '' : `, for ${options.environment}`}, and deploy again`,
    ),
    'Exclude feeds from bot protection, and switch off features that change their bytes',
  ]
  print('\nLeft to do (see docs/operate.md)')
  for (const step of steps) print(`  - ${step}`)
}
