/**
 * Why a store did not answer. Its error says so where it can; embedded, the machine is asked too,
 * because the runtime tells the worker of many an error no more than that it was internal.
 */
import * as v from 'valibot'
import type { Failure } from '../model/failures.ts'
import { findStorageFailure, STORAGE_ERROR_REASONS } from '../model/storage-failures.ts'

const isFetcher = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'fetch' in value
/** A binding that `npm start` alone has (`src/embedded/machine.ts`). */
const MachineSchema = v.object({ MACHINE: v.custom<Fetcher>(isFetcher) })
const MachineReportSchema = v.object({
  trouble: v.nullable(v.picklist(STORAGE_ERROR_REASONS)),
  why: v.optional(v.string(), ''),
})

/**
 * What is wrong with the machine that this worker runs on; `undefined` when nothing is, or nobody
 * can tell.
 */
export async function findMachineFailure(
  env: object,
  action: string,
): Promise<Failure | undefined> {
  const bindings = v.safeParse(MachineSchema, env)
  if (!bindings.success) return undefined
  try {
    const response = await bindings.output.MACHINE.fetch('http://machine/')
    const { trouble: problem, why } = v.parse(MachineReportSchema, await response.json())
    switch (problem) {
      case null:
        return undefined
      case 'ledger-damaged':
        return { reason: problem, action, why }
      default:
        return { reason: problem, action }
    }
  } catch {
    return undefined
  }
}

/** The failure that an error of a store is for whoever changes something. */
export const diagnoseFailure = async (
  env: object,
  action: string,
  cause: unknown,
): Promise<Failure> =>
  (await findMachineFailure(env, action)) ??
  findStorageFailure(action, cause) ?? { reason: 'unavailable', retryAfterSeconds: 30 }
