/** The entry point: requests go to the application, and the desk is the only Durable Object. */
import { createApp } from './app.ts'

export { Desk } from './desk/desk.ts'

const app = createApp(() => Date.now())

export default {
  fetch: (request, env, context) => app.fetch(request, env, context),
} satisfies ExportedHandler<Env>
