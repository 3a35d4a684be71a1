/**
 * Reads the settings of the embedded desk from the environment. An invalid setting throws
 * `CannotStart`, whose message is one sentence for the operator.
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { NO_PROXY } from '../model/publication.ts'

/** The only address that the desk listens on. */
export const HOST = '127.0.0.1'
export const DEFAULT_PORT = 8787
export const DEFAULT_STATE_FOLDER = '.dateline'
const DEFAULT_MANUSCRIPT_FOLDER = 'articles'
/** Reading KV is cheap on this machine, and changes must be visible within two seconds. */
const EMBEDDED_MEMORY_SECONDS = '1'
/** The value of `ARTICLES` for a start that publishes nothing. */
const NO_ARTICLES = 'none'

/** Settings of `wrangler.toml [vars]` that the environment may override. */
const OVERRIDABLE =
  `TITLE DESCRIPTION LANGUAGE SITE_URL SHORT_URL ALLOWED_HOSTS TAG_AUTHORITY TAG_DATE PUBLISHER
   CONTACT LOGO_URL ICON_URL COPYRIGHT FEED_LENGTH MEMORY_SECONDS NO_DELTA_AGENTS TRUSTED_PROXY
   WITHDRAWAL_NOTICE_DAYS`.split(/\s+/)

export type EmbeddedSettings = {
  port: number
  stateFolder: string
  vars: Record<string, string>
  token?: string
  /** The folder of the manuscripts that a start publishes. If absent, nothing is published. */
  manuscriptFolder?: string
}

/** Thrown if a start cannot continue. Its message is one sentence. */
export class CannotStart extends Error {
  constructor(why: string) {
    super(`Cannot start: ${why}`)
  }
}

/**
 * Parses the settings. Throws `CannotStart`. SITE_URL defaults to the address of this machine, and
 * SHORT_URL to SITE_URL.
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
    // An empty TRUSTED_PROXY keeps the default. The LANGUAGE of a shell is a list of locales such
    // as en_GB:en, and is ignored.
    if (name === 'TRUSTED_PROXY' && !value?.trim()) continue
    if (value !== undefined && !(name === 'LANGUAGE' && /[_:]/.test(value))) vars[name] = value
  }
  const token = environment['DESK_TOKEN']
  if (token !== undefined && token.length < 16)
    throw new CannotStart('DESK_TOKEN is shorter than 16 characters')
  const articlesSetting = environment['ARTICLES'] || DEFAULT_MANUSCRIPT_FOLDER
  const articleFolder = resolve(baseFolder, articlesSetting)
  if (articlesSetting !== NO_ARTICLES && !existsSync(articleFolder))
    throw new CannotStart(`ARTICLES is "${articlesSetting}", but there is no such folder`)
  return {
    port,
    stateFolder: resolve(baseFolder, environment['DATELINE_STATE'] || DEFAULT_STATE_FOLDER),
    vars,
    ...(token !== undefined && { token }),
    ...(articlesSetting !== NO_ARTICLES && { manuscriptFolder: articleFolder }),
  }
}
