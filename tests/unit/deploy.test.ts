/**
 * Checks the steps of `npm run deploy`, and where it stops. Wrangler, network, terminal and random
 * bytes are simulated. Wrangler gets the same arguments and standard input as in a real deploy.
 */
import { describe, expect, it } from 'vitest'
import { resolveAddresses } from '../../src/deploy/addresses.ts'
import { type DeployDependencies, RETRY } from '../../src/deploy/dependencies.ts'
import { deploy } from '../../src/deploy/deploy.ts'
import { dryRun, MAX_GZIP_BYTES, MAX_START_MS } from '../../src/deploy/dry-run.ts'
import { parseDeployOptions } from '../../src/deploy/options.ts'
import { createWrangler, type RunOptions } from '../../src/deploy/wrangler.ts'

const SETTINGS = {
  TITLE: 'The News',
  DESCRIPTION: 'What happened',
  LANGUAGE: 'en',
  SITE_URL: 'https://news.org',
  SHORT_URL: 'https://nws.org',
  TAG_AUTHORITY: 'news.org',
  TAG_DATE: '2026',
  PUBLISHER: 'News Press',
}
const PLATFORM = 'https://dateline.desk.workers.dev'
const ROUTED = [PLATFORM, 'news.org (custom domain)', 'nws.org (custom domain)']
const TOKEN = 'a-token-of-the-operator-0123456789'
const NEW_TOKEN = Buffer.from(new Uint8Array(24).fill(7)).toString('base64url')

type Scenario = {
  settings?: Record<string, string>
  environment?: Record<string, string>
  interactive?: boolean
  targets?: string[]
  secrets?: string[]
  /** Exit codes of wrangler, by the first words of its command. */
  codes?: Record<string, number>
  confirm?: boolean
  typed?: string
  /** Responses of /api/wake, in order. The last one is repeated. */
  openResponses?: (Response | Error)[]
  site?: (url: string) => Response | undefined
  size?: { raw_bytes: number; gzip_bytes: number }
  /** Milliseconds of CPU time in the profile of each start. */
  starts?: number[]
}

type SentRequest = { url: string; method: string; authorization: string | null }
type ProgramCall = { args: readonly string[]; options: RunOptions }

const respondOpened = (): Response => Response.json({ opened: true })
const respondRefused = (status: number, detail: string): Response =>
  Response.json({ title: 'No', status, detail }, { status })

/** Responds like a working site to requests for /healthz and the first feed. */
function respondNormally(url: string): Response {
  return url.endsWith('/healthz')
    ? Response.json({ status: 'ok' })
    : new Response('<rss/>', { headers: { 'Content-Type': 'application/rss+xml; charset=utf-8' } })
}

function simulateDeploy(scenario: Scenario) {
  const programs: ProgramCall[] = []
  const requests: SentRequest[] = []
  const waits: number[] = []
  const out: string[] = []
  const files = new Map<string, string>()
  const openResponses = [...(scenario.openResponses ?? [respondOpened()])]
  const starts = [...(scenario.starts ?? [80, 80, 80])]
  const wrangler = createWrangler({
    temporaryFolder: '/run',
    readFile: (file) => files.get(file) ?? '',
    run: async (args, options = {}) => {
      programs.push({ args, options })
      const code = Object.entries(scenario.codes ?? {}).find(([words]) =>
        args.join(' ').startsWith(words),
      )?.[1]
      if (args[0] === 'deploy') {
        const line = scenario.size
          ? { bundle_size: scenario.size }
          : { targets: scenario.targets ?? ROUTED }
        files.set(
          options.environment?.['WRANGLER_OUTPUT_FILE_PATH'] ?? '',
          `{"type":"wrangler-session","version":1}\n${JSON.stringify({ type: 'deploy', ...line })}\n`,
        )
      }
      if (args[0] === 'check') {
        files.set(args[args.indexOf('--outfile') + 1] ?? '', buildProfile(starts.shift() ?? 0))
      }
      const secrets = (scenario.secrets ?? []).map((name) => ({ name, type: 'secret_text' }))
      return { exitCode: code ?? 0, output: options.quiet ? JSON.stringify(secrets) : '' }
    },
  })
  const dependencies: DeployDependencies = {
    settings: { ...SETTINGS, ...scenario.settings },
    environment: scenario.environment ?? {},
    isInteractive: scenario.interactive ?? false,
    wrangler,
    fetch: async (input, init) => {
      const url = String(input)
      const headers = new Headers(init?.headers)
      requests.push({
        url,
        method: init?.method ?? 'GET',
        authorization: headers.get('Authorization'),
      })
      if (!url.endsWith('/api/wake')) {
        const response = (scenario.site ?? respondNormally)(url)
        if (response === undefined)
          throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') })
        return response
      }
      const response = openResponses.length > 1 ? openResponses.shift() : openResponses[0]
      if (response instanceof Error) throw response
      return response?.clone() ?? respondOpened()
    },
    wait: async (milliseconds) => void waits.push(milliseconds),
    randomBytes: (count) => new Uint8Array(count).fill(7),
    confirm: async () => scenario.confirm,
    promptSecret: async (_, fault) => {
      expect(fault('short')).toContain('shorter than 16')
      expect(fault('with white space in it')).toContain('ASCII')
      return scenario.typed
    },
    print: (line) => void out.push(line),
    error: (line) => void out.push(`! ${line}`),
  }
  return { dependencies, programs, requests, waits, output: () => out.join('\n') }
}

