/**
 * The file in which the embedded desk publishes its address and token, so that the command line
 * needs neither.
 */
import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'

const DeskSchema = v.object({ url: v.string(), token: v.string(), pid: v.number() })
export type RunningDesk = v.InferOutput<typeof DeskSchema>

const getDeskFilePath = (stateFolder: string): string => join(stateFolder, 'desk.json')

export function writeDeskFile(stateFolder: string, desk: RunningDesk): void {
  writeFileSync(getDeskFilePath(stateFolder), JSON.stringify(desk), { mode: 0o600 })
}

export function deleteDeskFile(stateFolder: string): void {
  rmSync(getDeskFilePath(stateFolder), { force: true })
}

/** Returns the embedded desk that runs on this state folder, or `undefined`. */
export function findRunningDesk(stateFolder: string): RunningDesk | undefined {
  try {
    const desk = v.parse(DeskSchema, JSON.parse(readFileSync(getDeskFilePath(stateFolder), 'utf8')))
    process.kill(desk.pid, 0)
    return desk
  } catch {
    return undefined
  }
}

/** Returns the journal of what was sent to the desk of this folder, or to the desk at `url`. */
export function getJournalPath(stateFolder: string, url?: string): string {
  if (url === undefined) return join(stateFolder, 'seen.ndjson')
  return join(
    stateFolder,
    `seen-${createHash('sha256').update(url).digest('hex').slice(0, 12)}.ndjson`,
  )
}
