/**
 * Retries requests to a desk. If a desk has responded before and then fails, it is probably
 * deploying or restarting. Only idempotent requests are retried, so the same request can be sent
 * again.
 */
import type { ApiResponse } from './client.ts'

/** Delay before each retry. The response after the last retry is final. */
const RETRY_DELAYS_MS = [1000, 2000, 4000, 8000, 16_000]
/** 0 means that the desk did not respond. */
const TRANSIENT_STATUSES = [0, 429, 503]

/** Returns whether the same request may succeed later. */
export const isTransient = ({ status }: { status: number }): boolean =>
  TRANSIENT_STATUSES.includes(status)

/**
 * Returns a function that sends a request and retries it while that may help. A failure is retried
 * only after an earlier success. A success is retried if `isIncomplete` returns true for its value.
 */
export function createRetry({ wait }: { wait: (milliseconds: number) => Promise<void> }) {
  let hasResponded = false
  return async <T>(
    send: () => Promise<ApiResponse<T>>,
    isIncomplete: (value: T) => boolean = () => false,
  ): Promise<ApiResponse<T>> => {
    for (let attempt = 0; ; attempt += 1) {
      const response = await send()
      hasResponded ||= response.ok
      const shouldRetry = response.ok
        ? isIncomplete(response.value)
        : hasResponded && isTransient(response.problem)
      const delayMs = RETRY_DELAYS_MS[attempt]
      if (!shouldRetry || delayMs === undefined) return response
      await wait(delayMs)
    }
  }
}
