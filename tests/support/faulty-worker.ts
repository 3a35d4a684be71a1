/**
 * The real worker and desk with injectable failures (KV writes that fail, KV reads that are wrong,
 * an evicted desk), and counters of calls. `/__faults` sets the failures and resets the counters,
 * `/__evict` evicts the desk, and `/__counts` returns the counters. `/__snapshot` remembers the
 * values of KV, so that they can be returned later. `/__put` writes a value, `/__damage` damages
 * one, and `/__empty` deletes all. `/__keys` and `/__value` read KV directly. Worker and desk run
 * in one isolate here, so they share the failures and counters.
 */
import { FORMATS } from '../../src/feeds/formats.ts'
import worker, { Desk as RealDesk } from '../../src/worker.ts'
import { decodeStoredText } from './kv.ts'

type Faults = {
  /**
   * Keys with one of these prefixes cannot be written. An empty string is a prefix of every key.
   */
  failWrites: string[]
  /** Reads of keys with one of these prefixes find nothing. */
  hideKeys: string[]
  /** Reads of keys with one of these prefixes return the value at the time of `/__snapshot`. */
  answerOld: string[]
  /** Reads of keys with one of these prefixes throw. */
  failReads: string[]
  /** Milliseconds by which writes are delayed. */
  delayWrites: number
  /** Whether every call of the desk throws. */
  deskDown: boolean
  /** Milliseconds by which the clock of worker, desk and alarms is wrong. */
  clock: number
  /** The error message of every statement that writes to the ledger, if it is not empty. */
  ledgerError: string
}
const NO_FAULTS: Faults = {
  failWrites: [],
  hideKeys: [],
  answerOld: [],
  failReads: [],
  delayWrites: 0,
  deskDown: false,
  clock: 0,
  ledgerError: '',
}

const NO_CALLS = { reads: 0, writes: 0, desk: 0, renders: 0, alarms: 0 }

let faults: Faults = { ...NO_FAULTS }
let counts = { ...NO_CALLS, writtenKeys: [] as string[] }

const getRealTime = Date.now
Date.now = () => getRealTime() + faults.clock

for (const format of FORMATS) {
  const { render } = format
  format.render = (...args) => {
    counts.renders += 1
    return render(...args)
  }
}

/** Earlier values of KV. Reads return them as if KV lagged behind. */
const snapshot = new Map<string, { value: ArrayBuffer; metadata: unknown }>()

const matchesPrefix = (prefixes: string[], key: string): boolean =>
  prefixes.some((prefix) => key.startsWith(prefix))

const getOldValue = (key: string) =>
  matchesPrefix(faults.answerOld, key) ? snapshot.get(key) : undefined

