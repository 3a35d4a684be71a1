/** Settings of the embedded desk, from the environment. One wrong setting gives one sentence. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { NO_PROXY } from '../model/publication.ts'

/** The desk listens here and nowhere else. */
export const HOST = '127.0.0.1'
export const DEFAULT_PORT = 8787
export const DEFAULT_STATE_FOLDER = '.dateline'
const DEFAULT_MANUSCRIPT_FOLDER = 'articles'
/** Reading KV on this machine is cheap, and everything is to be seen within two seconds. */
const EMBEDDED_MEMORY_SECONDS = '1'
/** What `ARTICLES` says when nothing is to be published at the start. */
const NO_ARTICLES = 'none'

/** Settings of `wrangler.toml [vars]` that the environment may overrule. */
const OVERRIDABLE =
  `TITLE DESCRIPTION LANGUAGE SITE_URL SHORT_URL ALLOWED_HOSTS TAG_AUTHORITY TAG_DATE PUBLISHER
   CONTACT LOGO_URL ICON_URL COPYRIGHT FEED_LENGTH MEMORY_SECONDS NO_DELTA_AGENTS TRUSTED_PROXY
   WITHDRAWAL_NOTICE_DAYS`.split(/\s+/)

export type EmbeddedSettings = {
  port: number
  stateFolder: string
  vars: Record<string, string>
  token?: string
  /** Folder of the manuscripts that a start publishes; absent: it publishes nothing. */
  manuscriptFolder?: string
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
export function readEmbeddedSettings(
  environment: NodeJS.ProcessEnv,
  baseFolder: string,
): EmbeddedSettings {
  const portText = environment['PORT'] ?? ''
  const port = portText === '' ? DEFAULT_PORT : Number(portText)
  if (!/^\d*$/.test(portText) || port < 1 || port > 65_535) {
    throw new CannotStart(`PORT is "${portText}", not a number from 1 to 65535`)
  }
  const localUrl = `http://${HOST}:${port}`
  const vars: Record<string, string> = {
    SITE_URL: localUrl,
    SHORT_URL: environment['SITE_URL'] ?? localUrl,
    MEMORY_SECONDS: EMBEDDED_MEMORY_SECONDS,
    TRUSTED_PROXY: NO_PROXY,
  }
  for (const name of OVERRIDABLE) {
    const value = environment[name]
    // A shell's own LANGUAGE is a list of locales, such as en_GB:en, and nothing of ours.
    if (name === 'TRUSTED_PROXY' && !value?.trim()) continue
    if (value !== undefined && !(name === 'LANGUAGE' && /[_:]/.test(value))) vars[name] = value
  }
  const token = environment['DESK_TOKEN']
  if (token !== undefined && token.length < 16)
    throw new CannotStart('DESK_TOKEN is shorter than 16 characters')
  const articlesSetting = environment['ARTICLES'] || DEFAULT_MANUSCRIPT_FOLDER
  const articleFolder = resolve(baseFolder, articlesSetting)
  if (articlesSetting !== NO_ARTICLES && !existsSync(articleFolder))
    throw new CannotStart(`ARTICLES is "${articlesSetting}", which is not there`)
  return {
    port,
    stateFolder: resolve(baseFolder, environment['DATELINE_STATE'] || DEFAULT_STATE_FOLDER),
    vars,
    ...(token !== undefined && { token }),
    ...(articlesSetting !== NO_ARTICLES && { manuscriptFolder: articleFolder }),
  }
}
