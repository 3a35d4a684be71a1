/**
 * Tests the command line with the desk on this machine, with a desk elsewhere, and without a desk.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ROOT } from '../../src/embedded/server.ts'
import {
  type Embedded,
  endAll,
  MAIN,
  type ProgramResult,
  removeFolder,
  runProgram,
  startEmbedded,
  temporaryFolder,
} from '../support/embedded.ts'
import { freePort } from '../support/port.ts'

const ESCAPE = String.fromCharCode(27)
const CONTROL_SEQUENCE = new RegExp(`${ESCAPE}\\[[0-9;?]*[a-zA-Z]`, 'g')

let stateFolder: string
/** The folder of manuscripts. Paths in messages are relative to it. */
let folder: string
let desk: Embedded
beforeAll(async () => {
  stateFolder = temporaryFolder()
  desk = await startEmbedded(stateFolder)
}, 120_000)
afterAll(async () => {
  await desk?.end('SIGTERM')
  endAll()
  removeFolder(stateFolder)
})
beforeEach(() => {
  if (folder) rmSync(folder, { recursive: true, force: true })
  folder = mkdtempSync(join(tmpdir(), 'dateline-writer-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const dateline = (args: string[], env: Record<string, string> = {}): Promise<ProgramResult> =>
  runProgram(process.execPath, [...MAIN, ...args], {
    cwd: folder,
    env: { DATELINE_STATE: stateFolder, ...env },
  })
const write = (name: string, text: string): void => {
  mkdirSync(join(folder, name, '..'), { recursive: true })
  writeFileSync(join(folder, name), text)
}
const story = (title: string, more = ''): string =>
  `---\ntitle: ${title}\n${more}---\nISLAMABAD: Text of ${title}.\n`
const lines = (text: string): string[] => text.trimEnd().split('\n')
const json = (text: string): Record<string, unknown>[] =>
  lines(text).map((line) => JSON.parse(line) as Record<string, unknown>)
const readArticle = async (id: string): Promise<Record<string, unknown>> =>
  (await (await desk.api(`/api/articles/${id}`)).json()) as Record<string, unknown>

// These tests run first, because later ones publish hundreds of articles that a rebuild would write
// again.
describe('dateline rebuild', () => {
  it('waits until KV equals the ledger, but does not wait with --no-wait', async () => {
    const result = await dateline(['rebuild'])
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(lines(result.stdout).at(-1)).toBe('The rebuild is done: KV matches the ledger')
    expect(await (await desk.api('/api/outbox')).json()).toMatchObject({
      owed: 0,
      rebuilding: false,
    })
    const begun = await dateline(['rebuild', '--no-wait'])
    expect(begun).toMatchObject({
      code: 0,
      stdout: 'The rebuild has started; /healthz shows when it is done\n',
    })
  }, 120_000)
})

describe('dateline publish', () => {
  it('accepts files and folders, makes ids from file names without dates, and prints short links', async () => {
    write('news/2026-01-02-first.md', story('The first'))
    write('news/deep/second.json', JSON.stringify({ title: 'The second', body: 'Text.' }))
    write('news/README.md', 'Not a manuscript.')
    write('news/.draft.md', 'Not a manuscript.')
    write('alone.md', story('Alone'))
    const result = await dateline(['publish', 'news', 'alone.md'])
    expect(result).toMatchObject({ code: 0, stderr: '' })
    const [first, second, alone, summary, ...rest] = lines(result.stdout)
    expect(first).toMatch(/^news\/2026-01-02-first\.md: published, http:\/\/127\.0\.0\.1:\d+\/\w+$/)
    expect(second).toMatch(/^news\/deep\/second\.json: published, /)
    expect(alone).toMatch(/^alone\.md: published, /)
    expect(summary).toBe('3 published')
    expect(rest).toEqual([])
    const link = await fetch(first?.split(', ')[1] ?? '', { redirect: 'manual' })
    expect(link.headers.get('Location')).toBe(`${desk.url}/articles/first`)
  })

  it('sends only changed files, or all files with --all', async () => {
    write('a.md', story('Changed A'))
    write('b.md', story('Changed B'))
    expect(lines((await dateline(['publish', '.'])).stdout).at(-1)).toBe('2 published')
    expect((await dateline(['publish', '.'])).stdout).toBe(
      'a.md: not changed\nb.md: not changed\n2 skipped\n',
    )
    write('b.md', story('Changed B again'))
    const result = await dateline(['publish', '.'])
    expect(lines(result.stdout)[0]).toBe('a.md: not changed')
    expect(lines(result.stdout)[1]).toMatch(/^b\.md: changed, /)
    expect(lines(result.stdout)[2]).toBe('1 skipped, 1 changed')
    expect(await readArticle('b')).toMatchObject({ title: 'Changed B again', revision: 2 })
    expect(lines((await dateline(['publish', '--all', '.'])).stdout)).toHaveLength(3)
    expect(
      (await readArticle('b'))['revision'],
      'sending the same manuscript again does not change the revision',
    ).toBe(2)
  })

  it('with --all reports an article as "unchanged" if the desk already has it', async () => {
    write('same.md', story('The same'))
    await dateline(['publish', 'same.md'])
    const result = await dateline(['publish', '--all', 'same.md'])
    expect(lines(result.stdout)[0]).toMatch(/^same\.md: unchanged, /)
    expect(lines(result.stdout)[1]).toBe('1 unchanged')
  })

  it('with --dry-run checks the files, sends nothing and records nothing', async () => {
    write('dry.md', story('Dry'))
    write('faulty.md', '---\ntitle: ""\n---\nx\n')
    const result = await dateline(['publish', '--dry-run', '.'])
    expect(result.code).toBe(1)
    expect(result.stdout).toBe('dry.md: would publish "dry"\n1 would publish, 1 failed\n')
    expect(result.stderr).toBe('faulty.md:2: title is empty\n')
    expect((await desk.api('/api/articles/dry')).status).toBe(404)
    expect(lines((await dateline(['publish', 'dry.md'])).stdout).at(-1)).toBe('1 published')
  })

  it('with --dry-run needs no desk, and skips the same manuscripts as without it', async () => {
    write('dry-two.md', story('Dry two'))
    const nowhere = { DATELINE_STATE: join(folder, 'no-desk-here') }
    expect((await dateline(['publish', '--dry-run', '.'], nowhere)).code).toBe(0)
    await dateline(['publish', 'dry-two.md'])
    expect((await dateline(['publish', '--dry-run', '.'])).stdout).toBe(
      'dry-two.md: not changed\n1 skipped\n',
    )
  })

  it('continues after a manuscript that fails, and exits with 1', async () => {
    write('1-good.md', story('Good one'))
    write('2-empty.md', '---\nsection: x\n---\n')
    write('3-broken.json', '{"title": ')
    write('4-taken.md', story('Takes a code', 'code: mheng\n'))
    write('5-Bad_Name.md', story('Bad name'))
    write('6-good.md', story('Good six'))
    const result = await dateline(['publish', '.'])
    expect(result.code).toBe(1)
    expect(lines(result.stdout).at(-1)).toBe('2 published, 4 failed')
    expect(await readArticle('1-good')).toMatchObject({ title: 'Good one' })
    expect(await readArticle('6-good')).toMatchObject({ title: 'Good six' })
    expect(result.stderr).toContain('2-empty.md:1: title is missing\n')
    expect(result.stderr).toMatch(/^3-broken\.json:1: /m)
    expect(result.stderr).toMatch(/^4-taken\.md: .*"mheng"/m)
    expect(result.stderr).toMatch(/^5-Bad_Name\.md:1: id "5-bad_name"/m)
    expect(result.stderr).not.toContain('   at ')
    // Failed manuscripts are not recorded as sent, so they are sent again and fail again.
    expect(lines((await dateline(['publish', '.'])).stdout).at(-1)).toBe('2 skipped, 4 failed')
  })

  it('reports the elements that cleaning removed', async () => {
    write('unclean.md', story('Unclean', '').concat('\n<script>alert(1)</script>\n'))
    const result = await dateline(['publish', '.'])
    expect(result.code).toBe(0)
    expect(result.stdout).toMatch(/^unclean\.md: removed .*script/m)
  })

  it('reports a path that does not exist', async () => {
    const result = await dateline(['publish', 'nothing.md'])
    expect(result).toMatchObject({ code: 1, stdout: '' })
    expect(result.stderr).toMatch(
      /^Cannot read ".*nothing\.md": there is no such file or folder\n$/,
    )
  })

  /** Runs `dateline publish .` on a pseudo terminal with this many columns. */
  const publishOnTerminal = (columns: number): Promise<ProgramResult> => {
    const command = [process.execPath, ...MAIN, 'publish', '.'].map((part) => `'${part}'`).join(' ')
    return runProgram(
      'script',
      ['-qec', `stty rows 24 columns ${columns}; ${command}`, '/dev/null'],
      { cwd: folder, env: { DATELINE_STATE: stateFolder, TERM: 'xterm-256color' } },
    )
  }

  it('on a terminal shows progress, and then the failures', async () => {
    for (const name of ['one', 'two', 'three']) write(`${name}.md`, story(`Terminal ${name}`))
    write('void.md', '---\ntitle: ""\n---\nx\n')
    // There are enough manuscripts for the first frame of the bar to appear before the end.
    for (let index = 0; index < 300; index += 1) write(`crowd-${index}.md`, story(`Crowd ${index}`))
    const result = await publishOnTerminal(80)
    expect(result.code).toBe(1)
    expect(result.stdout, 'the cursor is moved').toContain(`${ESCAPE}[`)
    const printed = result.stdout.replaceAll(CONTROL_SEQUENCE, '')
    expect(printed).toContain('Publishing')
    expect(printed).toContain('303 published, 1 failed')
    expect(lines(printed).at(-1)?.trim()).toBe('void.md:2: title is empty')
    expect(
      result.stdout.lastIndexOf(`${ESCAPE}[?25h`),
      'the cursor is shown again',
    ).toBeGreaterThan(result.stdout.lastIndexOf(`${ESCAPE}[?25l`))
    for (const name of ['one', 'two', 'three'])
      expect(await readArticle(name)).toMatchObject({ revision: 1 })
  })

  it('on a terminal of unknown width prints plain lines', async () => {
    write('plain.md', story('Plain'))
    const result = await publishOnTerminal(0)
    expect(result.code).toBe(0)
    expect(result.stdout).not.toContain(ESCAPE)
    expect(lines(result.stdout)[0]).toMatch(/^plain\.md: published, /)
    expect(lines(result.stdout)[1]?.trim()).toBe('1 published')
  })
})

describe('a closed pipe', () => {
  it('ends the command without a message', async () => {
    const many = Array.from({ length: 5000 }, (_, index) => `{"id":"many-${index}"}`)
    write('many.ndjson', many.join('\n'))
    const command = [process.execPath, ...MAIN, '--json', 'check', 'many.ndjson']
    const quoted = command.map((part) => `'${part}'`).join(' ')
    const result = await runProgram(
      'bash',
      ['-c', `${quoted} | head -1; echo "\${PIPESTATUS[0]}"`],
      {
        cwd: folder,
      },
    )
    expect(result.stderr).toBe('')
    expect(lines(result.stdout).at(-1)).toBe('141')
    expect(lines(result.stdout)).toHaveLength(2)
  })
})

describe('dateline check', () => {
  const check = (...args: string[]): Promise<ProgramResult> =>
    dateline(['check', ...args], { DATELINE_STATE: join(folder, 'no-desk-here') })

  it("finds no fault in the repository's own articles", async () => {
    const result = await runProgram(process.execPath, [...MAIN, 'check', 'articles'], { cwd: ROOT })
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(result.stdout).toMatch(/^\d\d manuscripts checked, 0 with faults\n$/)
  })

  it('needs no desk, and reports each fault with its file and line', async () => {
    write(
      'articles/x.md',
      '---\nsection: space\ntags: [one]\nauthors: [Desk]\nlanguage: en\nsummary: A point\ntitle: "  "\n---\nText.\n',
    )
    write('articles/y.md', '---\ntitle: Fine\nlanguage: xx-\nsecton: space\n---\nText.\n')
    write('articles/z.md', '---\ntitle: [\n---\nText.\n')
    write('articles/void.md', '---\ntitle: No body\n---\n')
    write('articles/good.md', story('Good'))
    const result = await check('articles')
    expect(result.code).toBe(1)
    expect(result.stderr).toContain('articles/x.md:7: title is empty\n')
    expect(result.stderr).toMatch(/^articles\/y\.md:3: language /m)
    expect(result.stderr).toMatch(/^articles\/y\.md:4: .*"secton".*section/m)
    expect(result.stderr).toMatch(/^articles\/z\.md:\d+: /m)
    expect(result.stderr).toMatch(/^articles\/void\.md:\d+: body is missing/m)
    expect(result.stderr).not.toContain('good.md')
    expect(result.stdout).toBe('5 manuscripts checked, 4 with faults\n')
  })

  it('warns about an embargo of more than a year, but does not count it as a fault', async () => {
    write('far.md', story('Far', 'published: 2999-01-01T00:00:00Z\n'))
    const result = await check('far.md')
    expect(result.code).toBe(0)
    expect(result.stdout).toContain(
      'far.md:1: warning: published is more than a year in the future: readers do not see the story before 2999-01-01T00:00:00Z\n',
    )
  })

  it('finds ids and codes that two files claim', async () => {
    write('2026-01-01-same.md', story('One'))
    write('2026-01-02-same.md', story('Two', 'code: abc\n'))
    write('third.md', story('Three', 'code: abc\n'))
    const result = await check('.')
    expect(result.code).toBe(1)
    expect(lines(result.stderr)).toEqual([
      '2026-01-02-same.md:1: id "same" is also claimed by 2026-01-01-same.md',
      'third.md:1: code "abc" is also claimed by 2026-01-02-same.md',
    ])
  })

  it('finds a picture that does not exist, or whose length is wrong', async () => {
    write('media/there.png', 'twelve bytes')
    const image = (url: string, length: number): string =>
      `image:\n  url: ${url}\n  alt: A picture\n  type: image/png\n  length: ${length}\n`
    write('right.md', story('Right', image('/media/there.png', 12)))
    write('wrong.md', story('Wrong', image('/media/there.png', 13)))
    write('missing.md', story('Missing', image('/media/gone.png', 12)))
    const result = await check('.')
    expect(result.code).toBe(1)
    expect(lines(result.stderr).sort()).toEqual([
      'missing.md:4: image url is "/media/gone.png", but this file does not exist',
      'wrong.md:7: image length is 13, but the file has 12 bytes',
    ])
  })
})

describe('dateline', () => {
  it('withdraw withdraws an article with a reason, and reports an unknown id in one sentence', async () => {
    write('leaving.md', story('Leaving'))
    const published = json((await dateline(['--json', 'publish', '.'])).stdout)[0]
    const receipt = published?.['receipt'] as { short_url: string }
    const result = await dateline(['withdraw', 'leaving', '--reason', 'It was not true'])
    expect(result).toEqual({
      code: 0,
      stdout: `leaving: withdrawn; ${receipt.short_url} now reports the withdrawal\n`,
      stderr: '',
    })
    expect(await readArticle('leaving')).toMatchObject({
      status: 'withdrawn',
      reason: 'It was not true',
    })
    const unknown = await dateline(['withdraw', 'nobody-knows'])
    expect(unknown).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Cannot withdraw "nobody-knows": no article has this id\n',
    })
  })

  it('list shows every article once, even if the API needs several pages', async () => {
    for (let index = 0; index < 100; index += 1) write(`many-${index}.md`, story(`Many ${index}`))
    expect((await dateline(['publish', '.'])).code).toBe(0)
    const result = await dateline(['list'])
    expect(result).toMatchObject({ code: 0, stderr: '' })
    const rows = lines(result.stdout)
    for (let index = 0; index < 100; index += 1)
      expect(rows.filter((row) => row.includes(`  many-${index}  `))).toHaveLength(1)
    expect(rows.length).toBeGreaterThan(110)
    expect(rows.find((row) => row.includes('mheng'))).toMatch(
      /^2025-03-04T\d\d:\d\d:\d\dZ {2}public {5}mheng {5}[a-z0-9-]+ {2}China/,
    )
  }, 120_000)
})

describe('--json', () => {
  it('formats every line of output as JSON, on both streams', async () => {
    write('json.md', story('JSON'))
    write('void.md', '---\ntitle: ""\n---\nx\n')
    const published = await dateline(['--json', 'publish', '.'])
    expect(published.code).toBe(1)
    expect(json(published.stdout)).toMatchObject([
      { file: 'json.md', id: 'json', state: 'published', receipt: { id: 'json', revision: 1 } },
      { file: 'void.md', state: 'failed', lines: ['void.md:2: title is empty'] },
    ])
    expect(json((await dateline(['--json', 'check', '.'])).stdout)).toMatchObject([
      { file: 'json.md', faults: [] },
      { file: 'void.md', faults: ['void.md:2: title is empty'] },
    ])
    const listed = json((await dateline(['--json', 'list'])).stdout)
    expect(listed.find(({ id }) => id === 'json')).toMatchObject({
      title: 'JSON',
      status: 'public',
    })
    const withdrawn = json((await dateline(['--json', 'withdraw', 'json'])).stdout)
    expect(withdrawn).toMatchObject([{ id: 'json', status: 'withdrawn' }])
    const failed = await dateline(['--json', 'withdraw', 'nobody-knows'])
    expect(failed.code).toBe(1)
    expect(json(failed.stderr)).toEqual([
      { error: 'Cannot withdraw "nobody-knows": no article has this id' },
    ])
  })
})

describe('a command that needs a desk', () => {
  it('uses the desk of --url with DATELINE_TOKEN, and a separate journal for it', async () => {
    const elsewhere = { DATELINE_STATE: join(folder, 'elsewhere'), DATELINE_TOKEN: desk.token }
    write('far.md', story('Far'))
    const result = await dateline(['--url', `${desk.url}/`, 'publish', 'far.md'], elsewhere)
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(lines(result.stdout).at(-1)).toBe('1 published')
    const again = { ...elsewhere, DATELINE_URL: desk.url }
    expect((await dateline(['publish', 'far.md'], again)).stdout).toContain('far.md: not changed')
  })

  it('reports a wrong token in one sentence', async () => {
    const env = {
      DATELINE_STATE: join(folder, 'elsewhere'),
      DATELINE_TOKEN: 'wrong-token-0123456789',
    }
    const result = await dateline(['--url', desk.url, 'list'], env)
    expect(result).toMatchObject({ code: 1, stdout: '' })
    expect(lines(result.stderr)).toHaveLength(1)
    expect(result.stderr).toMatch(/token/)
    expect(result.stderr).not.toContain('wrong-token')
  })

  it('reports a missing token, desk or response in one sentence', async () => {
    const nowhere = { DATELINE_STATE: join(folder, 'elsewhere') }
    const port = await freePort()
    const cases: [string[], Record<string, string>, RegExp][] = [
      [
        ['list'],
        nowhere,
        /^Cannot find a desk: none is running in ".*elsewhere"; run npm start, set DATELINE_STATE to another folder, or set --url and DATELINE_TOKEN\n$/,
      ],
      [
        ['--url', desk.url, 'list'],
        nowhere,
        /^Cannot use the desk at http:.*: DATELINE_TOKEN is not set\n$/,
      ],
      [
        ['--url', `http://127.0.0.1:${port}`, 'list'],
        { ...nowhere, DATELINE_TOKEN: desk.token },
        /^Cannot reach the desk at http:.*ECONNREFUSED.*\n$/,
      ],
      [
        ['--url', `${desk.url}/rss.xml`, 'list'],
        { ...nowhere, DATELINE_TOKEN: desk.token },
        /^Cannot .*\n$/,
      ],
      [
        ['--url', 'no address', 'list'],
        { ...nowhere, DATELINE_TOKEN: desk.token },
        /^Cannot .*\n$/,
      ],
    ]
    for (const [args, env, sentence] of cases) {
      const result = await dateline(args, env)
      expect(result, args.join(' ')).toMatchObject({ code: 1, stdout: '' })
      expect(result.stderr, args.join(' ')).toMatch(sentence)
    }
  })
})

describe('dateline', () => {
  it('--help lists the commands and exits with 0, and each command has its own help', async () => {
    const result = await dateline(['--help'])
    expect(result).toMatchObject({ code: 0, stderr: '' })
    for (const command of ['publish', 'check', 'withdraw', 'list', 'rebuild']) {
      expect(result.stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'))
      const own = await dateline([command, '--help'])
      expect(own).toMatchObject({ code: 0, stderr: '' })
      expect(own.stdout).toContain(`dateline ${command}`)
    }
    expect(result.stdout).toContain('DATELINE_TOKEN')
  })

  it('reports an unknown command or option, or a missing argument, and exits with 1', async () => {
    for (const args of [['publsh'], ['publish'], ['publish', '--al', 'x'], ['withdraw'], []]) {
      const result = await dateline(args)
      expect(result.code, args.join(' ')).toBe(1)
      expect(result.stderr, args.join(' ')).toMatch(/Usage: dateline/)
      expect(result.stderr).not.toContain('   at ')
    }
  })

  it('can be run with npm run dateline', async () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    expect(scripts['dateline']).toBe('node src/launch.mjs cli/main.ts')
  })
})
