/**
 * `npm start`: builds the worker, runs it on this machine, publishes the manuscripts of `ARTICLES`
 * that changed since this state last saw them, prints where everything is, and serves until it is
 * told to stop.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { DeskClient } from '../client/client.ts'
import { noteDesk, seenFile } from '../client/desk-file.ts'
import { findManuscripts } from '../client/files.ts'
import { publishManuscripts } from '../client/publishing.ts'
import { DamagedMemory, Seen } from '../client/seen.ts'
import { STORAGE_REASONS } from '../model/storage-failures.ts'
import { currentBundle } from './bundle.ts'
import { diskSentence, ledgerFile } from './machine.ts'
import { guardRun } from './processes.ts'
import { ROOT, type Server, startServer } from './server.ts'
import { CannotStart, embeddedSettings } from './settings.ts'
import { type State, takeState, tokenOf } from './state.ts'

// For everything that is written from here on, by the runtime too: it inherits this.
process.umask(0o077)

let state: State | undefined
let server: Server | undefined
let stopping = false
let stateFolder: string | undefined

async function stop(code: number): Promise<never> {
  if (!stopping) {
    stopping = true
    await server?.stop().catch(() => undefined)
    state?.release()
  }
  process.exit(code)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => void stop(0))

async function start(): Promise<void> {
  const settings = embeddedSettings(process.env, ROOT)
  stateFolder = settings.stateFolder
  state = await takeState(settings.stateFolder, process.pid)
  // Miniflare and the build make temporary folders; those of a killed run are removed with it, or
  // by the next start.
  process.env['TMPDIR'] = state.temporary
  const guard = guardRun(state.folder, state.temporary)
  const token = tokenOf(state.folder, settings.token)
  const bundle = await currentBundle(join(state.folder, 'bundle'), guard.env)
  const vars = { ...settings.vars, DESK_TOKEN: token }
  server = await startServer({
    bundle,
    port: settings.port,
    stateFolder: join(state.folder, 'store'),
    vars,
    guard,
    onRestart: () => state?.noteRuntime(server?.pid),
  })
  state.noteRuntime(server.pid)
  const client = new DeskClient(server.url, token, fetch)
  const woken = await client.wake()
  const closed = woken.ok ? undefined : closedBy(woken.problem)
  if (!woken.ok && closed === undefined)
    throw new CannotStart(woken.problem.detail.replace(/^Cannot open the desk: /, ''))
  server.machine.onRecovery = () => void client.wake()
  noteDesk(state.folder, { url: server.url, token, pid: process.pid })
  if (!woken.ok) tellClosed(woken.problem.detail, closed ?? '', join(state.folder, 'store'))
  else if (settings.articles !== undefined)
    await publishArticles(client, state.folder, settings.articles)
  await printTable(client, server.url, token)
}

/**
 * What the desk is closed by that still serves readers, and takes a backup where its ledger is
 * gone.
 */
const closedBy = ({ type = '' }: { type?: string }): string | undefined =>
  STORAGE_REASONS.find((reason) => type.endsWith(`/${reason}`))

function tellClosed(detail: string, reason: string, store: string): void {
  const file = ledgerFile(store) ?? join(store, 'do')
  console.error(detail)
  if (reason === 'ledger-damaged')
    console.error(
      `The ledger is ${file}. To restore it: stop this, move that file and those beside it that begin alike out of the folder, start again, then npm run dateline -- import BACKUP.ndjson`,
    )
  if (reason === 'ledger-missing')
    console.error(
      `The ledger should be in ${file}. To restore it: npm run dateline -- import BACKUP.ndjson, or stop this and put the file back. To begin anew: stop this and remove ${store}`,
    )
  if (reason.startsWith('ledger'))
    console.error(
      'Until then readers are served what KV has (docs/operate.md, "A damaged or lost ledger")',
    )
}

async function publishArticles(
  client: DeskClient,
  folder: string,
  articles: string,
): Promise<void> {
  if (!existsSync(seenFile(folder)) && (await holdsImport(client))) {
    console.log(
      `This desk was imported, so a start publishes nothing over it; to do so once: npm run dateline -- publish ${articles}`,
    )
    return
  }
  const seen = new Seen(seenFile(folder))
  const files = findManuscripts([articles], ROOT)
  // A desk that publishes nothing at its start does not load what reads manuscripts.
  const { readManuscripts } = await import('../client/manuscripts.ts')
  const wait = (milliseconds: number): Promise<void> =>
    new Promise((resume) => setTimeout(resume, milliseconds))
  for await (const done of publishManuscripts(client, readManuscripts(files), {
    seen,
    dryRun: false,
    wait,
  })) {
    if (done.state === 'failed') console.error(done.lines.join('\n'))
    if (done.state === 'lost') console.error(done.problem.detail)
  }
}

/** What it imported may be newer than manuscripts that this machine has never sent. */
async function holdsImport(client: DeskClient): Promise<boolean> {
  const standing = await client.importStanding()
  return standing.ok && ['under-way', 'done'].includes(standing.value.state)
}

async function printTable(client: DeskClient, url: string, token: string): Promise<void> {
  const listed = await client.list()
  const more = listed.ok && listed.value.next !== undefined
  const articles = listed.ok
    ? listed.value.articles.filter(({ status }) => status === 'public')
    : []
  const bold = (text: string): string => styleText('bold', text, { stream: process.stdout })
  const rows = articles.map(({ short_url, title }) => `  ${short_url.padEnd(32)}  ${title}\n`)
  const heading = bold(more ? 'Newest short links' : 'Short links')
  const links = rows.length > 0 ? `${heading}\n${rows.join('')}\n` : ''
  console.log(`
${bold('Dateline')} serves ${more ? 'more than ' : ''}${articles.length} articles

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
  const told = cause instanceof CannotStart || cause instanceof DamagedMemory
  const disk =
    stateFolder === undefined ? undefined : diskSentence(stateFolder, cause, state !== undefined)
  console.error(disk ?? (told ? cause.message : cause))
  await stop(1)
}