function buildProfile(milliseconds: number): string {
  const node = (id: number, functionName: string) => ({ id, callFrame: { functionName } })
  return JSON.stringify({
    nodes: [node(1, '(root)'), node(2, '(idle)'), node(3, 'work')],
    samples: [3, 2, 3],
    timeDeltas: [milliseconds * 400, 9_000_000, milliseconds * 600],
  })
}

async function run(scenario: Scenario, args: string[] = []) {
  const simulation = simulateDeploy(scenario)
  const options = parseDeployOptions(args)
  if (!options.ok) throw new Error(options.why)
  const code = await (options.value.dryRun ? dryRun : deploy)(
    options.value,
    simulation.dependencies,
  )
  return {
    ...simulation,
    code,
    commands: simulation.programs.map(({ args: words }) => words.join(' ')),
  }
}

describe('the first deploy', () => {
  it('prints a new token once, opens the desk, and checks its addresses', async () => {
    const { code, commands, programs, requests, output } = await run({
      interactive: true,
      confirm: true,
    })
    expect(code).toBe(0)
    expect(commands).toEqual(['deploy', 'secret list --format json', 'secret put DESK_TOKEN'])
    expect(programs[2]?.options.input).toBe(NEW_TOKEN)
    expect(output().split(NEW_TOKEN)).toHaveLength(2)
    expect(requests).toEqual([
      { url: `${PLATFORM}/api/wake`, method: 'POST', authorization: `Bearer ${NEW_TOKEN}` },
      { url: 'https://news.org/healthz', method: 'GET', authorization: null },
      { url: 'https://news.org/rss.xml', method: 'GET', authorization: null },
    ])
    for (const url of ['/', '/rss.xml', '/atom.xml', '/feed.json', '/api/articles', '/healthz'])
      expect(output()).toContain(`https://news.org${url}`)
    expect(output()).not.toContain('is not routed to this worker')
  })

  it('uses a token from the environment without printing it or passing it as an argument', async () => {
    const { code, programs, output, requests } = await run({ environment: { DESK_TOKEN: TOKEN } })
    expect(code).toBe(0)
    expect(programs.at(-1)?.options.input).toBe(TOKEN)
    expect(
      JSON.stringify(programs.map(({ args, options }) => [args, options.environment])),
    ).not.toContain(TOKEN)
    expect(output()).not.toContain(TOKEN)
    expect(requests[0]?.authorization).toBe(`Bearer ${TOKEN}`)
  })

  it('uses a typed token, and does not print it', async () => {
    const { code, programs, output } = await run({
      interactive: true,
      confirm: false,
      typed: TOKEN,
    })
    expect(code).toBe(0)
    expect(programs.at(-1)?.options.input).toBe(TOKEN)
    expect(output()).not.toContain(TOKEN)
  })

  it.each([
    ['nobody can be prompted', {}],
    ['the operator cancels', { interactive: true }],
    ['the operator cancels while typing', { interactive: true, confirm: false }],
  ])('prints the remaining steps when there is no token and %s', async (_, scenario) => {
    const { code, commands, output, requests } = await run(scenario)
    expect(code).toBe(1)
    expect(commands).toEqual(['deploy', 'secret list --format json'])
    expect(requests).toEqual([])
    expect(output()).toContain('npx wrangler secret put DESK_TOKEN')
  })

  it('uses the platform’s address until a host is routed to the worker, and explains this', async () => {
    const { code, requests, output } = await run({
      environment: { DESK_TOKEN: TOKEN },
      targets: [PLATFORM],
    })
    expect(code).toBe(0)
    expect(requests.map(({ url }) => new URL(url).origin)).toEqual([PLATFORM, PLATFORM, PLATFORM])
    expect(output()).toContain(`${PLATFORM}/rss.xml`)
    expect(output()).toContain('news.org is not routed to this worker')
    expect(output()).toContain('nws.org is not routed to this worker')
  })

  it('fails when the worker has no address', async () => {
    const { code, output } = await run({ environment: { DESK_TOKEN: TOKEN }, targets: [] })
    expect(code).toBe(1)
    expect(output()).toContain('! Cannot reach the desk: it has no address')
  })
})

