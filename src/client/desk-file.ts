/**
 * Where the embedded desk says how to reach it, so that the CLI needs neither address nor token for
 * it.
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

/** The embedded desk that runs on this state folder, if one does. */
export function findRunningDesk(stateFolder: string): RunningDesk | undefined {
  try {
    const desk = v.parse(DeskSchema, JSON.parse(readFileSync(getDeskFilePath(stateFolder), 'utf8')))
    process.kill(desk.pid, 0)
    return desk
  } catch {
    return undefined
  }
}

/**
 * What the embedded desk of this folder has seen of manuscripts; for a desk elsewhere, one file an
 * address.
 */
export function getJournalPath(stateFolder: string, url?: string): string {
  if (url === undefined) return join(stateFolder, 'seen.ndjson')
  return join(
    stateFolder,
    `seen-${createHash('sha256').update(url).digest('hex').slice(0, 12)}.ndjson`,
  )
}
