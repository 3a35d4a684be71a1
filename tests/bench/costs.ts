/**
 * Measures the most expensive manuscripts, accepted or refused, one construct at a time, in CPU
 * seconds of this process. There is no ratio, because no bare worker does the same work.
 */
import { prepareManuscript } from '../../src/manuscript/prepare.ts'
import { MAX_MANUSCRIPT_BYTES } from '../../src/manuscript/read.ts'
import { cleanMarkup } from '../../src/manuscript/sanitize.ts'
import { LIMITS } from '../../src/model/rules.ts'
import * as costly from '../support/costly.ts'
import { PUBLICATION } from '../support/drafts.ts'
import type { Cell, Part } from './report.ts'
import type { Workshop } from './workshop.ts'

const AIM_CPU_SECONDS = 0.5
const HALVINGS = 8

type Cost = { cpu: number; accepted: boolean; row: Cell[] }
/**
 * A kind of manuscript: its name, its constructs, the largest allowed size of a text, the function
 * that makes the input from a text, and the function that tests whether the input is accepted.
 */
type Kind = [
  kind: string,
  constructs: Record<string, costly.Construct>,
  maxBytes: number,
  build: (text: string) => string,
  isAccepted: (manuscript: string) => boolean,
]

const asMarkup = (form: 'markdown' | 'html') => (text: string) =>
  !('detail' in cleanMarkup(form, text, { origins: [PUBLICATION.siteUrl] }))
const asManuscript = (type: 'application/json' | 'text/markdown') => (text: string) =>
  prepareManuscript(new TextEncoder().encode(text), type, 'x', PUBLICATION).ok
const unchanged = (text: string): string => text
const asFrontMatter = (text: string): string => `---\n${text}\n---\nText`

const { COSTLY_MARKDOWN, COSTLY_HTML, COSTLY_FRONT_MATTER, COSTLY_JSON } = costly
const KINDS: readonly Kind[] = [
  ['Markdown', COSTLY_MARKDOWN, LIMITS.sourceBytes, unchanged, asMarkup('markdown')],
  ['HTML', COSTLY_HTML, LIMITS.sourceBytes, unchanged, asMarkup('html')],
  ['front matter', COSTLY_FRONT_MATTER, 64 * 1024, asFrontMatter, asManuscript('text/markdown')],
  ['JSON', COSTLY_JSON, MAX_MANUSCRIPT_BYTES, unchanged, asManuscript('application/json')],
]

/**
 * Measures each construct at its largest allowed size, and if that is refused, at its largest
 * accepted size. Returns the most expensive accepted ones of each kind, then the most expensive
 * refused ones, at most `maxRows` of each kind.
 */
export async function measureCosts(workshop: Workshop, maxRows: number): Promise<Part> {
  const costs = KINDS.flatMap((kind) => {
    const [name, constructs] = kind
    workshop.logProgress(`the most expensive ${name}`)
    const all = Object.entries(constructs)
      .flatMap(([construct, make]) => mostExpensive(kind, construct, make))
      .sort((a, b) => b.cpu - a.cpu)
    return [true, false].flatMap((accepted) =>
      all.filter((cost) => cost.accepted === accepted).slice(0, Math.ceil(maxRows / 2)),
    )
  })
  const worst = Math.max(...costs.map(({ cpu }) => cpu))
  const aim = {
    text: `the most expensive manuscript: at most ${AIM_CPU_SECONDS} CPU s`,
    measured: worst.toFixed(2),
    reached: worst <= AIM_CPU_SECONDS,
  }
  const head = ['the most expensive', 'construct', 'CPU s', 'bytes', 'outcome']
  return { tables: [{ head, rows: costs.map(({ row }) => row) }], aims: [aim] }
}

/**
 * Returns the most expensive accepted and the most expensive refused measurement of a construct.
 */
function mostExpensive(
  [name, , maxBytes, build, isAccepted]: Kind,
  construct: string,
  make: costly.Construct,
): Cost[] {
  const worst = new Map<boolean, Cost>()
  const measure = (bytes: number): boolean => {
    const text = build(make(bytes))
    const before = process.cpuUsage()
    const accepted = isAccepted(text)
    const { user, system } = process.cpuUsage(before)
    const cpu = (user + system) / 1e6
    const outcome = accepted ? 'accepted' : 'refused'
    const row = [name, construct, cpu.toFixed(2), text.length, outcome]
    if (cpu > (worst.get(accepted)?.cpu ?? 0)) worst.set(accepted, { cpu, accepted, row })
    return accepted
  }
  let refusedSize = maxBytes - 1024
  let accepted = measure(refusedSize) ? refusedSize : 0
  for (let halving = 0; accepted < refusedSize && halving < HALVINGS; halving += 1) {
    const middle = Math.floor((accepted + refusedSize) / 2)
    if (measure(middle)) accepted = middle
    else refusedSize = middle
  }
  return [...worst.values()]
}
