/**
 * Profiles the isolates of workerd at the same time with V8's CPU profiler, through the inspector
 * protocol. The simulators of KV and assets run in separate isolates, so their shares are separate.
 */
import type { Table } from './report.ts'

/** Lines and columns count from zero. */
export type Frame = Record<'functionName' | 'url', string> &
  Record<'lineNumber' | 'columnNumber', number>
type Node = { id: number; callFrame: Frame; children?: number[] }
export type Profile = { nodes: Node[]; samples: number[] }
type InspectorMessage = {
  id?: number
  result?: { profile?: Profile; embedderHeapUsedSize?: number }
  error?: { message: string }
}

/** How often a function was sampled: at the top of the stack (self), or anywhere in it (total). */
export type FunctionSamples = { name: string; place: string; self: number; total: number }

/**
 * The samples of one isolate during the work. They are counted regardless of the time between them,
 * because an isolate is only sampled while its thread runs it.
 */
export type IsolateProfile = { isolate: string; samples: number; functions: FunctionSamples[] }

/** Returns the place of a function in the source. */
export type FrameLocator = (frame: Frame) => string

/** The interval is so long that sampling several isolates adds little load. */
const SAMPLING_INTERVAL_MICROSECONDS = 2000
const IDLE = '(idle)'
/**
 * The isolates that work in these cases. The runtime has others for caches, mail and debugging. A
 * name with a number sign is a function of Node's, which has no address.
 */
const PROFILED = /^(?:core|kv|assets|ratelimit|dateline):[^#]*$/

/** Connects to the inspector of each isolate. */
async function inspect(inspectorPort: number) {
  const response = await fetch(`http://127.0.0.1:${inspectorPort}/json`)
  const targets = (await response.json()) as { id: string; webSocketDebuggerUrl: string }[]
  return await Promise.all(
    targets
      .filter(({ id }) => PROFILED.test(id))
      .map(async ({ id: isolate, webSocketDebuggerUrl: url }) => {
        const socket = new WebSocket(url)
        await new Promise((opened, failed) => {
          socket.addEventListener('open', opened)
          socket.addEventListener('error', () => failed(new Error(`Cannot reach ${url}`)))
        })
        return { isolate, call: createCaller(socket), close: () => socket.close() }
      }),
  )
}

function createCaller(socket: WebSocket) {
  const waiting = new Map<number, (response: InspectorMessage) => void>()
  let calls = 0
  socket.addEventListener('message', ({ data }) => {
    const response = JSON.parse(String(data)) as InspectorMessage
    waiting.get(response.id ?? 0)?.(response)
    waiting.delete(response.id ?? 0)
  })
  return async (
    method: string,
    params: object = {},
  ): Promise<NonNullable<InspectorMessage['result']>> => {
    calls += 1
    socket.send(JSON.stringify({ id: calls, method, params }))
    const responded = new Promise<InspectorMessage>((resolve) => waiting.set(calls, resolve))
    const { error, result = {} } = await responded
    if (error) throw new Error(`${method}: ${error.message}`)
    return result
  }
}

/** Profiles the isolates that `PROFILED` names while `work` runs. The busiest isolate is first. */
export async function profileWhile(
  inspectorPort: number,
  locateFrame: FrameLocator,
  work: () => Promise<unknown>,
): Promise<IsolateProfile[]> {
  const inspectors = await inspect(inspectorPort)
  const interval = SAMPLING_INTERVAL_MICROSECONDS
  for (const { call } of inspectors) {
    await call('Profiler.enable')
    await call('Profiler.setSamplingInterval', { interval })
  }
  for (const { call } of inspectors) await call('Profiler.start')
  await work()
  const profiles: IsolateProfile[] = []
  for (const { isolate, call, close } of inspectors) {
    const { profile } = await call('Profiler.stop')
    if (profile) profiles.push(summarise(isolate, profile, locateFrame))
    close()
  }
  return profiles.sort((a, b) => b.samples - a.samples)
}

/**
 * Returns the bytes of the runtime's own objects (requests, headers, streams) in the heap of each
 * isolate: those in use, and those not yet collected. Their native memory is about ten times as
 * much.
 */
export async function measureRuntimeObjects(inspectorPort: number): Promise<Map<string, number>> {
  const bytes = new Map<string, number>()
  for (const { isolate, call, close } of await inspect(inspectorPort)) {
    bytes.set(isolate, (await call('Runtime.getHeapUsage')).embedderHeapUsedSize ?? 0)
    close()
  }
  return bytes
}

/**
 * Counts the samples of each function, without samples of idle time. The function most often at the
 * top of the stack is first.
 */
export function summarise(
  isolate: string,
  profile: Profile,
  locateFrame: FrameLocator,
): IsolateProfile {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const parents = new Map(
    profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)),
  )
  const functions = new Map<string, FunctionSamples>()
  const getEntry = ({ callFrame }: Node): FunctionSamples => {
    const name = callFrame.functionName || '(anonymous)'
    const place = callFrame.url === '' ? '' : locateFrame(callFrame)
    const key = `${name} ${place}`
    const entry = functions.get(key) ?? { name, place, self: 0, total: 0 }
    functions.set(key, entry)
    return entry
  }
  const sampledNodes = profile.samples.flatMap((sample) => nodes.get(sample) ?? [])
  const busy = sampledNodes.filter(({ callFrame }) => callFrame.functionName !== IDLE)
  for (const top of busy) {
    getEntry(top).self += 1
    const stack = new Set<FunctionSamples>()
    for (let node: Node | undefined = top; node; node = parents.get(node.id))
      stack.add(getEntry(node))
    for (const entry of stack) entry.total += 1
  }
  const sorted = [...functions.values()].sort((a, b) => b.self - a.self)
  return { isolate, samples: busy.length, functions: sorted }
}

/**
 * Builds a table of the isolates' shares, and one of the functions most often at the top of the
 * stack.
 */
export function profileTables(profiles: readonly IsolateProfile[], maxRows: number): Table[] {
  const all = profiles.reduce((sum, { samples }) => sum + samples, 0)
  const share = (samples: number): string => `${((samples / all) * 100).toFixed(1)} %`
  const isolates = profiles
    .filter(({ samples }) => samples > 0)
    .map(({ isolate, samples }) => [isolate, share(samples)])
  const functions = profiles
    .flatMap(({ isolate, functions: each }) => each.map((entry) => ({ isolate, ...entry })))
    .sort((a, b) => b.self - a.self)
    .slice(0, maxRows)
    .map((each) => [each.name, each.isolate, each.place, share(each.self), share(each.total)])
  return [
    { head: ['isolate', 'share'], rows: isolates },
    { head: ['function', 'isolate', 'place', 'self', 'with what it calls'], rows: functions },
  ]
}
