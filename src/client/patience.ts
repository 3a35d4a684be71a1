/**
 * Retries requests to a desk. A desk that has answered before is probably deploying or restarting
 * when it fails. Requests are idempotent, so the same one is sent again.
 */
import type { Answer } from './client.ts'

/** Delay before each retry. The answer after the last one is final. */
const RETRY_AFTER_MS = [1000, 2000, 4000, 8000, 16_000]
/** No answer, too many requests, not now. */
const PASSING = [0, 429, 503]

/** Whether the same request may succeed later, despite this status. */
export const isPassing = ({ status }: { status: number }): boolean => PASSING.includes(status)

/**
 * Returns a function that sends a request and retries it while that may help. `unfinished`
 * recognises an answer that the desk has not completed.
 */
export function patience({ wait }: { wait: (milliseconds: number) => Promise<void> }) {
  let answered = false
  return async <T>(
    ask: () => Promise<Answer<T>>,
    unfinished: (value: T) => boolean = () => false,
  ): Promise<Answer<T>> => {
    for (let attempt = 0; ; attempt += 1) {
      const answer = await ask()
      answered ||= answer.ok
      const passing = answer.ok ? unfinished(answer.value) : answered && isPassing(answer.problem)
      const pause = RETRY_AFTER_MS[attempt]
      if (!passing || pause === undefined) return answer
      await wait(pause)
    }
  }
}
