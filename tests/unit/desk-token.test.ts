/** Checks access to the publish API when the desk has no valid token (rules U-01, X-20). */
import { Hono } from 'hono'
import { expect, it } from 'vitest'
import { authorise } from '../../src/api/requests.ts'
import type { AppEnv } from '../../src/serving/app-type.ts'
import { PUBLICATION } from '../support/stories.ts'

const app = new Hono<AppEnv>()
app.use(async (c, next) => {
  c.set('publication', PUBLICATION)
  await next()
})
app.get('/api/outbox', authorise, (c) => c.text('in'))

const call = async (settings: Record<string, string>, sentHeaders: Record<string, string>) =>
  await app.request('/api/outbox', { headers: sentHeaders }, settings)

it.each([
  ['no token', {}],
  ['an empty token', { DESK_TOKEN: '' }],
  ['a token of 15 characters', { DESK_TOKEN: 'fifteen-letters' }],
])(
  'a desk with %s accepts no token, not even its own',
  async (_, settings: { DESK_TOKEN?: string }) => {
    for (const sentHeaders of [{}, { Authorization: `Bearer ${settings.DESK_TOKEN ?? ''}` }]) {
      const response = await call(settings, sentHeaders)
      expect(response.status).toBe(503)
      expect(await response.json()).toMatchObject({
        detail: 'Cannot open the desk: DESK_TOKEN is shorter than 16 characters',
      })
    }
  },
)
