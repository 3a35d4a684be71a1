/**
 * Retries requests to a desk. A desk that has answered before is probably deploying or starting when
 * it fails, so the request is sent again as it is: none of them does anything twice.
 */
import type { Answer } from './client.ts'

/** How long each retry waits. After the last one the answer stands. */
const RETRY_AFTER_MS = [1000, 2000, 4000, 8000, 16_000]
/** No answer, too many requests, not now. */
const PASSING = [0, 429, 503]

/** Whether the same request may succeed later, although it was answered with this status. */
export const isPassing = ({ status }: { status: number }): boolean => PASSING.includes(status)

/**
 * Returns a function that sends a request, and sends it again as long as that may help. `unfinished`
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
