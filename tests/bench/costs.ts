/**
 * Measures the most expensive manuscripts, accepted or refused, in CPU seconds of this process.
 * Each manuscript repeats one construct of a parser (`tests/support/costly.ts`). There is no ratio,
 * because no bare worker does the same work.
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
/** How often the search for the largest accepted size halves the range. */
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

const acceptsMarkup = (form: 'markdown' | 'html') => (text: string) =>
  !('detail' in cleanMarkup(form, text, { origins: [PUBLICATION.siteUrl] }))
const acceptsManuscript = (type: 'application/json' | 'text/markdown') => (text: string) =>
  prepareManuscript(new TextEncoder().encode(text), type, 'x', PUBLICATION).ok
const unchanged = (text: string): string => text
const asFrontMatter = (text: string): string => `---\n${text}\n---\nText`

const { COSTLY_MARKDOWN, COSTLY_HTML, COSTLY_FRONT_MATTER, COSTLY_JSON } = costly
const KINDS: readonly Kind[] = [
  ['Markdown', COSTLY_MARKDOWN, LIMITS.sourceBytes, unchanged, acceptsMarkup('markdown')],
  ['HTML', COSTLY_HTML, LIMITS.sourceBytes, unchanged, acceptsMarkup('html')],
  [
    'front matter',
    COSTLY_FRONT_MATTER,
    64 * 1024,
    asFrontMatter,
    acceptsManuscript('text/markdown'),
  ],
  ['JSON', COSTLY_JSON, MAX_MANUSCRIPT_BYTES, unchanged, acceptsManuscript('application/json')],
]

/**
 * Measures each construct at nearly its largest allowed size. If that is refused, searches for its
 * largest accepted size. The table has the most expensive accepted constructs of each kind, and
 * then the most expensive refused ones: of each at most half of `maxRows`, rounded up.
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
    const row = [name, construct, cpu.toFixed(2), Buffer.byteLength(text), outcome]
    if (cpu > (worst.get(accepted)?.cpu ?? 0)) worst.set(accepted, { cpu, accepted, row })
    return accepted
  }
  let refusedSize = maxBytes - 1024
  let acceptedSize = measure(refusedSize) ? refusedSize : 0
  for (let halving = 0; acceptedSize < refusedSize && halving < HALVINGS; halving += 1) {
    const middle = Math.floor((acceptedSize + refusedSize) / 2)
    if (measure(middle)) acceptedSize = middle
    else refusedSize = middle
  }
  return [...worst.values()]
}
