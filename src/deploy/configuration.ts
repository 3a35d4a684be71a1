/**
 * Checks that a worker's configuration is complete. A wrangler environment (`--env`) inherits some
 * keys, but needs its own settings, KV namespaces, objects and rate limits. wrangler uploads a
 * worker even if they are missing.
 */

/**
 * The parts of wrangler's configuration that are checked. They belong to one environment, or to
 * none.
 */
export type Configuration = {
  vars: Readonly<Record<string, unknown>>
  kv_namespaces: readonly { binding: string }[]
  durable_objects: {
    bindings: readonly { name: string }[]
    code_update_strategy?: { mode?: string | undefined } | undefined
  }
  ratelimits?: readonly RateLimit[] | undefined
  migrations: readonly { new_sqlite_classes?: readonly string[] | undefined }[]
  routes?: readonly unknown[] | undefined
}
type RateLimit = {
  name: string
  namespace_id: string
  simple: { limit: number; period: number }
}

/**
 * The configuration of one worker. `selected` is the part that this worker would get, and
 * `topLevel` the part outside all environments.
 */
export type DeployConfiguration = {
  selected: Configuration
  topLevel: Configuration
  environment: string | undefined
  /** Whether the file defines the environment. */
  environmentExists: boolean
  /** The file name for messages. */
  file: string
}

export const KV_BINDING = 'WIRE'
export const DESK_OBJECT = { name: 'DESK', class_name: 'Desk' }
export const UPDATE_MODE = 'immediate'
export const RATE_LIMITS: readonly RateLimit[] = [
  { name: 'MISS_LIMIT', namespace_id: '1001', simple: { limit: 600, period: 60 } },
  { name: 'CODE_LIMIT', namespace_id: '1002', simple: { limit: 60, period: 60 } },
]

/**
 * Is added to the rate limit ids of an environment, because workers that share an id share one
 * limit.
 */
const RATE_LIMIT_ID_OFFSET = 1000

type MissingPart = { name: string; toml: string }

/**
 * Returns the missing parts and the lines of TOML that add them; `undefined` if nothing is missing.
 */
export function describeMissingParts(
  configuration: DeployConfiguration,
): { why: string; toml: string } | undefined {
  const { environment, environmentExists, file } = configuration
  const parts = listMissingParts(configuration)
  if (parts.length === 0) return undefined
  const [lastName = '', ...otherNames] = parts.map(({ name }) => name).reverse()
  const missingNames =
    otherNames.length === 0 ? lastName : `${otherNames.reverse().join(', ')} and ${lastName}`
  const why =
    environment === undefined
      ? `${file} lacks ${missingNames}`
      : environmentExists
        ? `the environment "${environment}" lacks ${missingNames}; an environment does not inherit them from the rest of ${file}`
        : `${file} has no environment "${environment}", and wrangler would deploy another worker with the settings of this one`
  const heading =
    environment === undefined
      ? '# What the worker needs'
      : `# The environment "${environment}" needs its own addresses, its own TAG_AUTHORITY, and rate limit ids that no other\n# worker of the account uses. The deploy creates the KV namespace and the Durable Object.`
  return { why, toml: `${[heading, ...parts.map(({ toml }) => toml)].join('\n\n')}\n` }
}

function listMissingParts({
  selected,
  topLevel,
  environment,
  environmentExists,
}: DeployConfiguration): MissingPart[] {
  const effective = environment === undefined || environmentExists ? selected : EMPTY_CONFIGURATION
  const tablePrefix = environment === undefined ? '' : `env.${formatTomlKey(environment)}.`
  const { bindings, code_update_strategy: strategy } = effective.durable_objects
  const hasName = (names: readonly { name: string }[] | undefined, name: string): boolean =>
    names?.some((each) => each.name === name) === true
  const needsRoutes =
    !environmentExists && environment !== undefined && (topLevel.routes?.length ?? 0) > 0
  return [
    ...(needsRoutes ? [buildRoutesPart(environment)] : []),
    ...(Object.keys(effective.vars).length === 0 && Object.keys(topLevel.vars).length > 0
      ? [{ name: 'its settings (vars)', toml: `[${tablePrefix}vars]\n${formatVars(topLevel)}` }]
      : []),
    ...(effective.kv_namespaces.some(({ binding }) => binding === KV_BINDING)
      ? []
      : [
          {
            name: `the KV namespace ${KV_BINDING}`,
            toml: `[[${tablePrefix}kv_namespaces]]\nbinding = "${KV_BINDING}"`,
          },
        ]),
    ...(hasName(bindings, DESK_OBJECT.name)
      ? []
      : [
          {
            name: `the Durable Object ${DESK_OBJECT.name}`,
            toml: `[[${tablePrefix}durable_objects.bindings]]\nname = "${DESK_OBJECT.name}"\nclass_name = "${DESK_OBJECT.class_name}"`,
          },
        ]),
    ...(strategy?.mode === UPDATE_MODE
      ? []
      : [
          {
            name: `the code update strategy "${UPDATE_MODE}"`,
            toml: `[${tablePrefix}durable_objects.code_update_strategy]\nmode = "${UPDATE_MODE}"`,
          },
        ]),
    ...(declaresDeskClass(effective) || (environment !== undefined && declaresDeskClass(topLevel))
      ? []
      : [
          {
            name: `the migration of ${DESK_OBJECT.class_name}`,
            toml: `[[${tablePrefix}migrations]]\ntag = "v1"\nnew_sqlite_classes = ["${DESK_OBJECT.class_name}"]`,
          },
        ]),
    ...RATE_LIMITS.filter(({ name }) => !hasName(effective.ratelimits, name)).map((limit) => ({
      name: `the rate limit ${limit.name}`,
      toml: formatRateLimit(
        topLevel.ratelimits?.find(({ name }) => name === limit.name) ?? limit,
        tablePrefix,
      ),
    })),
  ]
}

const EMPTY_CONFIGURATION: Configuration = {
  vars: {},
  kv_namespaces: [],
  durable_objects: { bindings: [] },
  migrations: [],
}

/**
 * Returns whether the configuration has the migration for the desk. Environments inherit
 * migrations.
 */
const declaresDeskClass = ({ migrations }: Configuration): boolean =>
  migrations.some(({ new_sqlite_classes: classes }) => classes?.includes(DESK_OBJECT.class_name))

/**
 * Adds an empty list of routes. Environments inherit routes, and would take over the hosts of the
 * other worker.
 */
const buildRoutesPart = (environment: string): MissingPart => ({
  name: 'its routes',
  toml: `[env.${formatTomlKey(environment)}]\n# Its own hosts. Without this line, it would take over the hosts of the other worker.\nroutes = []`,
})

const formatVars = ({ vars }: Configuration): string =>
  Object.entries(vars)
    .map(([name, value]) => `${formatTomlKey(name)} = ${JSON.stringify(value)}`)
    .join('\n')

function formatRateLimit(
  { name, namespace_id: id, simple }: RateLimit,
  tablePrefix: string,
): string {
  const namespaceId = tablePrefix === '' ? id : String(Number(id) + RATE_LIMIT_ID_OFFSET)
  return `[[${tablePrefix}ratelimits]]\nname = "${name}"\nnamespace_id = "${namespaceId}"\nsimple = { limit = ${simple.limit}, period = ${simple.period} }`
}

/** Formats a key for TOML. JSON strings are valid TOML strings. */
const formatTomlKey = (name: string): string =>
  /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name)