describe('a later deploy', () => {
  it('keeps the token of the desk, and opens the desk with the token from the environment', async () => {
    const { code, commands, requests } = await run({
      secrets: ['OTHER', 'DESK_TOKEN'],
      environment: { DATELINE_TOKEN: TOKEN },
    })
    expect(code).toBe(0)
    expect(commands).toEqual(['deploy', 'secret list --format json'])
    expect(requests[0]?.authorization).toBe(`Bearer ${TOKEN}`)
  })

  it('prints how to open the desk if its token is unknown here', async () => {
    const { code, requests, output } = await run({ secrets: ['DESK_TOKEN'], interactive: true })
    expect(code).toBe(0)
    expect(requests.map(({ method }) => method)).toEqual(['GET', 'GET'])
    expect(output()).toContain(
      `curl -X POST -H "Authorization: Bearer $DESK_TOKEN" ${PLATFORM}/api/wake`,
    )
  })

  it('does not retry with a wrong token', async () => {
    const { code, waits, output } = await run({
      secrets: ['DESK_TOKEN'],
      environment: { DESK_TOKEN: TOKEN },
      openResponses: [
        respondRefused(
          401,
          'Cannot use the publish API: the bearer token is not the one of this desk',
        ),
      ],
    })
    expect(code).toBe(1)
    expect(waits).toEqual([])
    expect(output()).toContain('the bearer token is not the one of this desk')
    expect(output()).not.toContain(TOKEN)
  })
})

