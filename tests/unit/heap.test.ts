/** Flags for the garbage collector of the embedded runtime. */
import { describe, expect, it } from 'vitest'
import { setHeapFlags } from '../../src/embedded/heap.ts'

const VARIABLE = 'MINIFLARE_WORKERD_V8_FLAGS'

describe('setHeapFlags', () => {
  it('sets the flags where the runtime reads them', () => {
    const environment: Record<string, string | undefined> = {}
    setHeapFlags(environment)
    expect(environment[VARIABLE]).toMatch(/^--\S+(?: --\S+)*$/)
  })

  it('does not change flags of the operator, even if they are empty', () => {
    for (const flags of ['--trace-gc', '']) {
      const environment = { [VARIABLE]: flags }
      setHeapFlags(environment)
      expect(environment[VARIABLE]).toBe(flags)
    }
  })
})
