/** What a deploy touches of the world: each effect is a value here, so that tests can be the world. */
import type { Wrangler } from './wrangler.ts'

/** A new version and a new secret take some seconds to be everywhere, a new host's certificate some minutes. */
export const RETRY = { maxAttempts: 12, delayMs: 5000 }

export type DeployDependencies = {
  /** The vars of the configuration, unchecked. */
  settings: unknown
  environment: Readonly<Record<string, string | undefined>>
  /** Whether a person can be asked. */
  isInteractive: boolean
  wrangler: Wrangler
  fetch: typeof fetch
  wait: (milliseconds: number) => Promise<void>
  randomBytes: (count: number) => Uint8Array
  /** Both resolve with `undefined` when the person gives up. */
  confirm: (question: string) => Promise<boolean | undefined>
  /** Does not show what is typed; takes nothing that has a fault. */
  promptSecret: (
    question: string,
    findFault: (value: string) => string | undefined,
  ) => Promise<string | undefined>
  print: (line: string) => void
  error: (line: string) => void
}
