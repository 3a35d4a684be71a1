/** Checks that docs/operate.md has every setting, event and field, and that its rule is right. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FORMATS } from '../../src/feeds/formats.ts'
import { ALL_CHANNEL, type Channel } from '../../src/model/channel.ts'
import {
  apiArticlePath,
  articleJsonPath,
  articlePath,
  documentPath,
  ROUTES,
} from '../../src/model/urls.ts'
import { buildOutboxReport } from '../../src/reader/outbox-report.ts'

const OPERATE = readFileSync('docs/operate.md', 'utf8')
const CONFIGURATION = readFileSync('wrangler.toml', 'utf8')
const VARS = /^\[vars\]\n([\s\S]*?)\n\[/m.exec(CONFIGURATION)?.[1] ?? ''

/** Returns the first two cells of each row of the table below a heading. */
const rows = (heading: string): [string, string][] =>
  [
    ...(new RegExp(`## ${heading}\\n([\\s\\S]*?)\\n## `).exec(OPERATE)?.[1] ?? '').matchAll(
      /^\| `([\w.]+)` \| (.*?) \|/gm,
    ),
  ].map(([, name = '', value = '']) => [name, value])

describe('the settings', () => {
  const shippedSettings = [...VARS.matchAll(/^([A-Z_]+) = "(.*)"$/gm)].map(
    ([, name = '', value = '']) => [name, `\`${value}\``],
  )

  it('are all in the table with their shipped value', () => {
    expect(shippedSettings.length).toBeGreaterThan(12)
    const documented = rows('Settings').filter(
      ([name]) => !/^(?:PORT|DATELINE_STATE|ARTICLES|DESK_TOKEN)$/.test(name),
    )
    expect(documented).toEqual(shippedSettings)
  })

  it('are exactly the settings that the worker validates', () => {
    const source = readFileSync('src/model/publication.ts', 'utf8')
    const schema = /const SettingsSchema = v\.object\(\{([\s\S]*?)\n\}\)/.exec(source)?.[1] ?? ''
    const validated = [...schema.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name]) => name)
    expect(validated).toEqual(shippedSettings.map(([name]) => name))
  })
})

it('a new version replaces the running desk at once, because a deploy would otherwise open the old one', () => {
  expect(CONFIGURATION).toMatch(/\[durable_objects\.code_update_strategy\]\nmode = "immediate"/)
})

it('every rate limit is in the table of limits with its figure', () => {
  const limits = [
    ...CONFIGURATION.matchAll(
      /^\[\[ratelimits\]\]\nname = "(\w+)"\nnamespace_id = "\d+"\nsimple = \{ limit = (\d+), period = (\d+) \}/gm,
    ),
  ]
  expect(limits).toHaveLength(CONFIGURATION.match(/^\[\[ratelimits\]\]$/gm)?.length ?? 0)
  expect(limits.length).toBeGreaterThan(1)
  const documented = OPERATE.slice(OPERATE.indexOf('\n## Limits\n'))
  for (const [, name, limit, period] of limits) {
    expect(period).toBe('60')
    expect(documented).toMatch(
      new RegExp(
        `^\\| .* \\| ${limit} a minute for one client .* \\| \`${name}\` in \`wrangler.toml\` \\|$`,
        'm',
      ),
    )
  }
})

describe('the description of monitoring', () => {
  it('has every field of /healthz', () => {
    const report = buildOutboxReport({
      rows: 0,
      backlog: 0,
      oldestSince: null,
      failing: 0,
      now: 0,
      sweeping: false,
      deletesUnknown: false,
      importing: false,
    })
    expect(rows('Monitoring').map(([name]) => name)).toEqual(
      expect.arrayContaining(['status', ...Object.keys(report)]),
    )
  })

  it('has every event that the worker logs', () => {
    const events = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.tsx?$/.test(path))
      .flatMap((path) => [
        ...readFileSync(join('src', path), 'utf8').matchAll(/event: '([\w.]+)'/g),
      ])
      .map(([, event = '']) => event)
    expect(events.length).toBeGreaterThan(4)
    const documented = rows('Monitoring').map(([name]) => name)
    expect(documented.filter((name) => name.includes('.')).sort()).toEqual(
      [...new Set(events)].sort(),
    )
  })
})

describe('the rule that exempts feed readers', () => {
  const expression = /^```\n(\(http\.host[\s\S]*?)\n```/m.exec(OPERATE)?.[1] ?? ''

  /** Evaluates the rule, for the few words of Cloudflare's rule language that it uses. */
  const isExempt = (host: string, path: string): boolean => {
    const script = expression
      .replace(/(http\.\S+) in \{(.*?)\}/g, (_, field: string, set: string) => {
        return `[${set.trim().split(/\s+/).join(', ')}].includes(${field})`
      })
      .replace(/(ends|starts)_with\((\S+), (".*?")\)/g, '$2.$1With($3)')
      .replace(/ eq /g, ' === ')
      .replace(/\bor\b/g, '||')
      .replace(/\band\b/g, '&&')
    const http = { host, request: { uri: { path } } }
    return new Function('http', `return ${script}`)(http) === true
  }

  const CHANNELS: Channel[] = [
    ALL_CHANNEL,
    ...(['section', 'tag', 'author', 'place', 'language'] as const).map((kind) => ({
      kind,
      slug: 'x',
      title: 'X',
    })),
  ]
  const FEEDS = CHANNELS.flatMap((channel) =>
    FORMATS.flatMap(({ file }) => [
      documentPath(channel, file),
      documentPath(channel, `archive/1/${file}`),
    ]),
  )

  it.each([
    ...FEEDS,
    articlePath('x'),
    articleJsonPath('x'),
    apiArticlePath('x'),
    ROUTES.apiOpen,
    ROUTES.health,
    ROUTES.favicon,
    '/media/x.png',
    '/sitemap.xml',
    '/news-sitemap.xml',
    '/feeds.opml',
    '/hub',
    '/feed',
  ])('exempts %s', (path) => {
    expect(isExempt('news.example.com', path)).toBe(true)
  })

  it('exempts every short link, but neither other pages nor other hosts', () => {
    expect(isExempt('nws.example', '/mheng')).toBe(true)
    expect(isExempt('news.example.com', '/tags/space')).toBe(false)
    expect(isExempt('other.example.com', '/rss.xml')).toBe(false)
  })
})
