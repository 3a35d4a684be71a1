/**
 * Where workerd spends its time: its own CPU profiler, asked over the inspector protocol, of every isolate at
 * once. The simulators of KV, assets and the front door are isolates of their own, so their shares come apart.
 */

export type Frame = {
  functionName: string
  url: string
  /** From zero, both. */
  lineNumber: number
  columnNumber: number
}
type Node = { id: number; callFrame: Frame; children?: number[] }
export type Profile = { nodes: Node[]; samples: number[] }
type Answer = {
  id?: number
  result?: { profile?: Profile; embedderHeapUsedSize?: number }
  error?: { message: string }
}

/** How often a function was seen: at the top of the stack (self), or anywhere in it (total). */
export type FunctionSamples = { name: string; place: string; self: number; total: number }

/**
 * One isolate while the work ran. Samples are counted, not their distances in time: an isolate is sampled only while
 * its thread is inside it, so the gap before a sample is other isolates' time.
 */
export type IsolateProfile = { isolate: string; samples: number; functions: FunctionSamples[] }

/** Where a function stands, as people know it. */
export type PlaceOf = (frame: Frame) => string

/** Long enough that the sampling of several isolates does not become the load. */
const SAMPLING_INTERVAL_MICROSECONDS = 2000
const IDLE = '(idle)'
/**
 * Isolates that do something in these cases; the runtime has others, for caches, mail and
 * debugging. A name with a number sign is that of a function of Node's, and no address leads to it.
 */
const PROFILED = /^(?:core|kv|assets|ratelimit|dateline):[^#]*$/

/** One isolate's inspector. */
class Inspector {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #calls = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      const answer = JSON.parse(String(data)) as Answer
      if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer)
    })
  }

  static async open(url: string): Promise<Inspector> {
    const socket = new WebSocket(url)
    await new Promise((opened, failed) => {
      socket.addEventListener('open', opened)
      socket.addEventListener('error', () =>
        failed(new Error(`Cannot reach the inspector at ${url}`)),
      )
    })
    return new Inspector(socket)
  }

  async call(method: string, params: object = {}): Promise<Answer> {
    const id = ++this.#calls
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve)
      this.#socket.send(JSON.stringify({ id, method, params }))
    })
    this.#waiting.delete(id)
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`)
    return answer
  }

  close(): void {
    this.#socket.close()
  }
}

/** Profiles every isolate that matters while `work` runs; the busiest first. */
export async function profileWhile(
  inspectorPort: number,
  placeOf: PlaceOf,
  work: () => Promise<void>,
): Promise<IsolateProfile[]> {
  const inspectors = await inspectIsolates(inspectorPort)
  for (const { inspector } of inspectors) {
    await inspector.call('Profiler.enable')
    await inspector.call('Profiler.setSamplingInterval', {
      interval: SAMPLING_INTERVAL_MICROSECONDS,
    })
  }
  for (const { inspector } of inspectors) await inspector.call('Profiler.start')
  await work()
  const profiles: IsolateProfile[] = []
  for (const { isolate, inspector } of inspectors) {
    const { result } = await inspector.call('Profiler.stop')
    if (result?.profile) profiles.push(summarise(isolate, result.profile, placeOf))
    inspector.close()
  }
  return profiles.sort((a, b) => b.samples - a.samples)
}

async function inspectIsolates(
  inspectorPort: number,
): Promise<{ isolate: string; inspector: Inspector }[]> {
  const listed = await fetch(`http://127.0.0.1:${inspectorPort}/json`)
  const targets = (await listed.json()) as { id: string; webSocketDebuggerUrl: string }[]
  const inspected: { isolate: string; inspector: Inspector }[] = []
  for (const { id, webSocketDebuggerUrl } of targets.filter(({ id: each }) => PROFILED.test(each)))
    inspected.push({ isolate: id, inspector: await Inspector.open(webSocketDebuggerUrl) })
  return inspected
}

/**
 * Bytes that objects of the runtime itself (requests, headers, streams) take in the heap of each
 * isolate: those in use, and those that V8 has yet to collect. What they hold outside of it is some
 * ten times as much.
 */
export async function runtimeObjects(inspectorPort: number): Promise<Map<string, number>> {
  const bytes = new Map<string, number>()
  for (const { isolate, inspector } of await inspectIsolates(inspectorPort)) {
    const { result } = await inspector.call('Runtime.getHeapUsage')
    bytes.set(isolate, result?.embedderHeapUsedSize ?? 0)
    inspector.close()
  }
  return bytes
}

/** Counts samples by function, those seen most often at the top of the stack first; waiting is left out. */
export function summarise(isolate: string, profile: Profile, placeOf: PlaceOf): IsolateProfile {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  )
  const functions = new Map<string, FunctionSamples>()
  const entryOf = ({ callFrame }: Node): FunctionSamples => {
    const name = callFrame.functionName || '(anonymous)'
    const place = callFrame.url === '' ? '' : placeOf(callFrame)
    const key = `${name} ${place}`
    const entry = functions.get(key) ?? { name, place, self: 0, total: 0 }
    functions.set(key, entry)
    return entry
  }
  let samples = 0
  for (const sample of profile.samples) {
    const top = nodes.get(sample)
    if (!top || top.callFrame.functionName === IDLE) continue
    samples += 1
    entryOf(top).self += 1
    const stack = new Set<FunctionSamples>()
    for (let node: Node | undefined = top; node; node = nodes.get(parents.get(node.id) ?? -1))
      stack.add(entryOf(node))
    for (const entry of stack) entry.total += 1
  }
  return { isolate, samples, functions: [...functions.values()].sort((a, b) => b.self - a.self) }
}
