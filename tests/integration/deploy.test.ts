/**
 * Tests `npm run deploy -- --dry-run` with the real wrangler, without an account or a network, and
 * the steps of a deploy after wrangler with the real worker.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deploy } from '../../src/deploy/deploy.ts'
import { parseDeployOptions } from '../../src/deploy/options.ts'
import { ROOT } from '../../src/embedded/server.ts'
import { removeFolder, runProgram, temporaryFolder } from '../support/embedded.ts'
import { openNewsroom, TOKEN } from '../support/newsroom.ts'

let folder: string
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => removeFolder(folder))

it('a dry run needs no account and no network, and prints size and start-up time', async () => {
  const requestedHosts = join(folder, 'hosts')
  writeFileSync(requestedHosts, '')
  const { code, stdout, stderr } = await runProgram('npm', ['run', 'deploy', '--', '--dry-run'], {
    env: {
      HOME: folder,
      REQUESTED_HOSTS: requestedHosts,
      NODE_OPTIONS: `--import ${join(ROOT, 'tests/support/no-network.mjs')}`,
      npm_config_update_notifier: 'false',
    },
  })
  expect(stderr).not.toContain('Cannot')
  expect(code).toBe(0)
  expect(stdout).toMatch(/Bundle +[\d,]+ kB, \d+ kB as gzip/)
  expect(stdout).toMatch(/Start-up +\d+ ms of CPU time/)
  expect(stdout).toContain('SITE_URL is still the example')
  expect(readFileSync(requestedHosts, 'utf8')).toBe('')
}, 120_000)

it('a deploy of the shipped settings is refused before anything runs', async () => {
  const { code, stdout, stderr } = await runProgram('npm', ['run', '--silent', 'deploy'], {
    env: { HOME: folder, npm_config_update_notifier: 'false' },
  })
  expect(stderr.trim()).toContain(
    'Cannot deploy: SITE_URL is still the example "https://dateline.example"',
  )
  expect(stdout).toBe('')
  expect(code).toBe(1)
})

describe('a deploy of an environment', () => {
  const run = (args: string[]) =>
    runProgram(process.execPath, [join(ROOT, 'src/launch.mjs'), 'deploy/main.ts', ...args], {
      env: { HOME: folder },
    })

  /** Copies wrangler.toml and appends lines. The paths in the copy still point to the project. */
  function writeConfiguration(lines: string): string {
    const file = join(folder, 'wrangler.toml')
    const copy = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')
      .replace('main = "src/', `main = "${ROOT}/src/`)
      .replace('directory = "./articles"', `directory = "${ROOT}/articles"`)
    writeFileSync(file, `${copy}\n${lines}`)
    return file
  }

  it('that wrangler.toml does not have is refused, and the missing lines are printed', async () => {
    for (const dry of [['--dry-run'], []]) {
      const { code, stdout, stderr } = await run([...dry, '--env', 'staging'])
      expect(stderr).toContain('Cannot deploy: wrangler.toml has no environment "staging"')
      expect(stdout).toContain('[[env.staging.kv_namespaces]]')
      expect(code).toBe(1)
    }
  }, 60_000)

  it('that lacks KV, Durable Object and limits is refused, but accepted after the printed lines are added', async () => {
    const file = writeConfiguration('[env.staging]\n')
    const args = ['--config', file, '--env', 'staging']
    const dry = await run(['--dry-run', ...args])
    expect(dry.stderr).toContain(
      'Cannot deploy: the environment "staging" lacks its settings (vars)',
    )
    expect(dry.stdout).not.toContain('The worker is ready')
    expect(dry.code).toBe(1)
    expect(await run(args)).toEqual(dry)
    writeConfiguration(`[env.staging]\n${dry.stdout}`)
    const { code, stdout, stderr } = await run(['--dry-run', ...args])
    expect(stderr).not.toContain('Cannot')
    expect(code).toBe(0)
    expect(stdout).toContain('The worker is ready')
    for (const binding of ['env.DESK', 'env.WIRE', 'env.MISS_LIMIT', 'env.CODE_LIMIT', 'env.TITLE'])
      expect(stdout).toContain(binding)
  }, 240_000)
})

it('a deploy opens the desk of the real worker, and then sends requests like those of monitors and readers', async () => {
  const settings = {
    TITLE: 'News',
    DESCRIPTION: 'What happened',
    LANGUAGE: 'en',
    SITE_URL: 'https://news.org',
    SHORT_URL: 'https://news.org',
    TAG_AUTHORITY: 'news.org',
    TAG_DATE: '2026',
    PUBLISHER: 'News Press',
  }
  const newsroom = await openNewsroom(settings)
  const options = parseDeployOptions([])
  const lines: string[] = []
  try {
    const code = await deploy(options.ok ? options.value : expect.fail(options.why), {
      settings,
      environment: { DESK_TOKEN: TOKEN },
      isInteractive: false,
      wrangler: {
        deploy: async () => ({ exitCode: 0, targets: ['news.org (custom domain)'] }),
        listSecretNames: async () => ({ exitCode: 0, names: ['DESK_TOKEN'] }),
        putSecret: async () => expect.fail('the token exists already'),
        build: async () => expect.fail('this is not a dry run'),
        profileStart: async () => expect.fail('this is not a dry run'),
      },
      fetch: async (input, init) => await newsroom.get(String(input), init),
      wait: async () => expect.fail('the worker responds at once'),
      randomBytes: () => expect.fail('the token exists already'),
      confirm: async () => expect.fail('this run is not interactive'),
      promptSecret: async () => expect.fail('this run is not interactive'),
      print: (line) => void lines.push(line),
      error: (line) => void lines.push(`! ${line}`),
    })
    expect(lines.filter((line) => line.startsWith('!'))).toEqual([])
    expect(code).toBe(0)
    expect(lines.join('\n')).toContain('https://news.org/healthz  ok')
  } finally {
    await newsroom.close()
  }
})