describe('waiting', () => {
  it('continues until the new version and its secret have spread', async () => {
    const { code, requests, waits } = await run({
      environment: { DESK_TOKEN: TOKEN },
      openResponses: [
        new TypeError('fetch failed'),
        new Response('There is nothing here yet', { status: 404 }),
        respondRefused(401, 'Cannot use the publish API'),
        respondRefused(503, 'Cannot open the desk: DESK_TOKEN is shorter than 16 characters'),
        respondOpened(),
      ],
    })
    expect(code).toBe(0)
    expect(requests.filter(({ url }) => url.endsWith('/api/wake'))).toHaveLength(5)
    expect(waits).toEqual([5000, 5000, 5000, 5000])
  })

  it('ends with the last response and a command for a later attempt', async () => {
    const { code, waits, output, requests } = await run({
      environment: { DESK_TOKEN: TOKEN },
      openResponses: [
        respondRefused(
          503,
          'Cannot open the desk: TAG_DATE was "2025" when this ledger was created',
        ),
      ],
    })
    expect(code).toBe(1)
    expect(waits).toHaveLength(RETRY.maxAttempts - 1)
    expect(output()).toContain('! Cannot open the desk: TAG_DATE was "2025"')
    expect(output()).toContain('curl -X POST')
    expect(requests.every(({ url }) => url.endsWith('/api/wake'))).toBe(true)
  })

  it('is limited for the site too, and the output says why the site could not be read', async () => {
    const unreachable = await run({ environment: { DESK_TOKEN: TOKEN }, site: () => undefined })
    expect(unreachable.code).toBe(1)
    expect(unreachable.waits).toHaveLength(RETRY.maxAttempts - 1)
    expect(unreachable.output()).toContain(
      '! Cannot read https://news.org/healthz: getaddrinfo ENOTFOUND',
    )

    const unexpected = await run({
      environment: { DESK_TOKEN: TOKEN },
      site: (url) => (url.endsWith('/healthz') ? respondNormally(url) : new Response('<html>')),
    })
    expect(unexpected.code).toBe(1)
    expect(unexpected.output()).toContain(
      '! Cannot read https://news.org/rss.xml: status 200, not a response',
    )
  })

  it('ends at once at a challenge by bot protection, which waiting does not remove', async () => {
    const { code, waits, output } = await run({
      environment: { DESK_TOKEN: TOKEN },
      site: (url) =>
        url.endsWith('/healthz')
          ? respondNormally(url)
          : new Response('<html>', { status: 403, headers: { 'cf-mitigated': 'challenge' } }),
    })
    expect(code).toBe(1)
    expect(waits).toEqual([])
    expect(output()).toContain('bot protection blocks feed readers')
  })

  it('ends when the desk responds that it is late, and the output says so', async () => {
    const { code, output } = await run({
      environment: { DESK_TOKEN: TOKEN },
      site: (url) =>
        url.endsWith('/healthz')
          ? Response.json({ status: 'late' }, { status: 503 })
          : respondNormally(url),
    })
    expect(code).toBe(0)
    expect(output()).toContain('https://news.org/healthz  late')
  })
})

describe('a deploy', () => {
  it.each([
    ['an invalid setting', { TITLE: '' }, 'TITLE is empty'],
    ['the example host', { SITE_URL: 'https://dateline.example' }, 'SITE_URL is still the example'],
    ['an example short host', { SHORT_URL: 'https://d.example' }, 'SHORT_URL is still the example'],
    ['a host that is not https', { SITE_URL: 'http://news.org' }, 'which is not https'],
    [
      'the example in feed ids',
      { TAG_AUTHORITY: 'dateline.example' },
      'never change after the first start',
    ],
    [
      'an example address in feed ids',
      { TAG_AUTHORITY: 'desk@a.example' },
      'TAG_AUTHORITY is still',
    ],
  ])('is refused before the upload, with one sentence, because of %s', async (_, settings, why) => {
    const { code, commands, output } = await run({ settings })
    expect(code).toBe(1)
    expect(commands).toEqual([])
    expect(output()).toMatch(/^! Cannot deploy: .+[^.]$/)
    expect(output()).toContain(why)
  })

  it('is refused before the upload because of an invalid token', async () => {
    const { code, commands, output } = await run({ environment: { DESK_TOKEN: 'short' } })
    expect(code).toBe(1)
    expect(commands).toEqual([])
    expect(output()).toBe('! Cannot deploy: DESK_TOKEN is shorter than 16 characters')
  })

  it('is refused with --var, because a setting that is in no file is lost at the next deploy', () => {
    expect(parseDeployOptions(['--var', 'TITLE:Other'])).toMatchObject({ ok: false })
  })
})

describe('wrangler', () => {
  it.each([
    ['deploy', 7, ['deploy']],
    ['secret list', 3, ['deploy', 'secret list --format json']],
    ['secret put', 4, ['deploy', 'secret list --format json', 'secret put DESK_TOKEN']],
  ])(
    'that fails at %s ends the deploy with the same exit code',
    async (command, exitCode, expected) => {
      const { code, commands, requests, output } = await run({
        environment: { DESK_TOKEN: TOKEN },
        codes: { [command]: exitCode },
      })
      expect(code).toBe(exitCode)
      expect(commands).toEqual(expected)
      expect(requests).toEqual([])
      expect(output()).toContain(`wrangler ${command} failed with exit code ${exitCode}`)
    },
  )

  it('gets the same selection of the worker each time', async () => {
    const args = ['--env=staging', '--name', 'other', '-c', 'x.toml', '--minify']
    const { commands } = await run({ environment: { DESK_TOKEN: TOKEN } }, args)
    const selection = '--config x.toml --env staging --name other'
    expect(commands).toEqual([
      `deploy ${args.join(' ')}`,
      `secret list --format json ${selection}`,
      `secret put DESK_TOKEN ${selection}`,
    ])
  })
})

