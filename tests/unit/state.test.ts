/** The state folder at a start: a folder with files of other programs is refused. */
import { spawn } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { getJournalPath } from '../../src/client/desk-file.ts'
import { findLockHolder } from '../../src/embedded/processes.ts'
import { claimStateFolder, type StateFolder } from '../../src/embedded/state-folder.ts'

/** Makes listings below the state folder include a file that was just removed. */
let listsRemovedFiles = false

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const readdir = (path: string): string[] => [
    ...fs.readdirSync(path),
    ...(listsRemovedFiles && path.includes('/store') ? ['gone'] : []),
  ]
  return { ...fs, readdirSync: readdir }
})

let parent: string
let claimed: StateFolder[] = []
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'dateline-state-'))
})
afterEach(() => {
  listsRemovedFiles = false
  for (const state of claimed) state.release()
  claimed = []
  rmSync(parent, { recursive: true, force: true })
})

const claim = async (folder: string): Promise<StateFolder> => {
  const state = await claimStateFolder(folder, process.pid)
  claimed.push(state)
  return state
}

const releaseAll = (): void => {
  for (const state of claimed) state.release()
  claimed = []
}

const getMode = (path: string): string => (statSync(path).mode & 0o7777).toString(8)

/** Creates a file that everybody may read, with its folders. */
function put(...names: string[]): string {
  const file = join(parent, ...names)
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o755 })
  chmodSync(join(file, '..'), 0o755)
  writeFileSync(file, 'x')
  chmodSync(file, 0o644)
  return file
}

describe('a folder', () => {
  it.each(['page.html', '.profile', 'store/page.html', 'token', 'bundle/x.js', '.room'])(
    'is refused in one sentence and not changed if it contains %s',
    async (name) => {
      const file = put('www', name)
      const folder = join(parent, 'www')
      await expect(claim(folder)).rejects.toThrow(
        `Cannot start: the state folder "${folder}" has files that are not from Dateline; use an empty or a new folder`,
      )
      expect(getMode(folder)).toBe('755')
      expect(getMode(file)).toBe('644')
      expect(readdirSync(folder)).toEqual([name.split('/')[0]])
    },
  )

  it('is accepted if it is new or empty', async () => {
    const empty = join(parent, 'empty')
    mkdirSync(empty)
    for (const folder of [empty, join(parent, 'a/new')]) {
      await claim(folder)
      expect(getMode(folder)).toBe('700')
      expect(readdirSync(folder)).toContain('lock.sqlite')
    }
  })

  it('is accepted if it has only files that the dateline command wrote, or those of a copied state folder', async () => {
    for (const file of [
      getJournalPath(join(parent, 'own')),
      getJournalPath(join(parent, 'other'), 'https://desk.example'),
      join(parent, 'copy/store/do/dateline-Desk/x.sqlite'),
      join(parent, 'earlier/lock.sqlite'),
    ]) {
      const path = put(file.slice(parent.length + 1))
      if (path.endsWith('lock.sqlite')) writeFileSync(path, '')
      await claim(join(parent, file.slice(parent.length + 1).split('/')[0] ?? ''))
      expect(getMode(path), path).toBe('600')
    }
  })
})

describe('a state folder', () => {
  const folder = (): string => join(parent, 'state')

  it('restricts the modes of the files of Dateline, and preserves the modes of all other files', async () => {
    await claim(folder())
    releaseAll()
    const ours = [
      'store/kv/WIRE/blobs/x',
      'bundle/worker.js',
      'token',
      'holder.json',
      'desk.json',
      'lock.sqlite-wal',
      'seen.ndjson',
      'seen.ndjson.new',
      'seen-0123456789ab.ndjson',
    ].map((name) => put('state', name))
    const otherFiles = [
      'notes.txt',
      'www/page.html',
      'tokens',
      'lock',
      'seen.txt',
      'tmp-notes/x',
    ].map((name) => put('state', name))
    chmodSync(folder(), 0o755)
    await claim(folder())
    for (const path of ours) expect(existsSync(path) ? getMode(path) : '600', path).toBe('600')
    expect(getMode(folder())).toBe('700')
    expect(getMode(join(folder(), 'store/kv/WIRE/blobs'))).toBe('700')
    for (const path of otherFiles) expect(getMode(path), path).toBe('644')
    expect(getMode(join(folder(), 'www'))).toBe('755')
  })

  it('can be claimed while files in it are removed', async () => {
    await claim(folder())
    releaseAll()
    put('state', 'store/kv/x')
    listsRemovedFiles = true
    await claim(folder())
    expect(getMode(join(folder(), 'store/kv/x'))).toBe('600')
  })

  it('can be claimed while a process of an earlier run fills its temporary folders', async () => {
    await claim(folder())
    releaseAll()
    const busy = join(folder(), 'tmp-busy01')
    mkdirSync(busy)
    const churn = `const fs = require('node:fs')
      const end = Date.now() + 20000
      for (let at = 0; at < 40000 && Date.now() < end; at += 1)
        try { fs.mkdirSync(${JSON.stringify(busy)}, { recursive: true }); fs.writeFileSync(${JSON.stringify(busy)} + '/' + at, ''); if (at === 50) process.stdout.write('on') } catch {}`
    const child = spawn(process.execPath, ['-e', churn], {
      env: { ...process.env, DATELINE_RUN: `${folder()}#1#x` },
    })
    const ended = new Promise((resolve) => child.once('close', resolve))
    await new Promise((resolve) => child.stdout.once('data', resolve))
    const { temporaryFolder: temporary } = await claim(folder())
    await ended
    expect(child.signalCode, 'the claim ends processes of the earlier run').toBe('SIGTERM')
    expect(readdirSync(folder()).filter((name) => name.startsWith('tmp-'))).toEqual([
      temporary.slice(folder().length + 1),
    ])
  })

  it('always has a complete record of its holder', async () => {
    const file = join(folder(), 'holder.json')
    const state = await claim(folder())
    const reader = openSync(file, 'r')
    state.recordRuntime(4711)
    // The open file is unchanged, because a new file has replaced it.
    expect(JSON.parse(readFileSync(reader, 'utf8'))).toEqual({ pid: process.pid })
    closeSync(reader)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ pid: process.pid, runtime: 4711 })
    releaseAll()
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ pid: process.pid })
    expect(readdirSync(folder()).sort()).toEqual(['holder.json', 'lock.sqlite'])
  })

  it('is claimed by one process at a time', async () => {
    await claim(folder())
    await expect(claim(folder())).rejects.toThrow(`is in use by process ${process.pid}`)
  })
})

describe('the holder of a lock', () => {
  it('is searched on the device of the file, because other devices have the same inodes', () => {
    const file = put('lock.sqlite')
    const { dev, ino } = statSync(file)
    const hex = (number: number): string => number.toString(16).padStart(2, '0')
    const device = (shift: number): string =>
      `${hex((dev >> 8) & 0xfff)}:${hex(((dev & 0xff) | ((dev >> 12) & 0xfff00)) + shift)}`
    const line = (pid: number, on: string, kind = 'WRITE'): string =>
      `1: POSIX  ADVISORY  ${kind} ${pid} ${on}:${ino} 1073741824 1073742335\n`
    expect(findLockHolder(file, line(11, device(1)) + line(12, device(0)))).toBe(12)
    expect(findLockHolder(file, line(11, device(1)))).toBeUndefined()
    expect(findLockHolder(file, line(11, device(0), 'READ '))).toBeUndefined()
    expect(findLockHolder(file, '')).toBeUndefined()
  })
})
