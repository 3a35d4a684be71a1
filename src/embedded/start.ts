/**
 * `npm start` builds the worker, runs it on this machine, publishes changed manuscripts of
 * `ARTICLES`, prints all addresses, and serves until it is stopped.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { DeskClient } from '../client/client.ts'
import { getJournalPath, writeDeskFile } from '../client/desk-file.ts'
import { findManuscripts } from '../client/files.ts'
import { publishManuscripts } from '../client/publishing.ts'
import { DamagedJournalError, SentJournal } from '../client/sent-journal.ts'
import { STORAGE_REASONS } from '../model/storage-failures.ts'
import { ensureBundle } from './bundle.ts'
import { describeDiskFailure, findLedgerFile } from './machine.ts'
import { guardProcesses } from './processes.ts'
import { ROOT, type Server, startServer } from './server.ts'
import { CannotStart, readEmbeddedSettings } from './settings.ts'
import { claimStateFolder, getOrCreateToken, type StateFolder } from './state-folder.ts'

// Applies to all files that are created from now on, including those of the runtime, which inherits
// it.
process.umask(0o077)

let state: StateFolder | undefined
let server: Server | undefined
let isStopping = false
let stateFolder: string | undefined

async function stop(exitCode: number): Promise<never> {
  if (!isStopping) {
    isStopping = true
    await server?.stop().catch(() => undefined)
    state?.release()
  }
  process.exit(exitCode)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => void stop(0))

async function start(): Promise<void> {
  const settings = readEmbeddedSettings(process.env, ROOT)
  stateFolder = settings.stateFolder
  state = await claimStateFolder(settings.stateFolder, process.pid)
  // Miniflare and the build create temporary folders here. They are removed when this run ends, or
  // by the next start.
  process.env['TMPDIR'] = state.temporaryFolder
  const guard = guardProcesses(state.path, state.temporaryFolder)
  const token = getOrCreateToken(state.path, settings.token)
  const bundle = await ensureBundle(join(state.path, 'bundle'), guard.env)
  const vars = { ...settings.vars, DESK_TOKEN: token }
  server = await startServer({
    bundleFolder: bundle,
    port: settings.port,
    stateFolder: join(state.path, 'store'),
    vars,
    guard,
    onRestart: () => state?.recordRuntime(server?.pid),
  })
  state.recordRuntime(server.pid)
  const client = new DeskClient(server.url, token, fetch)
  const opened = await client.openDesk()
  const closingReason = opened.ok ? undefined : findClosingReason(opened.problem)
  if (!opened.ok && closingReason === undefined)
    throw new CannotStart(opened.problem.detail.replace(/^Cannot open the desk: /, ''))
  server.machine.onRecovery = () => void client.openDesk()
  writeDeskFile(state.path, { url: server.url, token, pid: process.pid })
  if (!opened.ok)
    reportClosedDesk(opened.problem.detail, closingReason ?? '', join(state.path, 'store'))
  else if (settings.manuscriptFolder !== undefined)
    await publishManuscriptFolder(client, state.path, settings.manuscriptFolder)
  await printOverview(client, server.url, token)
}

/** Returns the storage failure that closed the desk, or `undefined` for any other problem. */
const findClosingReason = ({ type = '' }: { type?: string }): string | undefined =>
  STORAGE_REASONS.find((reason) => type.endsWith(`/${reason}`))

function reportClosedDesk(detail: string, reason: string, storeFolder: string): void {
  const ledgerFile = findLedgerFile(storeFolder) ?? join(storeFolder, 'do')
  console.error(detail)
  if (reason === 'ledger-damaged')
    console.error(
      `The ledger is ${ledgerFile}. To restore it: stop npm start, move this file and its -wal and -shm files out of the folder, start again, and run npm run dateline -- import BACKUP.ndjson`,
    )
  if (reason === 'ledger-missing')
    console.error(
      `The ledger should be in ${ledgerFile}. To restore it: run npm run dateline -- import BACKUP.ndjson, or stop npm start and put the file back. To start from nothing: stop npm start and delete ${storeFolder}`,
    )
  if (reason.startsWith('ledger'))
    console.error(
      'Until then, readers are served from KV (docs/operate.md, "A damaged or lost ledger")',
    )
}

async function publishManuscriptFolder(
  client: DeskClient,
  folder: string,
  manuscriptFolder: string,
): Promise<void> {
  if (!existsSync(getJournalPath(folder)) && (await wasImported(client))) {
    console.log(
      `This desk was imported, so npm start does not publish manuscripts over it. To publish them, run npm run dateline -- publish ${manuscriptFolder}`,
    )
    return
  }
  const journal = new SentJournal(getJournalPath(folder))
  const files = findManuscripts([manuscriptFolder], ROOT)
  // Imported here, so that a start that publishes nothing does not load this code.
  const { readManuscripts } = await import('../client/manuscripts.ts')
  const wait = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, milliseconds))
  for await (const result of publishManuscripts(client, readManuscripts(files), {
    journal,
    dryRun: false,
    wait,
  })) {
    if (result.state === 'failed') console.error(result.lines.join('\n'))
    if (result.state === 'lost') console.error(result.problem.detail)
  }
}

/**
 * Returns whether the desk was imported or is being imported. Its articles may then be newer than
 * the manuscripts on this machine.
 */
async function wasImported(client: DeskClient): Promise<boolean> {
  const importStatus = await client.readImportStatus()
  return importStatus.ok && ['under-way', 'done'].includes(importStatus.value.state)
}

async function printOverview(client: DeskClient, url: string, token: string): Promise<void> {
  const listResult = await client.listArticles()
  const hasMore = listResult.ok && listResult.value.next !== undefined
  const articles = listResult.ok
    ? listResult.value.articles.filter(({ status }) => status === 'public')
    : []
  const bold = (text: string): string => styleText('bold', text, { stream: process.stdout })
  const rows = articles.map(({ short_url, title }) => `  ${short_url.padEnd(32)}  ${title}\n`)
  const heading = bold(hasMore ? 'Newest short links' : 'Short links')
  const links = rows.length > 0 ? `${heading}\n${rows.join('')}\n` : ''
  console.log(`
${bold('Dateline')} serves ${hasMore ? 'more than ' : ''}${articles.length} articles

  Front page  ${url}/
  RSS         ${url}/rss.xml
  Atom        ${url}/atom.xml
  JSON Feed   ${url}/feed.json
  Token       ${token}

${links}${bold('Publish a story')}
  printf -- '---\\ntitle: First\\n---\\nISLAMABAD: My first story.\\n' | \\
    curl -X PUT --data-binary @- -H 'Content-Type: text/markdown' \\
      -H 'Authorization: Bearer ${token}' ${url}/api/articles/first

Ctrl-C stops it.`)
}

try {
  await start()
} catch (cause) {
  const isExpected = cause instanceof CannotStart || cause instanceof DamagedJournalError
  const diskFailure =
    stateFolder === undefined
      ? undefined
      : describeDiskFailure(stateFolder, cause, state !== undefined)
  console.error(diskFailure ?? (isExpected ? cause.message : cause))
  await stop(1)
}
