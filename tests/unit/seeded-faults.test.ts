/**
 * Checks that the seeded faults of `tests/faults/` can be applied to the source. `.ci/long` checks
 * that the tests catch each of them, which takes minutes.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const PATCHES = readdirSync('tests/faults').filter((name) => name.endsWith('.patch'))

it('tests/faults/ has thirty seeded faults', () => {
  expect(PATCHES).toHaveLength(30)
})

it.each(PATCHES)('the fault %s can be applied, and names an existing test file', (name) => {
  const path = `tests/faults/${name}`
  const file = /^Caught by: \w+ (\S+)$/m.exec(readFileSync(path, 'utf8'))?.[1]
  expect(existsSync(file ?? 'none'), file).toBe(true)
  const { status, stderr } = spawnSync('git', ['apply', '--check', path], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})
