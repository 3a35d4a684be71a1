/**
 * Tests `npm start` as an operator uses it: it is one command, explains in one sentence why it
 * cannot continue, leaves no process running, and does not undo the work of editors at the next
 * start.
 */
import { spawn } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { basename, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../../src/embedded/server.ts'
import { getIdFromFileName } from '../../src/manuscript/read.ts'
import {
  cleanEnvironment,
  type Embedded,
  endAll,
  isRunning,
  type ProgramResult,
  removeFolder,
  runProgram,
  START,
  startEmbedded,
  temporaryFolder,
} from '../support/embedded.ts'
import { freePort } from '../support/port.ts'
import { until } from '../support/until.ts'

const ARTICLES = readdirSync(join(ROOT, 'articles'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => getIdFromFileName(basename(name)))

/** Each start takes ten seconds on a busy machine. */
const SEVERAL_STARTS_MS = 180_000

let stateFolder: string
/** A folder for the files that tests need outside of the state folder. */
let temporary: string
beforeAll(() => {
  stateFolder = temporaryFolder()
  temporary = temporaryFolder()
})
afterAll(() => {
  endAll()
  removeFolder(stateFolder)
  removeFolder(temporary)
})

/** Runs `npm start` with settings that should make it fail. */
const startAndFail = (env: Record<string, string>): Promise<ProgramResult> =>
  runProgram(process.execPath, START, { env: { DATELINE_STATE: stateFolder, ...env } })

function expectOneSentence(
  { code, stdout, stderr }: ProgramResult,
  sentence: string | RegExp,
): void {
  expect(stderr.trim()).toMatch(sentence)
  expect(stderr.trim().split('\n'), 'one line, no stack').toHaveLength(1)
  expect(stdout).toBe('')
  expect(code).toBe(1)
}

type ArticleJson = {
  id: string
  revision: number
  status: string
  title: string
  short_url: string
}
const readArticle = async (desk: Embedded, id: string): Promise<ArticleJson> =>
  (await (await desk.api(`/api/articles/${id}`)).json()) as ArticleJson

async function expectPortFree(url: string): Promise<void> {
  await until('the port is free again', async () => {
    const probe = createServer()
    return await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false))
      probe.listen(Number(new URL(url).port), '127.0.0.1', () => probe.close(() => resolve(true)))
    })
  })
}

describe('a start that cannot continue', () => {
  it.each([
    [{ PORT: 'eighty' }, 'Cannot start: PORT is "eighty", not a number from 1 to 65535'],
    [{ ARTICLES: 'nowhere' }, 'Cannot start: ARTICLES is "nowhere", but there is no such folder'],
    [{ DESK_TOKEN: 'short' }, 'Cannot start: DESK_TOKEN is shorter than 16 characters'],
    [
      { SITE_URL: 'news.example' },
      'Cannot start: SITE_URL is not an http or https address without a path',
    ],
    [{ TITLE: '  ' }, 'Cannot start: TITLE is empty'],
    [{ TRUSTED_PROXY: 'X-Real-IP X' }, 'Cannot start: TRUSTED_PROXY is not the name of one header'],
  ])('exits with 1 and one sentence about a bad setting: %o', async (env, sentence) => {
    const port = String(await freePort())
    expectOneSentence(await startAndFail({ PORT: port, ...env }), new RegExp(`^${sentence}$`))
    await expectPortFree(`http://127.0.0.1:${port}`)
  })

  it('names a port in use, and proposes another', async () => {
    const holder = createServer()
    const port = await freePort()
    await new Promise<void>((listening) => holder.listen(port, '127.0.0.1', listening))
    try {
      const result = await startAndFail({ PORT: String(port) })
      expectOneSentence(
        result,
        `Cannot start: port ${port} is in use; to use another, run PORT=${port + 1} npm start`,
      )
    } finally {
      holder.close()
    }
  })

  it('names a state folder that cannot be created', async () => {
    const file = join(temporary, 'a-file')
    writeFileSync(file, '')
    const result = await startAndFail({
      PORT: String(await freePort()),
      DATELINE_STATE: join(file, 'x'),
    })
    expectOneSentence(result, /^Cannot start: the state folder ".*" cannot be created: ENOTDIR$/)
  })
})

