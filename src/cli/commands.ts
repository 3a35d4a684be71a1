/**
 * The commands. Each returns its exit code and prints through `Output`. The code that reads
 * manuscripts takes longer to load than most commands take to run, so it is imported only by the
 * commands that need it.
 */
import { type ApiResponse, type ArticleOutline, DeskClient } from '../client/client.ts'
import { findRunningDesk, getJournalPath } from '../client/desk-file.ts'
import { findManuscripts } from '../client/files.ts'
import { type ManuscriptOutcome, publishManuscripts } from '../client/publishing.ts'
import { SentJournal } from '../client/sent-journal.ts'
import { listEmbargoWarnings } from '../model/warnings.ts'
import type { Output } from './output.ts'

/** Everything that the commands use from outside. */
export type CommandContext = {
  /** The folder from which relative paths are resolved. */
  workingFolder: string
  stateFolder: string
  url: string | undefined
  token: string | undefined
  output: Output
  fetch: typeof fetch
  wait: (milliseconds: number) => Promise<void>
  /** Returns milliseconds. */
  now: () => number
}

const REBUILD_POLL_MS = 500

/**
 * Returns the requested desk, or the embedded one of this machine, with the journal of the
 * manuscripts that were sent to it.
 */
function locateDesk(context: CommandContext) {
  const runningDesk = findRunningDesk(context.stateFolder)
  const requestedUrl = context.url?.replace(/\/+$/, '')
  const isLocal = requestedUrl === undefined || requestedUrl === runningDesk?.url
  const journal = new SentJournal(
    isLocal
      ? getJournalPath(context.stateFolder)
      : getJournalPath(context.stateFolder, requestedUrl),
  )
  return {
    runningDesk,
    isLocal,
    url: requestedUrl ?? runningDesk?.url,
    journal,
  }
}

export function connect(
  context: CommandContext,
): { client: DeskClient; journal: SentJournal } | undefined {
  const { runningDesk, isLocal, url, journal } = locateDesk(context)
  const token = context.token ?? (isLocal ? runningDesk?.token : undefined)
  if (url === undefined) {
    context.output.error(
      `Cannot find a desk: none is running in "${context.stateFolder}"; run npm start, set DATELINE_STATE to another folder, or set --url and DATELINE_TOKEN`,
    )
    return undefined
  }
  if (token === undefined) {
    context.output.error(`Cannot use the desk at ${url}: DATELINE_TOKEN is not set`)
    return undefined
  }
  return { client: new DeskClient(url, token, context.fetch), journal }
}

export async function publish(
  context: CommandContext,
  paths: string[],
  options: { dryRun: boolean; all: boolean },
): Promise<number> {
  const desk = options.dryRun
    ? { client: new DeskClient('', '', context.fetch), journal: locateDesk(context).journal }
    : connect(context)
  const files = findFiles(context, paths)
  if (!desk || !files) return 1
  const { readManuscripts } = await import('../client/manuscripts.ts')
  const counts = new Map<ManuscriptOutcome['state'], number>()
  const summary = (): string =>
    [...counts].map(([state, count]) => `${count} ${state}`).join(', ') || 'no manuscripts'
  const progress = context.output.startProgress(
    files.reduce((bytes, file) => bytes + file.bytes, 0),
    'Publishing',
  )
  for await (const outcome of publishManuscripts(desk.client, readManuscripts(files), {
    ...(!options.all && { journal: desk.journal }),
    dryRun: options.dryRun,
    wait: context.wait,
  })) {
    if (outcome.state === 'lost') {
      progress.end(`${summary()}; the rest was not sent`)
      context.output.error(outcome.problem.detail)
      return 1
    }
    const { bytes, ...report } = outcome
    counts.set(outcome.state, (counts.get(outcome.state) ?? 0) + 1)
    progress.advance(bytes, 1)
    context.output.item(report, outcome.lines, outcome.state === 'failed')
  }
  progress.end(summary())
  return counts.has('failed') ? 1 : 0
}

/**
 * Checks manuscripts offline, as a desk without articles would. Also finds two manuscripts with the
 * same id or code, and prints what publishing would remove from the texts.
 */
