/**
 * Finds out why a store failed.
 *
 * Most errors contain the reason. Under `npm start` the machine is checked first, because the
 * runtime reports many storage errors to the worker only as internal errors.
 */
import * as v from 'valibot'
import type { Failure } from '../model/failures.ts'
import { findStorageFailure, STORAGE_ERROR_REASONS } from '../model/storage-failures.ts'

const isFetcher = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'fetch' in value
/** A binding that only `npm start` provides (`src/embedded/machine.ts`). */
const MachineSchema = v.object({ MACHINE: v.custom<Fetcher>(isFetcher) })
const MachineReportSchema = v.object({
  trouble: v.nullable(v.picklist(STORAGE_ERROR_REASONS)),
  why: v.optional(v.string(), ''),
})

/**
 * Returns what is wrong with the machine of this worker, or `undefined` if it is fine or cannot be
 * checked. `action` completes the failure's message: "Cannot …".
 */
export async function findMachineFailure(
  env: object,
  action: string,
): Promise<Failure | undefined> {
  const bindings = v.safeParse(MachineSchema, env)
  if (!bindings.success) return undefined
  try {
    const response = await bindings.output.MACHINE.fetch('http://machine/')
    const { trouble: reason, why } = v.parse(MachineReportSchema, await response.json())
    switch (reason) {
      case null:
        return undefined
      case 'ledger-damaged':
        return { reason, action, why }
      default:
        return { reason, action }
    }
  } catch {
    return undefined
  }
}

/** Returns the failure to report to an editor after a store threw `cause`. */
export const diagnoseFailure = async (
  env: object,
  action: string,
  cause: unknown,
): Promise<Failure> =>
  (await findMachineFailure(env, action)) ??
  findStorageFailure(action, cause) ?? { reason: 'unavailable', retryAfterSeconds: 30 }
