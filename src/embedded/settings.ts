/** Settings of the embedded desk, from the environment. One wrong setting gives one sentence. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { NO_PROXY } from '../model/publication.ts'

/** The desk listens here and nowhere else. */
export const HOST = '127.0.0.1'
export const DEFAULT_PORT = 8787
export const DEFAULT_STATE_FOLDER = '.dateline'
const DEFAULT_ARTICLES = 'articles'
/** Reading KV on this machine is cheap, and everything is to be seen within two seconds. */
const EMBEDDED_MEMORY_SECONDS = '1'
/** What `ARTICLES` says when nothing is to be published at the start. */
const NO_ARTICLES = 'none'

/** Settings of `wrangler.toml [vars]` that the environment may overrule. */
const OVERRULABLE =
  `TITLE DESCRIPTION LANGUAGE SITE_URL SHORT_URL ALLOWED_HOSTS TAG_AUTHORITY TAG_DATE PUBLISHER
   CONTACT LOGO_URL ICON_URL COPYRIGHT FEED_LENGTH MEMORY_SECONDS NO_DELTA_AGENTS TRUSTED_PROXY
   WITHDRAWAL_NOTICE_DAYS`.split(/\s+/)

export type EmbeddedSettings = {
  port: number
  stateFolder: string
  vars: Record<string, string>
  token?: string
  /** Folder of the manuscripts that a start publishes; absent: it publishes nothing. */
  articles?: string
}

/** A start that cannot go on, with its one sentence. */
export class CannotStart extends Error {
  constructor(why: string) {
    super(`Cannot start: ${why}`)
  }
}

/**
 * Reads them. Throws `CannotStart`. Both addresses are this machine's unless the environment says
 * otherwise.
 */
export function embeddedSettings(environment: NodeJS.ProcessEnv, folder: string): EmbeddedSettings {
  const given = environment['PORT'] ?? ''
  const port = given === '' ? DEFAULT_PORT : Number(given)
  if (!/^\d*$/.test(given) || port < 1 || port > 65_535) {
    throw new CannotStart(`PORT is "${given}", not a number from 1 to 65535`)
  }
  const own = `http://${HOST}:${port}`
  const vars: Record<string, string> = {
    SITE_URL: own,
    SHORT_URL: environment['SITE_URL'] ?? own,
    MEMORY_SECONDS: EMBEDDED_MEMORY_SECONDS,
    TRUSTED_PROXY: NO_PROXY,
  }
  for (const name of OVERRULABLE) {
    const value = environment[name]
    // A shell's own LANGUAGE is a list of locales, such as en_GB:en, and nothing of ours.
    if (name === 'TRUSTED_PROXY' && !value?.trim()) continue
    if (value !== undefined && !(name === 'LANGUAGE' && /[_:]/.test(value))) vars[name] = value
  }
  const token = environment['DESK_TOKEN']
  if (token !== undefined && token.length < 16)
    throw new CannotStart('DESK_TOKEN is shorter than 16 characters')
  const articles = environment['ARTICLES'] || DEFAULT_ARTICLES
  const articleFolder = resolve(folder, articles)
  if (articles !== NO_ARTICLES && !existsSync(articleFolder))
    throw new CannotStart(`ARTICLES is "${articles}", which is not there`)
  return {
    port,
    stateFolder: resolve(folder, environment['DATELINE_STATE'] || DEFAULT_STATE_FOLDER),
    vars,
    ...(token !== undefined && { token }),
    ...(articles !== NO_ARTICLES && { articles: articleFolder }),
  }
}
