/**
 * What a deploy asks of wrangler, and what wrangler writes for programs: the addresses it deployed to, the
 * bundle's size, the names of secrets, a profile of the start. Running it is an argument. A secret goes in by
 * standard input, never as an argument, which every process of the machine could read.
 */
import { join } from 'node:path'
import * as v from 'valibot'

/** `code` is the exit code. `output` is what it printed when it was run quietly, else empty. */
export type RunResult = { exitCode: number; output: string }

export type RunOptions = {
  input?: string
  environment?: Record<string, string>
  /** Its standard output is kept and not shown. */
  quiet?: boolean
}

export type WranglerDependencies = {
  /** Runs wrangler in the project's folder, on the caller's terminal. */
  run: (args: readonly string[], options?: RunOptions) => Promise<RunResult>
  /** Reads a file that wrangler wrote. */
  readFile: (file: string) => string
  /** A folder of this run alone, to be thrown away. */
  temporaryFolder: string
}

/** Everything else that wrangler writes to its output file is not ours to know. */
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

/** Each resolves with wrangler's exit code; what it found is there only when the code is 0. */
export type Wrangler = {
  /** `targets`: addresses and routes, as wrangler prints them. */
  deploy: (args: readonly string[]) => Promise<{ exitCode: number; targets: string[] }>
  /** `selection` names configuration, environment and worker, as the deploy was given them. */
  listSecretNames: (
    selectionArgs: readonly string[],
  ) => Promise<{ exitCode: number; names: string[] }>
  putSecret: (selectionArgs: readonly string[], name: string, value: string) => Promise<number>
  /** Builds without an account or a network. */
  build: (args: readonly string[]) => Promise<{ exitCode: number; size: BundleSize }>
  /** Starts what `build` built in workerd; how long it worked until it could serve, in milliseconds. */
  profileStart: () => Promise<{ exitCode: number; activeMs: number }>
}

/** Nothing may leave this machine: no look for updates, no statistics, no question where it stands. */
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
      if (size === undefined) throw new Error('wrangler did not say how large the bundle is')
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

/** A profile is samples, each with the microseconds since the one before; some were taken of an idle thread. */
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
