/** What a careful person wants to know before following a short link: its preview, and its QR code as a picture. */
import type { Context } from 'hono'
import type { LinkAnswer } from '../wire.ts'
import { type App, answerFailure } from './context.ts'

/** A code that was asked for, with its answer while it leads somewhere. */
export type Live = { code: string; answer: Extract<LinkAnswer, { to: string }> }

export async function answerPreview(
  c: Context<App>,
  _: Live,
  __: 'preview' | 'preview-json',
): Promise<Response> {
  return answerFailure(c, { reason: 'not-found', what: 'this preview' })
}

export async function answerPicture(c: Context<App>, _: Live): Promise<Response> {
  return answerFailure(c, { reason: 'not-found', what: 'this picture' })
}
