/**
 * `npm start` as an operator meets it: one command, one clear sentence when it cannot go on, nothing left
 * running behind it, and nothing that an editor has done undone by the next start.
 */
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { basename, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../../src/embedded/server.ts'
import { idOfFile } from '../../src/manuscript.ts'
import {
  type Embedded,
  endAll,
  isRunning,
  type Ran,
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
  .map((name) => idOfFile(basename(name)))

let stateFolder: string
beforeAll(() => {
  stateFolder = temporaryFolder()
})
afterAll(() => {
  endAll()
  removeFolder(stateFolder)
})

/** Runs it where it is expected not to start. */
const refused = (env: Record<string, string>): Promise<Ran> =>
  runProgram(process.execPath, START, { env: { DATELINE_STATE: stateFolder, ...env } })

function expectOneSentence({ code, stdout, stderr }: Ran, sentence: string | RegExp): void {
  expect(stderr.trim()).toMatch(sentence)
  expect(stderr.trim().split('\n'), 'one line, no stack').toHaveLength(1)
  expect(stdout).toBe('')
  expect(code).toBe(1)
}

type Kept = { id: string; revision: number; status: string; title: string; short_url: string }
const kept = async (desk: Embedded, id: string): Promise<Kept> =>
  (await (await desk.api(`/api/articles/${id}`)).json()) as Kept

async function expectPortFree(url: string): Promise<void> {
  await until('the port is free again', async () => {
    const probe = createServer()
    return await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false))
      probe.listen(Number(new URL(url).port), '127.0.0.1', () => probe.close(() => resolve(true)))
    })
  })
}

describe('a start that cannot go on says why in one sentence and ends with 1', () => {
  it.each([
    [{ PORT: 'eighty' }, 'Cannot start: PORT is "eighty", not a number from 1 to 65535'],
    [{ ARTICLES: 'nowhere' }, 'Cannot start: ARTICLES is "nowhere", which is not there'],
    [{ DESK_TOKEN: 'short' }, 'Cannot start: DESK_TOKEN is shorter than 16 characters'],
    [
      { SITE_URL: 'news.example' },
      'Cannot start: SITE_URL is not an http or https address without a path',
    ],
    [{ TITLE: '  ' }, 'Cannot start: TITLE is empty'],
  ])('a bad setting: %o', async (env, sentence) => {
    const port = String(await freePort())
    expectOneSentence(await refused({ PORT: port, ...env }), new RegExp(`^${sentence}$`))
    await expectPortFree(`http://127.0.0.1:${port}`)
  })

  it('a taken port is named, and another is proposed', async () => {
    const holder = createServer()
    const port = await freePort()
    await new Promise<void>((listening) => holder.listen(port, '127.0.0.1', listening))
    try {
      const ran = await refused({ PORT: String(port) })
      expectOneSentence(
        ran,
        `Cannot start: port ${port} is taken; PORT=${port + 1} npm start takes another`,
      )
    } finally {
      holder.close()
    }
  })

  it('a state folder that cannot be made is named', async () => {
    const file = join(stateFolder, 'a-file')
    writeFileSync(file, '')
    const ran = await refused({ PORT: String(await freePort()), DATELINE_STATE: join(file, 'x') })
    expectOneSentence(ran, /^Cannot start: the state folder ".*" cannot be made: ENOTDIR$/)
  })
})

