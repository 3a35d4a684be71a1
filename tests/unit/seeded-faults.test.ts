/**
 * The seeded faults of `tests/faults/` still fit the source. Whether the tests catch each of them is for `.ci/long`, because
 * it takes minutes; that a change moved the code under one is told at once.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const PATCHES = readdirSync('tests/faults').filter((name) => name.endsWith('.patch'))

it('thirty faults are seeded', () => {
  expect(PATCHES).toHaveLength(30)
})

it.each(PATCHES)('%s applies, and names a test file that is there', (name) => {
  const path = `tests/faults/${name}`
  const file = /^Caught by: \w+ (\S+)$/m.exec(readFileSync(path, 'utf8'))?.[1]
  expect(existsSync(file ?? 'none'), file).toBe(true)
  const { status, stderr } = spawnSync('git', ['apply', '--check', path], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})