export async function check(context: CommandContext, paths: string[]): Promise<number> {
  const files = findFiles(context, paths)
  if (!files) return 1
  const { readManuscripts } = await import('../client/manuscripts.ts')
  const owners = new Map<string, string>()
  let count = 0
  let faultyCount = 0
  for await (const manuscript of readManuscripts(files)) {
    const { name, id } = manuscript
    const now = Math.floor(context.now() / 1000)
    const { faults, removed, code, published = 0, ...checked } = manuscript.check(now)
    const lines = [...faults]
    const position = formatPosition(name)
    const warnings = [...checked.warnings, ...listEmbargoWarnings(published, now)].map(
      (text) => `${position}: warning: ${text}`,
    )
    const removals = removed.map((what) => `${position}: would remove ${what}`)
    for (const claim of [
      ...(id === '' ? [] : [`id "${id}"`]),
      ...(code === undefined ? [] : [`code "${code}"`]),
    ]) {
      const owner = owners.get(claim)
      if (owner !== undefined) lines.push(`${position}: ${claim} is also claimed by ${owner}`)
      else owners.set(claim, name)
    }
    count += 1
    if (lines.length > 0) faultyCount += 1
    const report = {
      file: name,
      id,
      faults: lines,
      ...(removals.length > 0 && { removed: removals }),
      ...(warnings.length > 0 && { warnings }),
    }
    context.output.item(report, [...lines, ...removals, ...warnings], lines.length > 0)
  }
  context.output.line(`${count} manuscripts checked, ${faultyCount} with faults`)
  return faultyCount > 0 ? 1 : 0
}

/**
 * Returns the file and line for messages. A line of a collection already has both in its name; any
 * other manuscript begins at line 1.
 */
const formatPosition = (name: string): string => (/:\d+$/.test(name) ? name : `${name}:1`)

export async function withdraw(
  context: CommandContext,
  id: string,
  reasons: { reason?: string; legal?: string },
): Promise<number> {
  const desk = connect(context)
  if (!desk) return 1
  const response = await desk.client.withdraw(id, reasons)
  if (!response.ok) {
    context.output.error(response.problem.detail)
    return 1
  }
  context.output.item(
    response.value,
    [
      `${id}: withdrawn; ${response.value.short_url} now reports the withdrawal${reasons.legal === undefined ? '' : ' and its reason'}`,
    ],
    false,
  )
  return 0
}

export const listArticles = (context: CommandContext): Promise<number> =>
  printPages(
    context,
    (client, pagePath) => client.listArticles(pagePath),
    ({ articles }) => {
      for (const article of articles) context.output.item(article, [formatArticle(article)], false)
    },
  )

/** Requests one page after another, and prints each page. Returns the exit code. */
export async function printPages<T extends { next?: string | undefined }>(
  context: CommandContext,
  loadPage: (client: DeskClient, pagePath: string | undefined) => Promise<ApiResponse<T>>,
  printPage: (page: T) => void,
): Promise<number> {
  const desk = connect(context)
  if (!desk) return 1
  for (let next: string | undefined; ; ) {
    const response: ApiResponse<T> = await loadPage(desk.client, next)
    if (!response.ok) {
      context.output.error(response.problem.detail)
      return 1
    }
    printPage(response.value)
    next = response.value.next
    if (next === undefined) return 0
  }
}

const formatArticle = ({ published, status, code, id, title }: ArticleOutline): string =>
  `${published}  ${status.padEnd(9)}  ${code.padEnd(8)}  ${id}  ${title}`

/** Starts a rebuild. If `wait` is true, waits until it is done and the outbox is empty. */
export async function rebuild(
  context: CommandContext,
  options: { wait: boolean },
): Promise<number> {
  const desk = connect(context)
  if (!desk) return 1
  const rebuildResponse = await desk.client.rebuild()
  if (!rebuildResponse.ok) {
    context.output.error(rebuildResponse.problem.detail)
    return 1
  }
  if (!options.wait) {
    context.output.line('The rebuild has started; /healthz shows when it is done')
    return 0
  }
  for (;;) {
    const outboxResponse = await desk.client.readOutbox()
    if (!outboxResponse.ok) {
      context.output.error(outboxResponse.problem.detail)
      return 1
    }
    const { rebuilding, owed: pendingKeys, failing_keys } = outboxResponse.value
    if (!rebuilding && pendingKeys === 0) break
    context.output.line(
      `${pendingKeys} ${pendingKeys === 1 ? 'key' : 'keys'} left to write${failing_keys > 0 ? `, ${failing_keys} failing` : ''}`,
    )
    await context.wait(REBUILD_POLL_MS)
  }
  context.output.line('The rebuild is done: KV matches the ledger')
  return 0
}

function findFiles(
  context: CommandContext,
  paths: string[],
): ReturnType<typeof findManuscripts> | undefined {
  try {
    return findManuscripts(paths, context.workingFolder)
  } catch (cause) {
    const path = cause instanceof Error && 'path' in cause ? String(cause.path) : paths.join(' ')
    context.output.error(`Cannot read "${path}": there is no such file or folder`)
    return undefined
  }
}
