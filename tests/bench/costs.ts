/**
 * What the most expensive manuscripts cost to read, accepted or refused, each construct by itself,
 * in CPU seconds of this process: there is no bare worker that would do the same.
 */
import { MAX_BODY_BYTES, prepareManuscript } from '../../src/manuscript/manuscript.ts'
import { cleanMarkup } from '../../src/manuscript/sanitize.ts'
import { LIMITS } from '../../src/model/rules.ts'
import {
  COSTLY_FRONT_MATTER,
  COSTLY_HTML,
  COSTLY_JSON,
  COSTLY_MARKDOWN,
  type Construct,
} from '../support/costly.ts'

/** `bytes`: how large the most expensive one was. */
export type CostRow = {
  kind: string
  construct: string
  cpuSeconds: number
  bytes: number
  accepted: boolean
}

const SETTINGS = {
  language: 'en',
  siteUrl: 'https://news.example',
  shortUrl: 'https://nws.example',
}
/** Calls the parser of everything that Markdown may hold. */
const GFM = '~\n\n'
const HALVINGS = 8

/** Whether a text is accepted. */
type Read = (text: string) => boolean

const asMarkup =
  (form: 'markdown' | 'html'): Read =>
  (text) =>
    !('detail' in cleanMarkup(form, text, { origins: [SETTINGS.siteUrl] }))
const asManuscript =
  (type: 'application/json' | 'text/markdown'): Read =>
  (text) =>
    prepareManuscript(new TextEncoder().encode(text), type, 'x', SETTINGS).ok

type Kind = {
  kind: string
  constructs: Record<string, Construct>
  most: number
  before: string
  after: string
  read: Read
}

const KINDS: readonly Kind[] = [
  {
    kind: 'Markdown',
    constructs: COSTLY_MARKDOWN,
    most: LIMITS.sourceBytes,
    before: GFM,
    after: '',
    read: asMarkup('markdown'),
  },
  {
    kind: 'HTML',
    constructs: COSTLY_HTML,
    most: LIMITS.sourceBytes,
    before: '',
    after: '',
    read: asMarkup('html'),
  },
  {
    kind: 'front matter',
    constructs: COSTLY_FRONT_MATTER,
    most: 64 * 1024,
    before: '---\n',
    after: '\n---\nText',
    read: asManuscript('text/markdown'),
  },
  {
    kind: 'JSON',
    constructs: COSTLY_JSON,
    most: MAX_BODY_BYTES,
    before: '',
    after: '',
    read: asManuscript('application/json'),
  },
]

/**
 * For each construct the largest that is allowed, and, when that is refused, the largest that is
 * accepted. Of each kind the most expensive that were accepted, and then the most expensive that
 * were refused: `most` in all.
 */
export function measureCosts(most: number, tell: (line: string) => void): CostRow[] {
  return KINDS.flatMap((kind) => {
    tell(`the most expensive ${kind.kind}`)
    const rows = Object.entries(kind.constructs)
      .flatMap(([construct, make]) => mostExpensive(kind, construct, make))
      .sort((a, b) => b.cpuSeconds - a.cpuSeconds)
    return [true, false].flatMap((accepted) =>
      rows.filter((row) => row.accepted === accepted).slice(0, Math.ceil(most / 2)),
    )
  })
}

/** At most one row for what was accepted, and one for what was refused. */
function mostExpensive(
  { kind, most, before, after, read }: Kind,
  construct: string,
  make: Construct,
): CostRow[] {
  const worst = new Map<boolean, CostRow>()
  const measure = (bytes: number): boolean => {
    const text = before + make(bytes) + after
    const began = process.cpuUsage()
    const accepted = read(text)
    const { user, system } = process.cpuUsage(began)
    const cpuSeconds = (user + system) / 1e6
    if (cpuSeconds > (worst.get(accepted)?.cpuSeconds ?? 0))
      worst.set(accepted, { kind, construct, cpuSeconds, bytes: text.length, accepted })
    return accepted
  }
  let refused = most - 1024
  if (!measure(refused)) {
    let accepted = 0
    for (let halving = 0; halving < HALVINGS; halving += 1) {
      const middle = Math.floor((accepted + refused) / 2)
      if (measure(middle)) accepted = middle
      else refused = middle
    }
  }
  return [...worst.values()]
}
