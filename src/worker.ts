/** The entry: requests go to the application, the desk is the one Durable Object. */
import { createApp } from './app.ts'

export { Desk } from './desk/desk.ts'

const app = createApp(() => Date.now())

export default {
  fetch: (request, env, context) => app.fetch(request, env, context),
} satisfies ExportedHandler<Env>
