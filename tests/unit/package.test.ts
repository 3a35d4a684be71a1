/**
 * The programs of package.json. npm makes them executable. They must be committed as executable,
 * because `npm ci` would otherwise change the clone.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const { bin, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  bin: Record<string, string>
  scripts: Record<string, string>
}

/** Reads the mode of the file from git, or from the disk if this is not a clone. */
function isExecutable(file: string): boolean {
  const result = spawnSync('git', ['ls-files', '--stage', '--', file], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  if (result.status === 0 && result.stdout !== '') return result.stdout.startsWith('100755 ')
  return (statSync(join(ROOT, file)).mode & 0o111) === 0o111
}

it('package.json has only the program dateline', () => {
  expect(Object.keys(bin)).toEqual(['dateline'])
})

it.each(Object.entries(bin))(
  'the program %s is committed as executable, and names its interpreter',
  (_, file) => {
    expect(isExecutable(file)).toBe(true)
    expect(readFileSync(join(ROOT, file), 'utf8')).toMatch(/^#!\/usr\/bin\/env /)
  },
)

it('npm run bench can load what it measures, and reports a part that does not exist', () => {
  const [node, ...args] = (scripts['bench'] ?? '').split(' ')
  expect(node).toBe('node')
  const result = spawnSync(process.execPath, [...args, 'nonsense'], { cwd: ROOT, encoding: 'utf8' })
  expect([result.status, result.stderr]).toEqual([
    1,
    expect.stringMatching(/^Cannot measure "nonsense": the parts are reads, .*\n$/),
  ])
})
