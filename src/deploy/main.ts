/**
 * The program behind `npm run deploy` provides terminal, wrangler and network. `deploy.ts` has the
 * steps.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { confirm, isCancel, password } from '@clack/prompts'
import { unstable_readConfig } from 'wrangler'
import { CONFIGURATION_FILE, ROOT, WRANGLER_PROGRAM } from '../embedded/server.ts'
import { type DeployConfiguration, describeMissingParts } from './configuration.ts'
import type { DeployDependencies } from './dependencies.ts'
import { deploy } from './deploy.ts'
import { dryRun } from './dry-run.ts'
import { type CheckResult, type DeployOptions, parseDeployOptions } from './options.ts'
import { createWrangler, type RunOptions, type RunResult } from './wrangler.ts'

async function run(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const child = spawn(process.execPath, [WRANGLER_PROGRAM, ...args], {
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
  // If the process ends before it has read its input, its exit code reports the failure.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(options.input)
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ exitCode: code ?? 1, output }))
  })
}

/** Reads the configuration through wrangler. `--env` overrides the environment variable. */
function readDeployConfiguration({
  configuration,
  environment: requestedEnvironment,
}: DeployOptions): CheckResult<DeployConfiguration> {
  const file = configuration ?? CONFIGURATION_FILE
  const environment = requestedEnvironment ?? (process.env['CLOUDFLARE_ENV'] || undefined)
  const readConfiguration = (env: string) =>
    unstable_readConfig({ config: file, env }, { hideWarnings: true })
  try {
    const topLevel = readConfiguration('')
    const environmentExists =
      environment !== undefined && topLevel.definedEnvironments?.includes(environment) === true
    const selected = environmentExists ? readConfiguration(environment) : topLevel
    return {
      ok: true,
      value: { selected, topLevel, environment, environmentExists, file: basename(file) },
    }
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause
    return { ok: false, why: `the configuration cannot be read: ${cause.message}` }
  }
}

const createDependencies = (settings: unknown, temporaryFolder: string): DeployDependencies => ({
  settings,
  environment: process.env,
  isInteractive: process.stdin.isTTY && process.stdout.isTTY && !process.env['CI'],
  wrangler: createWrangler({
    run,
    readFile: (file) => readFileSync(file, 'utf8'),
    temporaryFolder,
  }),
  fetch,
  wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  randomBytes,
  confirm: async (question) => {
    const answer = await confirm({ message: question })
    return isCancel(answer) ? undefined : answer
  },
  promptSecret: async (question, findFault) => {
    const answer = await password({
      message: question,
      validate: (value) => findFault(value ?? ''),
    })
    return isCancel(answer) ? undefined : answer
  },
  print: (line) => console.log(line),
  error: (line) => console.error(line),
})

async function main(): Promise<number> {
  const options = parseDeployOptions(process.argv.slice(2))
  if (!options.ok) {
    console.error(`Cannot deploy: ${options.why}`)
    return 1
  }
  const configuration = readDeployConfiguration(options.value)
  if (!configuration.ok) {
    console.error(`Cannot deploy: ${configuration.why}`)
    return 1
  }
  const missingParts = describeMissingParts(configuration.value)
  if (missingParts) {
    console.error(`Cannot deploy: ${missingParts.why}\nAdd to ${configuration.value.file}:\n`)
    console.log(missingParts.toml)
    return 1
  }
  const temporaryFolder = mkdtempSync(join(tmpdir(), 'dateline-deploy-'))
  try {
    const dependencies = createDependencies(configuration.value.selected.vars, temporaryFolder)
    return await (options.value.dryRun ? dryRun : deploy)(options.value, dependencies)
  } finally {
    rmSync(temporaryFolder, { recursive: true, force: true })
  }
}

process.exitCode = await main()
