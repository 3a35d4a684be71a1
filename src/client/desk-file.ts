/**
 * The file in which the embedded desk stores its address and token while it runs. With it, the CLI
 * finds the desk of a state folder without any options. Only the owner may read the file.
 */
import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'

/** Only this code base writes the file. `pid` is the process id of the desk. */
const DeskSchema = v.object({ url: v.string(), token: v.string(), pid: v.number() })
export type RunningDesk = v.InferOutput<typeof DeskSchema>

const getDeskFilePath = (stateFolder: string): string => join(stateFolder, 'desk.json')

export function writeDeskFile(stateFolder: string, desk: RunningDesk): void {
  writeFileSync(getDeskFilePath(stateFolder), JSON.stringify(desk), { mode: 0o600 })
}

export function deleteDeskFile(stateFolder: string): void {
  rmSync(getDeskFilePath(stateFolder), { force: true })
}

/**
 * Returns the running embedded desk of this state folder, if there is one. A file that a killed
 * desk left behind is ignored, because its process does not exist any more.
 */
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
 * Returns the path of the journal of sent manuscripts (`sent-journal.ts`). Without `url`, it is the
 * journal of the embedded desk of this folder; every other desk has its own, named after its `url`.
 */
export function getJournalPath(stateFolder: string, url?: string): string {
  if (url === undefined) return join(stateFolder, 'seen.ndjson')
  return join(
    stateFolder,
    `seen-${createHash('sha256').update(url).digest('hex').slice(0, 12)}.ndjson`,
  )
}
