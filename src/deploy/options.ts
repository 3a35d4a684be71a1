/**
 * Parses the options of `npm run deploy`, and checks whether the settings may be deployed, before
 * anything is uploaded.
 */
import { parseArgs } from 'node:util'
import { MIN_TOKEN_LENGTH, type Publication, parsePublication } from '../model/publication.ts'

export type DeployOptions = {
  dryRun: boolean
  /** Passed to `wrangler deploy` unchanged. */
  wranglerArgs: string[]
  /** The arguments that other wrangler commands also need, to select the same worker. */
  selectionArgs: string[]
  configuration: string | undefined
  environment: string | undefined
}

/** A value, or one sentence that explains why it was refused. */
export type CheckResult<T> = { ok: true; value: T } | { ok: false; why: string }

export function parseDeployOptions(args: readonly string[]): CheckResult<DeployOptions> {
  const { values } = parseArgs({
    args: [...args],
    strict: false,
    options: {
      'dry-run': { type: 'boolean' },
      config: { type: 'string', short: 'c' },
      env: { type: 'string', short: 'e' },
      name: { type: 'string' },
      var: { type: 'string', multiple: true },
    },
  })
  if (values.var !== undefined) {
    return {
      ok: false,
      why: '--var is not supported: put settings into wrangler.toml, where the next deploy finds them too',
    }
  }
  const toText = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? value : undefined
  const formatFlag = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`--${name}`, value]
  const configuration = toText(values.config)
  const environment = toText(values.env)
  return {
    ok: true,
    value: {
      dryRun: values['dry-run'] === true,
      wranglerArgs: args.filter((argument) => argument !== '--dry-run'),
      selectionArgs: [
        ...formatFlag('config', configuration),
        ...formatFlag('env', environment),
        ...formatFlag('name', toText(values.name)),
      ],
      configuration,
      environment,
    },
  }
}

/** Validates the settings as the worker does at its first request. */
export function checkSettings(settings: unknown): CheckResult<Publication> {
  const parsed = parsePublication(settings)
  if (parsed.ok) return parsed
  const { failure } = parsed
  return { ok: false, why: 'why' in failure ? failure.why : failure.reason }
}

/** RFC 2606 reserves this ending for examples, so no such host can be reached. */
const isExampleHost = (host: string): boolean => /(?:^|[.@])example$/.test(host)

/**
 * Finds a setting that is still an example of `wrangler.toml`, or cannot work on the internet.
 * TAG_AUTHORITY matters most, because it can never change after the first start.
 */
export function findUnfinishedSetting({ siteUrl, shortUrl, tag }: Publication): string | undefined {
  for (const [name, url] of [
    ['SITE_URL', siteUrl],
    ['SHORT_URL', shortUrl],
  ] as const) {
    const { protocol, hostname } = new URL(url)
    if (isExampleHost(hostname))
      return `${name} is still the example "${url}"; set yours in wrangler.toml`
    if (protocol !== 'https:') return `${name} is "${url}", which is not https`
  }
  if (isExampleHost(tag.authority)) {
    return `TAG_AUTHORITY is still the example "${tag.authority}"; set yours in wrangler.toml, because it can never change after the first start`
  }
  return undefined
}

/**
 * Returns what is wrong with a token, or `undefined`. White space is refused, because wrangler
 * trims it and a header cannot contain it.
 */
export function findTokenFault(token: string): string | undefined {
  if (token.length < MIN_TOKEN_LENGTH)
    return `DESK_TOKEN is shorter than ${MIN_TOKEN_LENGTH} characters`
  if (!/^[\x21-\x7e]+$/.test(token))
    return 'DESK_TOKEN may contain only ASCII letters, digits and punctuation'
  return undefined
}