describe('an embedded desk', () => {
  let desk: Embedded
  beforeAll(async () => {
    desk = await startEmbedded(stateFolder)
  })

  it('PORT and DATELINE_STATE move it: it answers there, and KV, SQLite and token are in the folder', async () => {
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

  it("publishes the repository's articles and prints front page, feeds, every short link, token", async () => {
    const table = desk.stdout()
    expect(desk.stderr()).toBe('')
    expect(ARTICLES.length).toBeGreaterThanOrEqual(10)
    for (const path of ['/', '/rss.xml', '/atom.xml', '/feed.json']) {
      expect(table).toContain(` ${desk.url}${path}\n`)
      expect((await fetch(desk.url + path)).status, path).toBe(200)
    }
    for (const id of ARTICLES) {
      const article = await kept(desk, id)
      expect(article.status, id).toBe('public')
      const row = table.split('\n').find((line) => line.includes(`${article.short_url} `))
      expect(row, id).toContain(article.title)
      const link = await fetch(article.short_url, { redirect: 'manual' })
      expect(link.status, article.short_url).toBe(302)
    }
    expect(table).toContain(`${desk.url}/mheng `)
    expect(table).toContain(desk.token)
  })

  it('the printed curl line publishes a story', async () => {
    const command = /^ *(printf [\s\S]*?\/api\/articles\/first)$/m.exec(desk.stdout())?.[1] ?? ''
    expect(command).toContain(desk.token)
    const ran = await runProgram('bash', [
      '-c',
      `set -e\n${command} --silent --show-error -w '\\n%{http_code}'`,
    ])
    expect(ran.stderr).toBe('')
    expect(ran.stdout.trim().split('\n').at(-1)).toBe('201')
    expect(await kept(desk, 'first')).toMatchObject({ title: 'First', revision: 1 })
  })

  it('a second start on the folder is refused and names the process that holds it', async () => {
    const ran = await refused({ PORT: String(await freePort()) })
    expectOneSentence(
      ran,
      `Cannot start: the state folder "${stateFolder}" is in use by process ${desk.pid}`,
    )
    expect((await fetch(`${desk.url}/rss.xml`)).status, 'the holder goes on').toBe(200)
  })

  it('SIGTERM ends everything it started, with exit code 0, and leaves the folder in order', async () => {
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

  it('keeps the token, corrections and withdrawals, and publishes only what changed on disk', async () => {
    const desk = await startAgain()
    const [corrected = '', withdrawn = '', ...untouched] = ARTICLES
    const before = await kept(desk, corrected)
    const correction = await desk.api(`/api/articles/${corrected}`, {
      method: 'PUT',
      body: JSON.stringify({ title: 'Corrected through the API', body: 'Corrected.' }),
      headers: { 'Content-Type': 'application/json' },
    })
    expect(correction.status).toBe(200)
    expect((await desk.api(`/api/articles/${withdrawn}`, { method: 'DELETE' })).status).toBe(200)
    const revisions = await Promise.all(untouched.map((id) => kept(desk, id)))
    // As if the next file had changed since: its digest is another than the one that was seen.
    const [changed = ''] = untouched
    const seenFile = join(stateFolder, 'seen.ndjson')
    const seen = readFileSync(seenFile, 'utf8').trim().split('\n')
    const names = seen.map((line) => String((JSON.parse(line) as string[])[0]))
    const name = names.find((file) => idOfFile(file) === changed) ?? ''
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
    expect(await kept(again, corrected)).toMatchObject({
      title: 'Corrected through the API',
      revision: before.revision + 1,
    })
    expect(await kept(again, withdrawn)).toMatchObject({ status: 'withdrawn' })
    expect(await kept(again, changed)).toMatchObject({ title: revisions[0]?.title, revision: 3 })
    for (const article of revisions.slice(1))
      expect(await kept(again, article.id)).toMatchObject({ revision: article.revision })
    expect(again.stdout()).not.toContain(`${(await kept(again, withdrawn)).short_url} `)
  })

  it('after SIGKILL of node alone: nothing is left serving, and the next start works', async () => {
    const desk = await startAgain()
    const { runtime, url } = desk
    expect(isRunning(runtime)).toBe(true)
    expect(await desk.end('SIGKILL')).toBeNull()
    await until('the runtime is gone', () => !isRunning(runtime))
    await expectPortFree(url)
    const again = await startAgain({ PORT: new URL(url).port })
    expect((await fetch(`${again.url}/mheng`, { redirect: 'manual' })).status).toBe(302)
  })

  it('with another TAG_AUTHORITY is refused in one sentence, and nothing is left running', async () => {
    const port = String(await freePort())
    const ran = await refused({ PORT: port, TAG_AUTHORITY: 'other.example' })
    expectOneSentence(
      ran,
      'Cannot start: TAG_AUTHORITY was "dateline.example" when this ledger began and is "other.example" now; every feed id would change',
    )
    await expectPortFree(`http://127.0.0.1:${port}`)
  })
})
