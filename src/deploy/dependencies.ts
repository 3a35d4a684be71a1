/** Everything that a deploy does outside its own code, as functions that tests replace. */
import type { Wrangler } from './wrangler.ts'

/**
 * A new version and a new secret take seconds to spread, the certificate of a new host takes
 * minutes.
 */
export const RETRY = { maxAttempts: 12, delayMs: 5000 }

export type DeployDependencies = {
  /** The vars of the configuration, not yet validated. */
  settings: unknown
  environment: Readonly<Record<string, string | undefined>>
  /** Whether a person can answer questions. */
  isInteractive: boolean
  wrangler: Wrangler
  fetch: typeof fetch
  wait: (milliseconds: number) => Promise<void>
  randomBytes: (count: number) => Uint8Array
  /** Both resolve with `undefined` if the person cancels. */
  confirm: (question: string) => Promise<boolean | undefined>
  /** Hides the input, and accepts only a value without a fault. */
  promptSecret: (
    question: string,
    findFault: (value: string) => string | undefined,
  ) => Promise<string | undefined>
  print: (line: string) => void
  error: (line: string) => void
}
