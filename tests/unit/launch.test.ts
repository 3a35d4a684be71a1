/** The launcher of our programs explains in one sentence why a program cannot run. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dateline-launch-'))
  mkdirSync(join(folder, 'src'))
  copyFileSync('src/launch.mjs', join(folder, 'src/launch.mjs'))
  writeFileSync(
    join(folder, 'src/program.ts'),
    "import 'node:sqlite'\nconst args: string[] = process.argv.slice(2)\nconsole.log(args.join())\n",
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const launch = (...flags: string[]) => {
  const args = [...flags, join(folder, 'src/launch.mjs'), 'program.ts', 'a', '--b']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  return { status, stdout, stderr }
}

it('the launcher reports missing dependencies, and otherwise runs the program with its arguments', () => {
  expect(launch()).toEqual({
    status: 1,
    stdout: '',
    stderr: 'Cannot start: the dependencies are not installed; run npm ci first\n',
  })
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'))
  expect(launch()).toEqual({ status: 0, stdout: 'a,--b\n', stderr: '' })
})

it('the launcher reports that Node is too old', () => {
  const old = "Object.defineProperty(process, 'versions', { value: { node: '22.11.9' } })"
  const result = launch('--import', `data:text/javascript,${encodeURIComponent(old)}`)
  expect(result).toMatchObject({ status: 1, stdout: '' })
  expect(result.stderr).toMatch(/^Cannot start: Node 22\.11\.9 is too old; .*\n$/)
})
