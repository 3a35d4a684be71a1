/** Settings of `npm start`: what it sets itself, and what the environment alone may say. */
import { describe, expect, it } from 'vitest'
import { embeddedSettings } from '../../src/embedded/settings.ts'

const varsOf = (environment: NodeJS.ProcessEnv) =>
  embeddedSettings({ ARTICLES: 'none', ...environment }, '/').vars

describe('TRUSTED_PROXY', () => {
  it.each([undefined, '', '  '])('is none where the environment says %j', (given) => {
    expect(varsOf(given === undefined ? {} : { TRUSTED_PROXY: given })['TRUSTED_PROXY']).toBe(
      'none',
    )
  })

  it('is what the environment names', () => {
    expect(varsOf({ TRUSTED_PROXY: 'X-Real-IP' })['TRUSTED_PROXY']).toBe('X-Real-IP')
  })
})
