/**
 * What a worker needs besides its code, and whether the configuration that is to be deployed has
 * it. An environment of wrangler (`--env`) takes some keys from the rest of the file and others
 * not: settings, KV namespaces, objects and rate limits it must name itself, and wrangler uploads a
 * worker without them all the same.
 */

/**
 * The part of wrangler's configuration that is looked at, as wrangler reads it: of one environment,
 * or of none.
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
 * Which worker is meant: `own` is what it would get, `whole` what stands outside all environments.
 */
export type Meant = {
  own: Configuration
  whole: Configuration
  environment: string | undefined
  /** Whether the file has the environment. */
  isDefined: boolean
  /** The file, as it is told. */
  file: string
}

export const NAMESPACE = 'WIRE'
export const OBJECT = { name: 'DESK', class_name: 'Desk' }
export const UPDATE_MODE = 'immediate'
export const LIMITS: readonly RateLimit[] = [
  { name: 'MISS_LIMIT', namespace_id: '1001', simple: { limit: 600, period: 60 } },
  { name: 'CODE_LIMIT', namespace_id: '1002', simple: { limit: 60, period: 60 } },
]

/** An environment counts for itself: an id that it shares with another worker would add both up. */
const OWN_LIMITS_FROM = 1000

type Part = { what: string; toml: string }

/** What is missing, and the lines of TOML that add it; `undefined` when nothing is. */
export function missingParts(meant: Meant): { why: string; block: string } | undefined {
  const { environment, isDefined, file } = meant
  const parts = partsMissing(meant)
  if (parts.length === 0) return undefined
  const [last = '', ...rest] = parts.map(({ what }) => what).reverse()
  const lacks = rest.length === 0 ? last : `${rest.reverse().join(', ')} and ${last}`
  const why =
    environment === undefined
      ? `${file} lacks ${lacks}`
      : isDefined
        ? `the environment "${environment}" lacks ${lacks}; wrangler takes none of them from the rest of ${file}`
        : `${file} has no environment "${environment}", and wrangler would deploy another worker with the settings of this one`
  const lead =
    environment === undefined
      ? '# What the worker needs'
      : `# What the environment "${environment}" needs of its own: its own addresses, its own TAG_AUTHORITY, and numbers of\n# rate limits that no other worker of the account has. KV namespace and object are made by the deploy.`
  return { why, block: `${[lead, ...parts.map(({ toml }) => toml)].join('\n\n')}\n` }
}

function partsMissing({ own: given, whole, environment, isDefined }: Meant): Part[] {
  const own = environment === undefined || isDefined ? given : NOTHING
  const table = environment === undefined ? '' : `env.${tomlKey(environment)}.`
  const { bindings, code_update_strategy: strategy } = own.durable_objects
  const has = (names: readonly { name: string }[] | undefined, name: string): boolean =>
    names?.some((each) => each.name === name) === true
  const unrouted = !isDefined && environment !== undefined && (whole.routes?.length ?? 0) > 0
  return [
    ...(unrouted ? [routesOf(environment)] : []),
    ...(Object.keys(own.vars).length === 0 && Object.keys(whole.vars).length > 0
      ? [{ what: 'its settings (vars)', toml: `[${table}vars]\n${varsOf(whole)}` }]
      : []),
    ...(own.kv_namespaces.some(({ binding }) => binding === NAMESPACE)
      ? []
      : [
          {
            what: `the KV namespace ${NAMESPACE}`,
            toml: `[[${table}kv_namespaces]]\nbinding = "${NAMESPACE}"`,
          },
        ]),
    ...(has(bindings, OBJECT.name)
      ? []
      : [
          {
            what: `the object ${OBJECT.name}`,
            toml: `[[${table}durable_objects.bindings]]\nname = "${OBJECT.name}"\nclass_name = "${OBJECT.class_name}"`,
          },
        ]),
    ...(strategy?.mode === UPDATE_MODE
      ? []
      : [
          {
            what: 'the rule that a new version takes over the object at once',
            toml: `[${table}durable_objects.code_update_strategy]\nmode = "${UPDATE_MODE}"`,
          },
        ]),
    ...(declaresObject(own) || (environment !== undefined && declaresObject(whole))
      ? []
      : [
          {
            what: `the migration of ${OBJECT.class_name}`,
            toml: `[[${table}migrations]]\ntag = "v1"\nnew_sqlite_classes = ["${OBJECT.class_name}"]`,
          },
        ]),
    ...LIMITS.filter(({ name }) => !has(own.ratelimits, name)).map((limit) => ({
      what: `the rate limit ${limit.name}`,
      toml: limitOf(whole.ratelimits?.find(({ name }) => name === limit.name) ?? limit, table),
    })),
  ]
}

const NOTHING: Configuration = {
  vars: {},
  kv_namespaces: [],
  durable_objects: { bindings: [] },
  migrations: [],
}

/** Migrations are among the keys that an environment takes from the rest of the file. */
const declaresObject = ({ migrations }: Configuration): boolean =>
  migrations.some(({ new_sqlite_classes: classes }) => classes?.includes(OBJECT.class_name))

/** Routes are too: without its own, an environment takes the hosts of the other worker away. */
const routesOf = (environment: string): Part => ({
  what: 'its routes',
  toml: `[env.${tomlKey(environment)}]\n# Its own hosts. Without this line it would take over those of the rest of the file.\nroutes = []`,
})

const varsOf = ({ vars }: Configuration): string =>
  Object.entries(vars)
    .map(([name, value]) => `${tomlKey(name)} = ${JSON.stringify(value)}`)
    .join('\n')

function limitOf({ name, namespace_id: id, simple }: RateLimit, table: string): string {
  const number = table === '' ? id : String(Number(id) + OWN_LIMITS_FROM)
  return `[[${table}ratelimits]]\nname = "${name}"\nnamespace_id = "${number}"\nsimple = { limit = ${simple.limit}, period = ${simple.period} }`
}

/** A key as it stands in TOML. Strings of JSON are strings of TOML. */
const tomlKey = (name: string): string =>
  /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name)
