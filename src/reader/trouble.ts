/**
 * Why a store did not answer. Its error says so where it can; embedded, the machine is asked too,
 * because the runtime tells the worker of many an error no more than that it was internal.
 */
import * as v from 'valibot'
import type { Failure } from '../model/failures.ts'
import { storageFailure, TOLD_REASONS } from '../model/storage-failures.ts'

const isFetcher = (given: unknown): boolean =>
  typeof given === 'object' && given !== null && 'fetch' in given
/** A binding that `npm start` alone has (`src/embedded/machine.ts`). */
const MachineSchema = v.object({ MACHINE: v.custom<Fetcher>(isFetcher) })
const TroubleSchema = v.object({
  trouble: v.nullable(v.picklist(TOLD_REASONS)),
  why: v.optional(v.string(), ''),
})

/**
 * What is wrong with the machine that this worker runs on; `undefined` when nothing is, or nobody
 * can tell.
 */
export async function machineFailure(env: object, action: string): Promise<Failure | undefined> {
  const bound = v.safeParse(MachineSchema, env)
  if (!bound.success) return undefined
  try {
    const answer = await bound.output.MACHINE.fetch('http://machine/')
    const { trouble, why } = v.parse(TroubleSchema, await answer.json())
    switch (trouble) {
      case null:
        return undefined
      case 'ledger-damaged':
        return { reason: trouble, action, why }
      default:
        return { reason: trouble, action }
    }
  } catch {
    return undefined
  }
}

/** The failure that an error of a store is for whoever changes something. */
export const failureOf = async (env: object, action: string, cause: unknown): Promise<Failure> =>
  (await machineFailure(env, action)) ??
  storageFailure(action, cause) ?? { reason: 'unavailable', retryAfterSeconds: 30 }
