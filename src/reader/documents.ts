/**
 * Finds documents and redirects: in memory, else on the wire, else at the desk behind the shield.
 */
import { bodyOf } from '../http/coding.ts'
import { wantsBody } from '../http/representation.ts'
import { fail, ok, type Result } from '../model/failures.ts'
import type { Content, Validators } from '../wire/codec.ts'
import { readDocument } from '../wire/store.ts'
import type { Target } from '../wire/targets.ts'
import {
  askWire,
  clientOf,
  type Isolate,
  isClosed,
  NOT_REMEMBERED,
  UNAVAILABLE,
  withStores,
} from './isolate.ts'
import type { Known } from './memory.ts'

/** The body is present if it was wanted. */
export type Found = Exclude<Known, { kind: 'link' }>
export type Wanted = (validators: Validators) => boolean

/**
 * Finds a document, or the address it has moved to. Never a 404 when a store failed. `what` names
 * the document in the sentence of a failure. `wanted` decides whether the body is read. By default
 * it is read if the answer to this request has one.
 */
export const findDocument = (
  isolate: Isolate,
  request: Request,
  target: Target,
  what: string,
  wanted: Wanted = (validators) => wantsBody(request, validators),
): Promise<Result<Found>> =>
  withStores<Found>(target, async () => {
    const { memory, shield, publication } = isolate
    const recalled = memory.recall(target, publication.memorySeconds)
    const cached = recalled && suitable(recalled, wanted)
    if (cached) return ok(cached)
    const { sent, damaged } = await askWire(isolate, target, () => read(isolate, target, wanted))
    const stored = sent && suitable(sent, wanted)
    if (stored) {
      shield.forget(target)
      return ok(stored)
    }
    const asked = await demand(isolate, request, target, damaged)
    if (!asked.ok) {
      // No 404, and no feed of half the articles: readers would drop what is only late. What is
      // known is no miss.
      return isClosed(asked.failure) || sent !== undefined ? fail(UNAVAILABLE) : asked
    }
    const rendered = knownOf(asked.value)
    memory.learn(target, publication.memorySeconds, rendered)
    const found = rendered && suitable(rendered, wanted)
    return found ? ok(found) : fail({ reason: 'not-found', what })
  })

/** Returns `known` if it can answer this request as it is. */
function suitable(known: Known, wanted: Wanted): Found | undefined {
  if (known.kind === 'link') return undefined
  const serves = known.kind === 'redirect' || known.body || !wanted(known.validators)
  return serves ? known : undefined
}

/** Reads the target from the wire. The body comes from memory if memory has the same document. */
async function read(
  { wire, memory }: Isolate,
  target: Target,
  wanted: Wanted,
): Promise<Found | undefined> {
  const found = await readDocument(wire, target)
  if (found?.kind !== 'document') return found
  const { kind, validators } = found
  const cached = memory.bodyOf(target, validators.etag)
  if (!cached && wanted(validators)) return { kind, validators, body: await found.body() }
  found.discard()
  return { kind, validators, body: cached }
}

/**
 * Asks the desk. The desk calls back before it renders, because rendering is the expensive part.
 */
function demand(
  isolate: Isolate,
  request: Request,
  target: Target,
  damaged: boolean,
): Promise<Result<Content>> {
  const client = clientOf(isolate, request)
  return isolate.shield.ask<Content>(target, client, async () => {
    let overspent = false
    const mayRender = async (): Promise<boolean> => {
      overspent = !(await isWithin(isolate, 'documents', client))
      return !overspent
    }
    const answer = await isolate.desk().demand(target, damaged, mayRender)
    if (!answer.ok) return { answer, bytes: NOT_REMEMBERED }
    if (overspent) return { bytes: 0, overspent }
    const { value } = answer
    if (value.kind === 'document') return { answer, bytes: value.validators.length }
    const unknown = value.kind === 'absent'
    return {
      answer,
      bytes: 100,
      overspent: unknown && !(await isWithin(isolate, 'unknown', client)),
    }
  })
}

/**
 * One budget each for what is unknown and for documents that nobody asked for before: a limiter
 * counts each key by itself.
 */
const isWithin = async (
  { missLimit }: Isolate,
  budget: 'unknown' | 'documents',
  client: string,
): Promise<boolean> => (await missLimit.limit({ key: `${budget}:${client}` })).success

function knownOf(content: Content): Known | undefined {
  switch (content.kind) {
    case 'absent':
      return undefined
    case 'document': {
      const { kind, validators, body, notes } = content
      const noted = notes === undefined ? {} : { notes: new Blob([notes]) }
      return { kind, validators, body: { ...bodyOf(body), ...noted } }
    }
    default:
      return content
  }
}