it('a state folder that all users share is refused and not changed', async () => {
  const folder = join(stateFolder, 'like-tmp')
  mkdirSync(folder)
  chmodSync(folder, 0o1777)
  const result = await startAndFail({ PORT: String(await freePort()), DATELINE_STATE: folder })
  expectOneSentence(
    result,
    `Cannot start: the state folder "${folder}" is shared by all users; use a folder inside it`,
  )
  expect(lstatSync(folder).mode & 0o7777).toBe(0o1777)
  rmSync(folder, { recursive: true })
})

it('a folder with other files is refused as the state folder, and not changed', async () => {
  const folder = join(temporary, 'www')
  mkdirSync(folder)
  writeFileSync(join(folder, 'page.html'), 'x')
  chmodSync(folder, 0o755)
  chmodSync(join(folder, 'page.html'), 0o644)
  const result = await startAndFail({ PORT: String(await freePort()), DATELINE_STATE: folder })
  expectOneSentence(
    result,
    `Cannot start: the state folder "${folder}" has files that are not from Dateline; use an empty or a new folder`,
  )
  expect(readdirSync(folder)).toEqual(['page.html'])
  expect(lstatSync(folder).mode & 0o777).toBe(0o755)
  expect(lstatSync(join(folder, 'page.html')).mode & 0o777).toBe(0o644)
})