describe('the address of the site', () => {
  const listUnroutedHosts = (...targets: string[]): string[] =>
    resolveAddresses(targets, { siteUrl: 'https://news.org', shortUrl: 'https://s.news.org' })
      .unroutedHosts

  it.each([
    ['news.org (custom domain)', ['s.news.org']],
    ['news.org (custom domain - zone name: news.org)', ['s.news.org']],
    ['news.org/* (zone name: news.org)', ['s.news.org']],
    ['*.news.org/*', ['news.org']],
    ['*news.org/*', []],
    ['news.org/feeds/*', ['news.org', 's.news.org']],
    ['https://news.org.desk.workers.dev', ['news.org', 's.news.org']],
  ])('is matched with the target %s', (target, expected) => {
    expect(listUnroutedHosts(target)).toEqual(expected)
  })

  it('is the platform’s address if SITE_URL is that address', () => {
    const addresses = resolveAddresses([PLATFORM], { siteUrl: PLATFORM, shortUrl: PLATFORM })
    expect(addresses).toEqual({ deskUrl: PLATFORM, readerUrl: PLATFORM, unroutedHosts: [] })
  })
})

describe('a dry run', () => {
  const size = { raw_bytes: 1_400_000, gzip_bytes: 310_000 }

  it('reports the size of the bundle and its start-up time, and sends no request', async () => {
    const { code, commands, programs, requests, output } = await run(
      { size, starts: [900, 71, 80] },
      ['--dry-run', '--env', 'staging'],
    )
    expect(code).toBe(0)
    expect(commands[0]).toBe('deploy --dry-run --outfile /run/worker.bundle --env staging')
    expect(commands.slice(1)).toEqual(
      Array(3).fill('check startup --worker /run/worker.bundle --outfile /run/start.cpuprofile'),
    )
    for (const { options } of programs)
      expect(options.environment).toMatchObject({ CI: 'true', WRANGLER_HIDE_BANNER: 'true' })
    expect(requests).toEqual([])
    expect(output()).toContain('1,400 kB, 310 kB as gzip')
    expect(output()).toContain('80 ms of CPU time')
    expect(output()).toContain('Ready to deploy.')
  })

  it('accepts the shipped examples, and warns that a deploy will refuse them', async () => {
    const settings = { SITE_URL: 'https://dateline.example' }
    const { code, output } = await run({ size, settings }, ['--dry-run'])
    expect(code).toBe(0)
    expect(output()).toContain('a deploy would be refused: SITE_URL is still the example')
  })

  it.each([
    [
      'a bundle that is too large',
      { size: { ...size, gzip_bytes: MAX_GZIP_BYTES + 1 } },
      '3,001 kB as gzip, more than 3,000 kB',
    ],
    [
      'a start that takes too long',
      { size, starts: Array(3).fill(MAX_START_MS + 1) },
      '1001 ms, more than 1000 ms',
    ],
    ['an invalid setting', { size, settings: { LANGUAGE: '?' } }, 'LANGUAGE is not a language tag'],
  ])('fails because of %s, and says why', async (_, scenario, why) => {
    const { code, output } = await run(scenario, ['--dry-run'])
    expect(code).toBe(1)
    expect(output()).toContain('! Cannot deploy: ')
    expect(output()).toContain(why)
  })

  it.each([
    ['does not build', 'deploy', 1],
    ['does not start', 'check startup', 4],
  ])('has the exit code of wrangler if the worker %s', async (_, command, exitCode) => {
    const { code } = await run({ size, codes: { [command]: exitCode } }, ['--dry-run'])
    expect(code).toBe(exitCode)
  })
})
