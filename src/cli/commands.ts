/**
 * The commands. Each returns the exit code; what it prints goes through `Output`. What reads
 * manuscripts takes longer to load than most commands take, so only those that read some import it.
 */
import { type Answer, DeskClient, type Outline } from '../client/client.ts'
import { runningDesk, seenFile } from '../client/desk-file.ts'
import { findManuscripts } from '../client/files.ts'
import { type Done, publishManuscripts } from '../client/publishing.ts'
import { Seen } from '../client/seen.ts'
import { warnOfEmbargo } from '../model/warnings.ts'
import type { Output } from './output.ts'

/** What the commands need of the world around them. */
export type World = {
  /** Where relative paths begin. */
  folder: string
  stateFolder: string
  url: string | undefined
  token: string | undefined
  output: Output
  fetch: typeof fetch
  wait: (milliseconds: number) => Promise<void>
  /** Milliseconds. */
  now: () => number
}

const REBUILD_POLL_MS = 500

/**
 * The desk that was named, else the embedded one that runs here; `seen`: what it has been sent from
 * here.
 */
function findDesk(world: World) {
  const running = runningDesk(world.stateFolder)
  const named = world.url?.replace(/\/+$/, '')
  const here = named === undefined || named === running?.url
  const seen = new Seen(here ? seenFile(world.stateFolder) : seenFile(world.stateFolder, named))
  return { running, here, url: named ?? running?.url, seen }
}

export function connect(world: World): { client: DeskClient; seen: Seen } | undefined {
  const { running, here, url, seen } = findDesk(world)
  const token = world.token ?? (here ? running?.token : undefined)
  if (url === undefined) {
    world.output.error(
      `Cannot reach a desk: none runs on "${world.stateFolder}"; start one with npm start, name another folder by DATELINE_STATE, or give --url and DATELINE_TOKEN`,
    )
    return undefined
  }
  if (token === undefined) {
    world.output.error(`Cannot use the desk at ${url}: DATELINE_TOKEN is not set`)
    return undefined
  }
  return { client: new DeskClient(url, token, world.fetch), seen }
}

export async function publish(
  world: World,
  paths: string[],
  options: { dryRun: boolean; all: boolean },
): Promise<number> {
  const desk = options.dryRun
    ? { client: new DeskClient('', '', world.fetch), seen: findDesk(world).seen }
    : connect(world)
  const files = findFiles(world, paths)
  if (!desk || !files) return 1
  const { readManuscripts } = await import('../client/manuscripts.ts')
  const counts = new Map<Done['state'], number>()
  const summary = (): string =>
    [...counts].map(([state, count]) => `${count} ${state}`).join(', ') || 'no manuscripts'
  const progress = world.output.progress(
    files.reduce((bytes, file) => bytes + file.bytes, 0),
    'Publishing',
  )
  for await (const done of publishManuscripts(desk.client, readManuscripts(files), {
    ...(!options.all && { seen: desk.seen }),
    dryRun: options.dryRun,
    wait: world.wait,
  })) {
    if (done.state === 'lost') {
      progress.end(`${summary()}; the rest was not sent`)
      world.output.error(done.problem.detail)
      return 1
    }
    const { bytes, ...told } = done
    counts.set(done.state, (counts.get(done.state) ?? 0) + 1)
    progress.step(bytes, 1)
    world.output.item(told, done.lines, done.state === 'failed')
  }
  progress.end(summary())
  return counts.has('failed') ? 1 : 0
}

