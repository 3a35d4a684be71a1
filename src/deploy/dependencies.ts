/** Everything that a deploy uses outside its own code, as functions that tests replace. */
import type { Wrangler } from './wrangler.ts'

/**
 * Requests are repeated this often. A new version or a new secret takes seconds to spread, and the
 * certificate of a new host takes minutes.
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
  /** Resolves with `undefined` if the person cancels, as `promptSecret` does. */
  confirm: (question: string) => Promise<boolean | undefined>
  /** Hides the input, and accepts only a value in which `findFault` finds nothing. */
  promptSecret: (
    question: string,
    findFault: (value: string) => string | undefined,
  ) => Promise<string | undefined>
  print: (line: string) => void
  error: (line: string) => void
}