describe('an embedded desk', () => {
  let desk: Embedded
  beforeAll(async () => {
    desk = await startEmbedded(stateFolder)
  })

  it('has the address of PORT, and has KV, SQLite and token in the folder of DATELINE_STATE', async () => {
    expect((await fetch(`${desk.url}/rss.xml`)).status).toBe(200)
    const files = readdirSync(stateFolder, { recursive: true }).map(String)
    const databases = files.filter((name) => name.endsWith('.sqlite'))
    expect(databases.some((name) => /^store\/do\/dateline-Desk\//.test(name))).toBe(true)
    expect(databases.some((name) => /^store\/kv\//.test(name))).toBe(true)
    expect(files.some((name) => /^store\/kv\/WIRE\/blobs\//.test(name))).toBe(true)
    expect(statSync(join(stateFolder, 'token')).mode & 0o777).toBe(0o600)
    expect(statSync(join(stateFolder, 'desk.json')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(stateFolder, 'token'), 'utf8').trim()).toBe(desk.token)
    expect(desk.token.length).toBeGreaterThanOrEqual(16)
  })

  it("publishes the repository's articles and prints the front page, the feeds, all short links and the token", async () => {
    const table = desk.stdout()
    expect(desk.stderr()).toBe('')
    expect(ARTICLES.length).toBeGreaterThanOrEqual(10)
    for (const path of ['/', '/rss.xml', '/atom.xml', '/feed.json']) {
      expect(table).toContain(` ${desk.url}${path}\n`)
      expect((await fetch(desk.url + path)).status, path).toBe(200)
    }
    for (const id of ARTICLES) {
      const article = await readArticle(desk, id)
      expect(article.status, id).toBe('public')
      const row = table.split('\n').find((line) => line.includes(`${article.short_url} `))
      expect(row, id).toContain(article.title)
      const link = await fetch(article.short_url, { redirect: 'manual' })
      expect(link.status, article.short_url).toBe(302)
    }
    expect(table).toContain(`${desk.url}/mheng `)
    expect(table).toContain(desk.token)
  })

  it('prints a curl command that publishes a story', async () => {
    const command = /^ *(printf [\s\S]*?\/api\/articles\/first)$/m.exec(desk.stdout())?.[1] ?? ''
    expect(command).toContain(desk.token)
    const result = await runProgram('bash', [
      '-c',
      `set -e\n${command} --silent --show-error -w '\\n%{http_code}'`,
    ])
    expect(result.stderr).toBe('')
    expect(result.stdout.trim().split('\n').at(-1)).toBe('201')
    expect(await readArticle(desk, 'first')).toMatchObject({ title: 'First', revision: 1 })
  })

  it('refuses a second start on its folder, and names the process that uses it', async () => {
    const result = await startAndFail({ PORT: String(await freePort()) })
    expectOneSentence(
      result,
      `Cannot start: the state folder "${stateFolder}" is in use by process ${desk.pid}`,
    )
    expect((await fetch(`${desk.url}/rss.xml`)).status, 'the first desk still serves').toBe(200)
  })

  it(
    'refuses a second start even if holder.json is wrong or the folder is reached by another path, and proposes no port',
    async () => {
      const sentence = `Cannot start: the state folder "${stateFolder}" is in use by process ${desk.pid}`
      const holder = join(stateFolder, 'holder.json')
      const record = readFileSync(holder)
      const port = new URL(desk.url).port
      for (const text of [JSON.stringify({ pid: process.pid, runtime: process.pid }), '{}', '']) {
        writeFileSync(holder, text)
        expectOneSentence(await startAndFail({ PORT: port }), sentence)
      }
      writeFileSync(holder, record)
      const link = join(temporary, 'another-name')
      symlinkSync(stateFolder, link)
      expectOneSentence(await startAndFail({ PORT: port, DATELINE_STATE: link }), sentence)
      const lock = join(stateFolder, 'lock.sqlite')
      renameSync(lock, join(temporary, 'lock'))
      expectOneSentence(await startAndFail({ PORT: port }), sentence)
      renameSync(join(temporary, 'lock'), lock)
      expect(isRunning(desk.runtime)).toBe(true)
      expect((await fetch(`${desk.url}/rss.xml`)).status, 'the first desk still serves').toBe(200)
    },
    SEVERAL_STARTS_MS,
  )

  it('ends all its processes on SIGTERM, exits with 0, and deletes desk.json', async () => {
    expect(isRunning(desk.runtime)).toBe(true)
    expect(await desk.end('SIGTERM')).toBe(0)
    expect(isRunning(desk.runtime)).toBe(false)
    expect(existsSync(join(stateFolder, 'desk.json'))).toBe(false)
    await expectPortFree(desk.url)
  })
})

describe('the next start', () => {
  let last: Embedded | undefined
  const startAgain = async (env: Record<string, string> = {}): Promise<Embedded> => {
    last = await startEmbedded(stateFolder, env)
    return last
  }
  afterEach(async () => {
    if (last && isRunning(last.pid)) await last.end('SIGTERM')
  })

  it('keeps the token, edits and withdrawals, and publishes only changed files', async () => {
    const desk = await startAgain()
    const [edited = '', withdrawn = '', ...untouched] = ARTICLES
    const before = await readArticle(desk, edited)
    const edit = await desk.api(`/api/articles/${edited}`, {
      method: 'PUT',
      body: JSON.stringify({ title: 'Edited through the API', body: 'Edited.' }),
      headers: { 'Content-Type': 'application/json' },
    })
    expect(edit.status).toBe(200)
    expect((await desk.api(`/api/articles/${withdrawn}`, { method: 'DELETE' })).status).toBe(200)
    const revisions = await Promise.all(untouched.map((id) => readArticle(desk, id)))
    // Another digest in the journal makes this file appear changed.
    const [changed = ''] = untouched
    const seenFile = join(stateFolder, 'seen.ndjson')
    const journal = readFileSync(seenFile, 'utf8').trim().split('\n')
    const names = journal.map((line) => String((JSON.parse(line) as string[])[0]))
    const name = names.find((file) => getIdFromFileName(file) === changed) ?? ''
    expect(name).toMatch(/articles\/[^/]+\.md$/)
    await desk.api(`/api/articles/${changed}`, {
      method: 'PUT',
      body: JSON.stringify({ title: 'Older than the file', body: 'Older.' }),
      headers: { 'Content-Type': 'application/json' },
    })
    const { token } = desk
    expect(await desk.end('SIGINT')).toBe(0)
    expect(isRunning(desk.runtime)).toBe(false)
    appendFileSync(seenFile, `${JSON.stringify([name, 'another digest'])}\n`)

    const again = await startAgain()
    expect(again.token).toBe(token)
    expect(again.stderr()).toBe('')
    expect(await readArticle(again, edited)).toMatchObject({
      title: 'Edited through the API',
      revision: before.revision + 1,
    })
    expect(await readArticle(again, withdrawn)).toMatchObject({ status: 'withdrawn' })
    expect(await readArticle(again, changed)).toMatchObject({
      title: revisions[0]?.title,
      revision: 3,
    })
    for (const article of revisions.slice(1))
      expect(await readArticle(again, article.id)).toMatchObject({ revision: article.revision })
    expect(again.stdout()).not.toContain(`${(await readArticle(again, withdrawn)).short_url} `)
  })

  it('works after SIGKILL of node, which ends the runtime too', async () => {
    const desk = await startAgain()
    const { runtime, url } = desk
    expect(isRunning(runtime)).toBe(true)
    expect(await desk.end('SIGKILL')).toBeNull()
    await until('the runtime has ended', () => !isRunning(runtime))
    await expectPortFree(url)
    const again = await startAgain({ PORT: new URL(url).port })
    expect((await fetch(`${again.url}/mheng`, { redirect: 'manual' })).status).toBe(302)
  })

  /** Waits until another process of the runtime is recorded, and returns its id. */
  async function waitForNewRuntime(formerPid: number): Promise<number> {
    let runtime = formerPid
    await until('a new runtime is running', () => {
      const holder = JSON.parse(readFileSync(join(stateFolder, 'holder.json'), 'utf8')) as {
        runtime?: number
      }
      runtime = holder.runtime ?? formerPid
      return runtime !== formerPid
    })
    return runtime
  }

  it(
    'replaces a runtime that is killed, and SIGKILL of node ends the new one too',
    async () => {
      const desk = await startAgain()
      let runtime = desk.runtime
      for (let crash = 0; crash < 2; crash += 1) {
        process.kill(runtime, 'SIGKILL')
        runtime = await waitForNewRuntime(runtime)
        expect((await fetch(`${desk.url}/rss.xml`)).status).toBe(200)
        expect(isRunning(runtime)).toBe(true)
      }
      expect(await desk.end('SIGKILL')).toBeNull()
      await until('the runtime has ended', () => !isRunning(runtime))
      await expectPortFree(desk.url)
      const again = await startAgain({ PORT: new URL(desk.url).port })
      expect((await fetch(`${again.url}/rss.xml`)).status).toBe(200)
      process.kill(again.runtime, 'SIGKILL')
      runtime = await waitForNewRuntime(again.runtime)
      expect(await again.end('SIGTERM')).toBe(0)
      expect(isRunning(runtime)).toBe(false)
    },
    SEVERAL_STARTS_MS,
  )

  it(
    'ends the runtime of a run whose warden and node were killed, and uses its port',
    async () => {
      const desk = await startAgain()
      const warden = readdirSync('/proc').filter((pid) => {
        if (!/^\d+$/.test(pid)) return false
        try {
          const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
          return command.includes('warden.ts') && command.includes(`${stateFolder}#${desk.pid}#`)
        } catch {
          return false
        }
      })
      expect(warden).toHaveLength(1)
      process.kill(Number(warden[0]), 'SIGKILL')
      await until('the warden has ended', () => !isRunning(Number(warden[0])))
      expect(await desk.end('SIGKILL')).toBeNull()
      expect(isRunning(desk.runtime)).toBe(true)
      const again = await startAgain({ PORT: new URL(desk.url).port })
      expect(isRunning(desk.runtime)).toBe(false)
      expect((await fetch(`${again.url}/rss.xml`)).status).toBe(200)
    },
    SEVERAL_STARTS_MS,
  )

  it('finds no process and no temporary folder, although SIGKILL came during the build', async () => {
    const bundle = join(stateFolder, 'bundle')
    rmSync(bundle, { recursive: true, force: true })
    const child = spawn(process.execPath, START, {
      cwd: ROOT,
      env: cleanEnvironment({ PORT: String(await freePort()), DATELINE_STATE: stateFolder }),
      stdio: 'ignore',
    })
    const countProcesses = (): number => {
      let count = 0
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        try {
          const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
          if (environment.includes(`DATELINE_RUN=${stateFolder}#${child.pid}#`)) count += 1
        } catch {
          // The process has ended since it was listed.
        }
      }
      return count
    }
    await until('the build runs', () => countProcesses() > 0)
    child.kill('SIGKILL')
    await until('the processes of the build have ended', () => countProcesses() === 0)
    await until(
      'its temporary folder is gone',
      () => listTemporaryFolders(stateFolder).length === 0,
    )
    // Removes an incomplete bundle, so that the next start gets the bundle of the tests.
    rmSync(bundle, { recursive: true, force: true })
  })

  const listTemporaryFolders = (folder: string): string[] =>
    readdirSync(folder).filter((name) => name.startsWith('tmp-'))

  it(
    'removes temporary folders of earlier runs, but not those of active ones',
    async () => {
      const one = await startAgain({ TMPDIR: temporary })
      const other = join(temporary, 'other')
      const otherDesk = await startEmbedded(other, { TMPDIR: temporary, ARTICLES: 'none' })
      try {
        expect(readdirSync(temporary).filter((name) => /miniflare|dateline/.test(name))).toEqual([])
        const [own = ''] = listTemporaryFolders(stateFolder)
        expect(readdirSync(join(stateFolder, own)).length).toBeGreaterThan(0)
        expect(await one.end('SIGKILL')).toBeNull()
        await until(
          'the temporary folder of the killed run is gone',
          () => listTemporaryFolders(stateFolder).length === 0,
        )
        mkdirSync(join(stateFolder, 'tmp-killed/miniflare-0'), { recursive: true })
        await startAgain({ TMPDIR: temporary })
        expect(listTemporaryFolders(stateFolder)).toHaveLength(1)
        expect(listTemporaryFolders(stateFolder)).not.toContain('tmp-killed')
        expect(listTemporaryFolders(other)).toHaveLength(1)
        expect(isRunning(otherDesk.runtime)).toBe(true)
        expect((await fetch(`${otherDesk.url}/rss.xml`)).status).toBe(200)
      } finally {
        await otherDesk.end('SIGTERM')
      }
      expect(listTemporaryFolders(other)).toEqual([])
      expect(readdirSync(temporary).filter((name) => /miniflare|dateline/.test(name))).toEqual([])
    },
    SEVERAL_STARTS_MS,
  )

  it('restricts new and existing files and folders to their owner, but follows no link out of the folder', async () => {
    const outside = join(temporary, 'outside')
    writeFileSync(outside, 'x')
    chmodSync(outside, 0o644)
    symlinkSync(outside, join(stateFolder, 'link'))
    const listFiles = (): string[] =>
      readdirSync(stateFolder, { recursive: true, encoding: 'utf8' }).map((name) =>
        join(stateFolder, name),
      )
    for (const path of [stateFolder, ...listFiles()]) {
      const status = lstatSync(path)
      if (!status.isSymbolicLink()) chmodSync(path, status.isDirectory() ? 0o755 : 0o644)
    }
    const desk = await startAgain()
    await desk.api('/api/articles/modes', {
      method: 'PUT',
      body: JSON.stringify({ title: 'Modes', body: 'Text.', tags: ['modes'] }),
      headers: { 'Content-Type': 'application/json' },
    })
    expect((await fetch(`${desk.url}/tags/modes/rss.xml`)).status).toBe(200)
    const paths = listFiles()
    expect(paths.some((path) => path.includes('/blobs/'))).toBe(true)
    for (const path of [stateFolder, ...paths]) {
      // SQLite and KV may have deleted some files by now.
      const status = lstatSync(path, { throwIfNoEntry: false })
      if (!status || status.isSymbolicLink()) continue
      const mode = (status.mode & 0o777).toString(8)
      expect(mode, path).toBe(status.isDirectory() ? '700' : '600')
    }
    expect((lstatSync(outside).mode & 0o777).toString(8)).toBe('644')
  })

  it('with another TAG_AUTHORITY is refused in one sentence, and leaves no server running', async () => {
    const port = String(await freePort())
    const result = await startAndFail({ PORT: port, TAG_AUTHORITY: 'other.example' })
    expectOneSentence(
      result,
      'Cannot start: TAG_AUTHORITY was "dateline.example" when this ledger was created and is "other.example" now; every feed id would change',
    )
    await expectPortFree(`http://127.0.0.1:${port}`)
  })
})
