/**
 * Runs wrangler and parses what it writes for programs: addresses, bundle size, names of secrets, a
 * profile of the start. Secrets are passed on standard input, because all processes of the machine
 * can read arguments.
 */
import { join } from 'node:path'
import * as v from 'valibot'

/** `output` is what wrangler printed if it ran quietly, otherwise empty. */
export type RunResult = { exitCode: number; output: string }

export type RunOptions = {
  input?: string
  environment?: Record<string, string>
  /** Captures standard output instead of showing it. */
  quiet?: boolean
}

export type WranglerDependencies = {
  /** Runs wrangler in the project's folder, on the caller's terminal. */
  run: (args: readonly string[], options?: RunOptions) => Promise<RunResult>
  /** Reads a file that wrangler wrote. */
  readFile: (file: string) => string
  /** A folder for this run, which is deleted afterwards. */
  temporaryFolder: string
}

/** The only entry of wrangler's output file that is used. */
const DeployedSchema = v.looseObject({
  type: v.literal('deploy'),
  targets: v.optional(v.array(v.string()), []),
  bundle_size: v.optional(v.object({ raw_bytes: v.number(), gzip_bytes: v.number() })),
})
const SecretsSchema = v.array(v.looseObject({ name: v.string() }))
const ProfileSchema = v.looseObject({
  nodes: v.array(
    v.looseObject({ id: v.number(), callFrame: v.looseObject({ functionName: v.string() }) }),
  ),
  samples: v.array(v.number()),
  timeDeltas: v.array(v.number()),
})

export type BundleSize = { rawBytes: number; gzipBytes: number }

/**
 * Each function resolves with wrangler's exit code. The other results are valid only if it is 0.
 */
export type Wrangler = {
  /** `targets` are addresses and routes, as wrangler prints them. */
  deploy: (args: readonly string[]) => Promise<{ exitCode: number; targets: string[] }>
  /**
   * `selectionArgs` are the options for configuration, environment and worker that were passed to
   * the deploy.
   */
  listSecretNames: (
    selectionArgs: readonly string[],
  ) => Promise<{ exitCode: number; names: string[] }>
  putSecret: (selectionArgs: readonly string[], name: string, value: string) => Promise<number>
  /** Builds without an account or a network. */
  build: (args: readonly string[]) => Promise<{ exitCode: number; size: BundleSize }>
  /** Starts the built worker in workerd. `activeMs` is its computing time until it can serve. */
  profileStart: () => Promise<{ exitCode: number; activeMs: number }>
}

/** Prevents all requests of wrangler: update checks, statistics, and look-ups of the location. */
const OFFLINE_ENVIRONMENT = {
  CI: 'true',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
}

export function createWrangler({ run, readFile, temporaryFolder }: WranglerDependencies): Wrangler {
  const outputFile = join(temporaryFolder, 'output.ndjson')
  const bundleFile = join(temporaryFolder, 'worker.bundle')
  const profileFile = join(temporaryFolder, 'start.cpuprofile')
  const outputEnvironment = { WRANGLER_OUTPUT_FILE_PATH: outputFile }
  const readDeployOutput = (): v.InferOutput<typeof DeployedSchema> | undefined =>
    readFile(outputFile)
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => v.safeParse(DeployedSchema, JSON.parse(line)))
      .find((parsed) => parsed.success)?.output
  return {
    deploy: async (args) => {
      const { exitCode } = await run(['deploy', ...args], { environment: outputEnvironment })
      return { exitCode, targets: exitCode === 0 ? (readDeployOutput()?.targets ?? []) : [] }
    },
    listSecretNames: async (selectionArgs) => {
      const { exitCode, output } = await run(
        ['secret', 'list', '--format', 'json', ...selectionArgs],
        {
          quiet: true,
        },
      )
      if (exitCode !== 0) return { exitCode, names: [] }
      const secrets = v.parse(SecretsSchema, JSON.parse(output))
      return { exitCode, names: secrets.map(({ name }) => name) }
    },
    putSecret: async (selectionArgs, name, value) =>
      (await run(['secret', 'put', name, ...selectionArgs], { input: value })).exitCode,
    build: async (args) => {
      const { exitCode } = await run(['deploy', '--dry-run', '--outfile', bundleFile, ...args], {
        environment: { ...outputEnvironment, ...OFFLINE_ENVIRONMENT },
      })
      if (exitCode !== 0) return { exitCode, size: { rawBytes: 0, gzipBytes: 0 } }
      const size = readDeployOutput()?.bundle_size
      if (size === undefined) throw new Error('wrangler did not report the size of the bundle')
      return { exitCode, size: { rawBytes: size.raw_bytes, gzipBytes: size.gzip_bytes } }
    },
    profileStart: async () => {
      const { exitCode } = await run(
        ['check', 'startup', '--worker', bundleFile, '--outfile', profileFile],
        { environment: OFFLINE_ENVIRONMENT, quiet: true },
      )
      return {
        exitCode,
        activeMs: exitCode === 0 ? sumActiveMs(JSON.parse(readFile(profileFile))) : 0,
      }
    },
  }
}

/**
 * Adds up the samples of a profile, except those of an idle thread. Each sample has the
 * microseconds since the previous one.
 */
function sumActiveMs(profile: unknown): number {
  const { nodes, samples, timeDeltas } = v.parse(ProfileSchema, profile)
  const functionNames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]))
  const microseconds = timeDeltas.reduce(
    (sum, delta, index) =>
      functionNames.get(samples[index] ?? 0) === '(idle)' ? sum : sum + delta,
    0,
  )
  return microseconds / 1000
}