/** Offline. Also finds two manuscripts that claim one id or one code. */
export async function check(world: World, paths: string[]): Promise<number> {
  const files = findFiles(world, paths)
  if (!files) return 1
  const { readManuscripts } = await import('../client/manuscripts.ts')
  const owners = new Map<string, string>()
  let count = 0
  let bad = 0
  for await (const manuscript of readManuscripts(files)) {
    const { name, id } = manuscript
    const { faults, code, published = 0 } = manuscript.check()
    const lines = [...faults]
    const now = Math.floor(world.now() / 1000)
    const warnings = warnOfEmbargo(published, now).map(
      (text) => `${placeOf(name)}: warning: ${text}`,
    )
    for (const claim of [
      ...(id === '' ? [] : [`id "${id}"`]),
      ...(code === undefined ? [] : [`code "${code}"`]),
    ]) {
      const owner = owners.get(claim)
      if (owner !== undefined) lines.push(`${placeOf(name)}: ${claim} is also claimed by ${owner}`)
      else owners.set(claim, name)
    }
    count += 1
    if (lines.length > 0) bad += 1
    const told = { file: name, id, faults: lines, ...(warnings.length > 0 && { warnings }) }
    world.output.item(told, [...lines, ...warnings], lines.length > 0)
  }
  world.output.line(`${count} manuscripts checked, ${bad} with faults`)
  return bad > 0 ? 1 : 0
}

/** A line of a file says where it is; a file alone begins at its first. */
const placeOf = (name: string): string => (/:\d+$/.test(name) ? name : `${name}:1`)

export async function withdraw(
  world: World,
  id: string,
  why: { reason?: string; legal?: string },
): Promise<number> {
  const desk = connect(world)
  if (!desk) return 1
  const answer = await desk.client.withdraw(id, why)
  if (!answer.ok) {
    world.output.error(answer.problem.detail)
    return 1
  }
  world.output.item(
    answer.value,
    [
      `${id}: withdrawn, ${answer.value.short_url} says ${why.legal === undefined ? 'so' : 'so, and why,'} from now on`,
    ],
    false,
  )
  return 0
}

export const list = (world: World): Promise<number> =>
  tellPages(
    world,
    (client, page) => client.list(page),
    ({ articles }) => {
      for (const article of articles) world.output.item(article, [lineFor(article)], false)
    },
  )

/** Asks for one page after another, and tells each; returns the exit code. */
export async function tellPages<T extends { next?: string | undefined }>(
  world: World,
  ask: (client: DeskClient, page: string | undefined) => Promise<Answer<T>>,
  tell: (page: T) => void,
): Promise<number> {
  const desk = connect(world)
  if (!desk) return 1
  for (let next: string | undefined; ; ) {
    const page: Answer<T> = await ask(desk.client, next)
    if (!page.ok) {
      world.output.error(page.problem.detail)
      return 1
    }
    tell(page.value)
    next = page.value.next
    if (next === undefined) return 0
  }
}

const lineFor = ({ published, status, code, id, title }: Outline): string =>
  `${published}  ${status.padEnd(9)}  ${code.padEnd(8)}  ${id}  ${title}`

/** Begins the rebuild and, unless told not to, waits until nothing is owed any more. */
export async function rebuild(world: World, options: { wait: boolean }): Promise<number> {
  const desk = connect(world)
  if (!desk) return 1
  const begun = await desk.client.rebuild()
  if (!begun.ok) {
    world.output.error(begun.problem.detail)
    return 1
  }
  if (!options.wait) {
    world.output.line('The rebuild has begun; /healthz tells when it is done')
    return 0
  }
  for (;;) {
    const outbox = await desk.client.outbox()
    if (!outbox.ok) {
      world.output.error(outbox.problem.detail)
      return 1
    }
    const { rebuilding, owed, failing_keys } = outbox.value
    if (!rebuilding && owed === 0) break
    world.output.line(
      `${owed} ${owed === 1 ? 'key' : 'keys'} still to write${failing_keys > 0 ? `, ${failing_keys} failing` : ''}`,
    )
    await world.wait(REBUILD_POLL_MS)
  }
  world.output.line('The wire equals the ledger')
  return 0
}

function findFiles(world: World, paths: string[]): ReturnType<typeof findManuscripts> | undefined {
  try {
    return findManuscripts(paths, world.folder)
  } catch (cause) {
    const path = cause instanceof Error && 'path' in cause ? String(cause.path) : paths.join(' ')
    world.output.error(`Cannot read "${path}": there is no such file or folder`)
    return undefined
  }
}
