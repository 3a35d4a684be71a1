/**
 * The seeded faults of `tests/faults/` still apply to the source. `.ci/long` checks that the tests
 * catch each of them, which takes minutes.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const PATCHES = readdirSync('tests/faults').filter((name) => name.endsWith('.patch'))

it('thirty faults are seeded', () => {
  expect(PATCHES).toHaveLength(30)
})

it.each(PATCHES)('%s applies, and names a test file that exists', (name) => {
  const path = `tests/faults/${name}`
  const file = /^Caught by: \w+ (\S+)$/m.exec(readFileSync(path, 'utf8'))?.[1]
  expect(existsSync(file ?? 'none'), file).toBe(true)
  const { status, stderr } = spawnSync('git', ['apply', '--check', path], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})
