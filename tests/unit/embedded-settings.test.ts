/** Settings of `npm start`: only the environment can set TRUSTED_PROXY. */
import { describe, expect, it } from 'vitest'
import { readEmbeddedSettings } from '../../src/embedded/settings.ts'
import { cleanEnvironment } from '../support/embedded.ts'

/** Returns TRUSTED_PROXY as `npm start` reads it from an environment with this value. */
const readProxySetting = (value: string | undefined): string | undefined => {
  const environment = cleanEnvironment({ ARTICLES: 'none' })
  if (value !== undefined) environment['TRUSTED_PROXY'] = value
  return readEmbeddedSettings(environment, '/').vars['TRUSTED_PROXY']
}

describe('TRUSTED_PROXY', () => {
  it.each([undefined, '', '  '])('is "none" if the environment has %j', (value) => {
    expect(readProxySetting(value)).toBe('none')
  })

  it('is the header that the environment names', () => {
    expect(readProxySetting('X-Real-IP')).toBe('X-Real-IP')
  })
})
