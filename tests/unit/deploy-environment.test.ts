/** Checks that missing parts of a worker's configuration are reported as TOML to paste. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  type Configuration,
  DESK_OBJECT,
  type DeployConfiguration,
  describeMissingParts,
  KV_BINDING,
  RATE_LIMITS,
  UPDATE_MODE,
} from '../../src/deploy/configuration.ts'

const COMPLETE: Configuration = {
  vars: { TITLE: 'The "News"', SITE_URL: 'https://news.org' },
  kv_namespaces: [{ binding: 'WIRE' }],
  durable_objects: { bindings: [{ name: 'DESK' }], code_update_strategy: { mode: 'immediate' } },
  ratelimits: [
    { name: 'MISS_LIMIT', namespace_id: '1001', simple: { limit: 900, period: 60 } },
    { name: 'CODE_LIMIT', namespace_id: '1002', simple: { limit: 60, period: 60 } },
  ],
  migrations: [{ new_sqlite_classes: ['Desk'] }],
}
const EMPTY: Configuration = {
  vars: {},
  kv_namespaces: [],
  durable_objects: { bindings: [] },
  ratelimits: [],
  migrations: COMPLETE.migrations,
}

const buildConfiguration = (
  selected: Configuration,
  more: Partial<DeployConfiguration> = {},
): DeployConfiguration => ({
  selected,
  topLevel: COMPLETE,
  environment: 'staging',
  environmentExists: true,
  file: 'wrangler.toml',
  ...more,
})

describe('describeMissingParts', () => {
  it('returns nothing for a complete configuration, with an environment and without', () => {
    expect(describeMissingParts(buildConfiguration(COMPLETE))).toBeUndefined()
    expect(
      describeMissingParts(buildConfiguration(COMPLETE, { environment: undefined })),
    ).toBeUndefined()
  })

  it('lists everything that an environment does not inherit from the rest of the file', () => {
    const missing = describeMissingParts(buildConfiguration(EMPTY))
    expect(missing?.why).toBe(
      'the environment "staging" lacks its settings (vars), the KV namespace WIRE, the Durable Object DESK, the code update strategy "immediate", the rate limit MISS_LIMIT and the rate limit CODE_LIMIT; an environment does not inherit them from the rest of wrangler.toml',
    )
    expect(missing?.toml).toContain(
      '[env.staging.vars]\nTITLE = "The \\"News\\""\nSITE_URL = "https://news.org"\n',
    )
    expect(missing?.toml).toContain(
      '[[env.staging.ratelimits]]\nname = "MISS_LIMIT"\nnamespace_id = "2001"\nsimple = { limit = 900, period = 60 }\n',
    )
    expect(missing?.toml).toMatch(/\n\[\[env\.staging\.kv_namespaces\]\]\nbinding = "WIRE"\n/)
    expect(missing?.toml).not.toContain('migrations')
  })

  it.each([
    ['kv_namespaces', [], 'the KV namespace WIRE'],
    ['ratelimits', COMPLETE.ratelimits?.slice(0, 1), 'the rate limit CODE_LIMIT'],
    ['ratelimits', undefined, 'the rate limit MISS_LIMIT and the rate limit CODE_LIMIT'],
    ['durable_objects', { bindings: [{ name: 'DESK' }] }, 'the code update strategy "immediate"'],
    ['vars', {}, 'its settings (vars)'],
  ])('lists only what is missing: %s %j', (key, value, part) => {
    const missing = describeMissingParts(buildConfiguration({ ...COMPLETE, [key]: value }))
    expect(missing?.why).toBe(
      `the environment "staging" lacks ${part}; an environment does not inherit them from the rest of wrangler.toml`,
    )
    const tables = missing?.toml.match(/^\[/gm) ?? []
    expect(tables).toHaveLength(part.split(' and ').length)
  })

  it('rejects an environment that the file does not have, and proposes one without the hosts of the other worker', () => {
    const withRoutes = { ...COMPLETE, routes: [{ pattern: 'news.org', custom_domain: true }] }
    const configuration = buildConfiguration(withRoutes, {
      topLevel: withRoutes,
      environment: 'te st',
      environmentExists: false,
    })
    const missing = describeMissingParts(configuration)
    expect(missing?.why).toBe(
      'wrangler.toml has no environment "te st", and wrangler would deploy another worker with the settings of this one',
    )
    expect(missing?.toml).toContain('\n[env."te st"]\n')
    expect(missing?.toml).toContain('\nroutes = []\n')
    expect(missing?.toml).toContain('\n[env."te st".vars]\n')
  })

  it('checks a configuration without environments too', () => {
    const other = { ...EMPTY, vars: COMPLETE.vars, migrations: [] }
    const missing = describeMissingParts(
      buildConfiguration(other, { topLevel: other, environment: undefined, file: 'other.toml' }),
    )
    expect(missing?.why).toContain(
      'other.toml lacks the KV namespace WIRE, the Durable Object DESK',
    )
    expect(missing?.toml).toContain('\n[[kv_namespaces]]\n')
    expect(missing?.toml).toContain('\n[[migrations]]\ntag = "v1"\nnew_sqlite_classes = ["Desk"]\n')
    expect(missing?.toml).toContain('namespace_id = "1001"\n')
  })
})

describe('the required parts of a configuration', () => {
  it('are those of the shipped wrangler.toml', () => {
    const shipped = readFileSync('wrangler.toml', 'utf8')
    const bindings = [...shipped.matchAll(/^(?:binding|name) = "([A-Z_]+)"$/gm)].map(
      ([, name]) => name,
    )
    expect(bindings).toEqual([KV_BINDING, DESK_OBJECT.name, ...RATE_LIMITS.map(({ name }) => name)])
    expect(shipped).toContain(`class_name = "${DESK_OBJECT.class_name}"`)
    expect(shipped).toContain(`mode = "${UPDATE_MODE}"`)
    for (const { name, namespace_id, simple } of RATE_LIMITS)
      expect(shipped).toContain(
        `name = "${name}"\nnamespace_id = "${namespace_id}"\nsimple = { limit = ${simple.limit}, period = ${simple.period} }`,
      )
  })
})
