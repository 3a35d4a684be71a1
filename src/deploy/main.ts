/**
 * The program behind `npm run deploy`: this machine's terminal, wrangler and network. What is done
 * stands in `deploy.ts`.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { confirm, isCancel, password } from '@clack/prompts'
import { unstable_readConfig } from 'wrangler'
import { CONFIGURATION, ROOT, WRANGLER } from '../embedded/server.ts'
import { deploy } from './deploy.ts'
import { dryRun } from './dry-run.ts'
import { type Meant, missingParts } from './environment.ts'
import { type Checked, type Order, readOrder } from './order.ts'
import type { World } from './world.ts'
import { createWrangler, type Ran, type RunOptions } from './wrangler.ts'

async function run(given: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = spawn(process.execPath, [WRANGLER, ...given], {
    cwd: ROOT,
    env: { ...process.env, ...options.environment },
    stdio: [
      options.input === undefined ? 'inherit' : 'pipe',
      options.quiet ? 'pipe' : 'inherit',
      'inherit',
    ],
  })
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  // When it ends before it has read everything, its exit code tells why.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(options.input)
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/**
 * What would be deployed, as wrangler reads it. `--env` comes before what the environment of the
 * process says.
 */
function meantBy({ configuration, environment: named }: Order): Checked<Meant> {
  const file = configuration ?? CONFIGURATION
  const environment = named ?? (process.env['CLOUDFLARE_ENV'] || undefined)
  const read = (env: string) => unstable_readConfig({ config: file, env }, { hideWarnings: true })
  try {
    const whole = read('')
    const isDefined =
      environment !== undefined && whole.definedEnvironments?.includes(environment) === true
    const own = isDefined ? read(environment) : whole
    return { ok: true, value: { own, whole, environment, isDefined, file: basename(file) } }
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause
    return { ok: false, why: `the configuration cannot be read: ${cause.message}` }
  }
}

const worldOf = (settings: unknown, folder: string): World => ({
  settings,
  environment: process.env,
  interactive: process.stdin.isTTY && process.stdout.isTTY && !process.env['CI'],
  wrangler: createWrangler({ run, read: (file) => readFileSync(file, 'utf8'), folder }),
  fetch,
  wait: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
  randomBytes,
  confirm: async (message) => {
    const answer = await confirm({ message })
    return isCancel(answer) ? undefined : answer
  },
  askSecret: async (message, fault) => {
    const answer = await password({ message, validate: (given) => fault(given ?? '') })
    return isCancel(answer) ? undefined : answer
  },
  print: (line) => console.log(line),
  error: (line) => console.error(line),
})

async function main(): Promise<number> {
  const order = readOrder(process.argv.slice(2))
  const meant = order.ok ? meantBy(order.value) : order
  if (!order.ok || !meant.ok) {
    if (!meant.ok) console.error(`Cannot deploy: ${meant.why}`)
    return 1
  }
  const missing = missingParts(meant.value)
  if (missing) {
    console.error(`Cannot deploy: ${missing.why}\nAdd to ${meant.value.file}:\n`)
    console.log(missing.block)
    return 1
  }
  const folder = mkdtempSync(join(tmpdir(), 'dateline-deploy-'))
  try {
    const world = worldOf(meant.value.own.vars, folder)
    return await (order.value.dryRun ? dryRun : deploy)(order.value, world)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

process.exitCode = await main()
