/** Replaces the platform's module when the desk runs in Node (`alias` in `vitest.config.ts`). */
export class DurableObject {
  readonly ctx: unknown
  readonly env: unknown
  constructor(ctx: unknown, env: unknown) {
    this.ctx = ctx
    this.env = env
  }
}