function injectKvFaults(kv: KVNamespace): KVNamespace {
  /** Counts a read. Returns whether the key is hidden. */
  const beginRead = (key: string): boolean => {
    counts.reads += 1
    if (matchesPrefix(faults.failReads, key)) throw new Error('KV GET failed: 500')
    return matchesPrefix(faults.hideKeys, key)
  }
  const beginWrite = async (key: string): Promise<void> => {
    counts.writes += 1
    counts.writtenKeys.push(key)
    if (faults.delayWrites > 0) await scheduler.wait(faults.delayWrites)
    if (matchesPrefix(faults.failWrites, key))
      throw new Error('KV PUT failed: 429 Too Many Requests')
  }
  return new Proxy(kv, {
    get(target, name) {
      if (name === 'get') {
        return async (key: string, options: never) => {
          if (beginRead(key)) return null
          const old = getOldValue(key)
          return old ? await new Response(old.value).json() : await target.get(key, options)
        }
      }
      if (name === 'getWithMetadata') {
        return async (key: string, options: never) => {
          if (beginRead(key)) return { value: null, metadata: null }
          const old = getOldValue(key)
          if (!old) return await target.getWithMetadata(key, options)
          return { value: new Response(old.value).body, metadata: old.metadata }
        }
      }
      if (name === 'put') {
        return async (
          key: string,
          value: string | Uint8Array<ArrayBuffer>,
          options: KVNamespacePutOptions,
        ) => {
          await beginWrite(key)
          await target.put(key, value, options)
        }
      }
      if (name === 'delete') {
        return async (key: string) => {
          await beginWrite(key)
          await target.delete(key)
        }
      }
      const member = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

/** Makes writing statements fail while `ledgerError` is set. */
function injectLedgerError({ sql }: DurableObjectStorage): void {
  const exec = sql.exec.bind(sql)
  const faulty: typeof exec = (query, ...bindings) => {
    if (faults.ledgerError !== '' && /^\s*(?:INSERT|UPDATE|DELETE)/.test(query))
      throw new Error(faults.ledgerError)
    return exec(query, ...bindings)
  }
  Object.defineProperty(sql, 'exec', { value: faulty, configurable: true })
}

export class Desk extends RealDesk {
  constructor(context: DurableObjectState, env: Env) {
    // The platform's alarms use the right clock, so their times are converted.
    const { storage } = context
    const setAlarm = storage.setAlarm.bind(storage)
    storage.setAlarm = (at) => setAlarm(Number(at) - faults.clock)
    injectLedgerError(context.storage)
    super(context, { ...env, WIRE: injectKvFaults(env.WIRE) })
  }

  override async alarm(): Promise<void> {
    counts.alarms += 1
    await super.alarm()
  }

  async evict(): Promise<void> {
    this.ctx.abort('evicted by a test')
  }
}

/** Counts every call of the desk, and throws while `deskDown` is set. */
function countCalls(namespace: DurableObjectNamespace<RealDesk>): DurableObjectNamespace<RealDesk> {
  return new Proxy(namespace, {
    get(target, name) {
      if (name === 'getByName') {
        return (desk: string) => {
          counts.desk += 1
          if (faults.deskDown) throw new Error('the desk failed')
          return target.getByName(desk)
        }
      }
      const member = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

async function listKeys(kv: KVNamespace): Promise<{ name: string }[]> {
  const keys: { name: string }[] = []
  let page = await kv.list()
  keys.push(...page.keys)
  while (!page.list_complete) {
    page = await kv.list({ cursor: page.cursor })
    keys.push(...page.keys)
  }
  return keys
}

function decodeText(stored: Uint8Array, metadata: unknown): string | null {
  try {
    return decodeStoredText(stored, metadata)
  } catch {
    return null
  }
}

/**
 * Returns the decoded text of a key (`null` if it cannot be decoded), its metadata, and its stored
 * bytes.
 */
async function getValue(kv: KVNamespace, key: string) {
  const { value, metadata } = await kv.getWithMetadata(key, { type: 'arrayBuffer' })
  if (value === null) return { value, metadata, stored: '' }
  const stored = new Uint8Array(value)
  return {
    value: decodeText(stored, metadata),
    metadata,
    stored: Buffer.from(stored).toString('base64'),
  }
}

/** Damages a value as a disk could: other `bytes`, a missing end (`cut`), or other `metadata`. */
function damageValue(
  value: Uint8Array<ArrayBuffer>,
  metadata: unknown,
  how: string,
): { value: Uint8Array<ArrayBuffer>; metadata: unknown } {
  switch (how) {
    case 'bytes':
      return { value: value.map((byte, index) => (index % 3 === 0 ? byte ^ 1 : byte)), metadata }
    case 'cut':
      return { value: value.subarray(0, value.length - 1), metadata }
    // Has other bytes, like `bytes`, and no checksum, like a value of an earlier version.
    case 'old-bytes':
      return {
        ...damageValue(value, metadata, 'bytes'),
        metadata: { ...Object(metadata), k: undefined },
      }
    default:
      return { value, metadata: { nobody: 'knows' } }
  }
}

export default {
  async fetch(request, env, context) {
    const { pathname } = new URL(request.url)
    if (pathname === '/__faults') {
      faults = { ...NO_FAULTS, ...(await request.json<Partial<Faults>>()) }
      counts = { ...NO_CALLS, writtenKeys: [] }
      return Response.json(faults)
    }
    if (pathname === '/__counts') return Response.json(counts)
    if (pathname === '/__keys') return Response.json(await listKeys(env.WIRE))
    if (pathname === '/__value') {
      const key = new URL(request.url).searchParams.get('key') ?? ''
      return Response.json(await getValue(env.WIRE, key))
    }
    if (pathname === '/__snapshot') {
      for (const { name } of await listKeys(env.WIRE)) {
        const { value, metadata } = await env.WIRE.getWithMetadata(name, { type: 'arrayBuffer' })
        if (value !== null) snapshot.set(name, { value, metadata })
      }
      return new Response(null, { status: 204 })
    }
    if (pathname === '/__put') {
      const key = new URL(request.url).searchParams.get('key') ?? ''
      await env.WIRE.put(key, await request.text(), {
        metadata: { t: 'text/plain', e: 'W/"damaged"', m: 1, n: 1 },
      })
      return new Response(null, { status: 204 })
    }
    if (pathname === '/__damage') {
      const { searchParams } = new URL(request.url)
      const key = searchParams.get('key') ?? ''
      const { value, metadata } = await env.WIRE.getWithMetadata(key, { type: 'arrayBuffer' })
      if (value === null) return new Response(null, { status: 404 })
      const damaged = damageValue(new Uint8Array(value), metadata, searchParams.get('how') ?? '')
      await env.WIRE.put(key, damaged.value, { metadata: damaged.metadata })
      return new Response(null, { status: 204 })
    }
    if (pathname === '/__empty') {
      for (const { name } of await listKeys(env.WIRE)) await env.WIRE.delete(name)
      return new Response(null, { status: 204 })
    }
    if (pathname === '/__evict') {
      const desk = env.DESK.getByName('desk') as unknown as { evict: () => Promise<void> }
      await desk.evict().catch(() => undefined)
      return new Response(null, { status: 204 })
    }
    return await worker.fetch(
      request,
      { ...env, WIRE: injectKvFaults(env.WIRE), DESK: countCalls(env.DESK) },
      context,
    )
  },
} satisfies ExportedHandler<Env>
