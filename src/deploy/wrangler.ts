/**
 * What a deploy asks of wrangler, and what wrangler writes for programs: the addresses it deployed to, the
 * bundle's size, the names of secrets, a profile of the start. Running it is an argument. A secret goes in by
 * standard input, never as an argument, which every process of the machine could read.
 */
import { join } from 'node:path'
import * as v from 'valibot'

/** `code` is the exit code. `output` is what it printed when it was run quietly, else empty. */
export type Ran = { code: number; output: string }

export type RunOptions = {
  input?: string
  environment?: Record<string, string>
  /** Its standard output is kept and not shown. */
  quiet?: boolean
}

export type Programs = {
  /** Runs wrangler in the project's folder, on the caller's terminal. */
  run: (given: readonly string[], options?: RunOptions) => Promise<Ran>
  /** Reads a file that wrangler wrote. */
  read: (file: string) => string
  /** A folder of this run alone, to be thrown away. */
  folder: string
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

export type Size = { rawBytes: number; gzipBytes: number }

/** Each resolves with wrangler's exit code; what it found is there only when the code is 0. */
export type Wrangler = {
  /** `targets`: addresses and routes, as wrangler prints them. */
  deploy: (given: readonly string[]) => Promise<{ code: number; targets: string[] }>
  /** `selection` names configuration, environment and worker, as the deploy was given them. */
  secretNames: (selection: readonly string[]) => Promise<{ code: number; names: string[] }>
  putSecret: (selection: readonly string[], name: string, value: string) => Promise<number>
  /** Builds without an account or a network. */
  build: (given: readonly string[]) => Promise<{ code: number; size: Size }>
  /** Starts what `build` built in workerd; how long it worked until it could serve, in milliseconds. */
  profileStart: () => Promise<{ code: number; activeMs: number }>
}

/** Nothing may leave this machine: no look for updates, no statistics, no question where it stands. */
const OFFLINE = {
  CI: 'true',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
}

export function createWrangler({ run, read, folder }: Programs): Wrangler {
  const outputFile = join(folder, 'output.ndjson')
  const bundleFile = join(folder, 'worker.bundle')
  const profileFile = join(folder, 'start.cpuprofile')
  const telling = { WRANGLER_OUTPUT_FILE_PATH: outputFile }
  const told = (): v.InferOutput<typeof DeployedSchema> | undefined =>
    read(outputFile)
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => v.safeParse(DeployedSchema, JSON.parse(line)))
      .find((parsed) => parsed.success)?.output
  return {
    deploy: async (given) => {
      const { code } = await run(['deploy', ...given], { environment: telling })
      return { code, targets: code === 0 ? (told()?.targets ?? []) : [] }
    },
    secretNames: async (selection) => {
      const { code, output } = await run(['secret', 'list', '--format', 'json', ...selection], {
        quiet: true,
      })
      if (code !== 0) return { code, names: [] }
      const secrets = v.parse(SecretsSchema, JSON.parse(output))
      return { code, names: secrets.map(({ name }) => name) }
    },
    putSecret: async (selection, name, value) =>
      (await run(['secret', 'put', name, ...selection], { input: value })).code,
    build: async (given) => {
      const { code } = await run(['deploy', '--dry-run', '--outfile', bundleFile, ...given], {
        environment: { ...telling, ...OFFLINE },
      })
      if (code !== 0) return { code, size: { rawBytes: 0, gzipBytes: 0 } }
      const size = told()?.bundle_size
      if (size === undefined) throw new Error('wrangler did not say how large the bundle is')
      return { code, size: { rawBytes: size.raw_bytes, gzipBytes: size.gzip_bytes } }
    },
    profileStart: async () => {
      const { code } = await run(
        ['check', 'startup', '--worker', bundleFile, '--outfile', profileFile],
        { environment: OFFLINE, quiet: true },
      )
      return { code, activeMs: code === 0 ? activeMs(JSON.parse(read(profileFile))) : 0 }
    },
  }
}

/** A profile is samples, each with the microseconds since the one before; some were taken of an idle thread. */
function activeMs(profile: unknown): number {
  const { nodes, samples, timeDeltas } = v.parse(ProfileSchema, profile)
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]))
  const microseconds = timeDeltas.reduce(
    (sum, delta, index) => (names.get(samples[index] ?? 0) === '(idle)' ? sum : sum + delta),
    0,
  )
  return microseconds / 1000
}
