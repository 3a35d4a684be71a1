/**
 * What short links cost with a million of them in the ledger: two desks that differ only in how many links they have, asked
 * in turn. First the desk's own code on Node's own SQLite, whose cache of 2 MB holds the whole of the small ledger and a
 * hundredth of the large one; then what readers and editors wait for.
 */
import { randomBytes } from 'node:crypto'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { accept } from '../../src/desk/editing.ts'
import { createLedger, type Ledger, type Sql } from '../../src/desk/ledger/ledger.ts'
import { acceptLink, answerCode, nearCodes } from '../../src/desk/linking.ts'
import { CODE_ALPHABET, CODE_LENGTH, mintCode } from '../../src/model/code.ts'
import { isReservedCode } from '../../src/model/urls.ts'
import { draft, linkDraft, PUBLICATION } from '../support/drafts.ts'
import { transactionOf } from '../support/sqlite.ts'
import { madeUp } from './manuscripts.ts'
import { ledgerFile } from './past.ts'
import { median, medianRatio, percentile } from './statistics.ts'
import { type Running, settled, type Workshop } from './workshop.ts'

/** Microseconds of one piece of work. */
type Spread = { p50: number; p99: number }
export type LinkRow = {
  case: string
  links: number
  time: Spread
  /** What it is compared with, and how many times as long it takes. */
  against?: { what: string; ratio: number }
}
/** `asks`: of a running desk, for each kind of request. */
export type LinkBounds = { few: number; many: number; samples: number; asks: number }

/** An article has two codes and so many links to pages stand beside it; half of all codes have eight characters. */
const PAGES_PER_ARTICLE = 2
const LINKS_PER_ARTICLE = 2 + PAGES_PER_ARTICLE
const GIVEN_LENGTH = 8
const ARTICLE_CHARACTERS = 1000
const EMBARGOED = 1500
const EMBARGOED_LENGTH = 9
/** Pieces of work that are timed together: one alone is as short as the clock is fine. */
const AT_ONCE = 5
const NEWS_SEED = 5
const WARM_UP = 20
const LAST_DAY = Date.parse('2026-11-25T12:00:00Z')

/** Every number has another code of each length; neighbours have nothing in common. */
export function codeOf(index: number, length: number): string {
  const codes = BigInt(CODE_ALPHABET.length) ** BigInt(length)
  let rest = (BigInt(index) * 15_485_863n + 12_345n * BigInt(length)) % codes
  let code = ''
  while (code.length < length) {
    code += CODE_ALPHABET[Number(rest % BigInt(CODE_ALPHABET.length))]
    rest /= BigInt(CODE_ALPHABET.length)
  }
  return code
}

type Contestant = { ledger: Ledger; links: number; articles: number; close: () => void }
/** `turn` counts on, so that no code is asked for twice. */
type Work = (contestant: Contestant, turn: number) => void

const articleCode = (turn: number, articles: number, length: number): string =>
  codeOf(((turn * 7919) % articles) * LINKS_PER_ARTICLE, length)
/** One character of a code typed wrong, another one each time that the code comes round. */
function misspelt(code: string, turn: number): string {
  const at = turn % code.length
  const place = CODE_ALPHABET.indexOf(code.charAt(at)) + 1 + (Math.floor(turn / code.length) % 29)
  return code.slice(0, at) + CODE_ALPHABET[place % CODE_ALPHABET.length] + code.slice(at + 1)
}
function lookUpInVain(ledger: Ledger, folded: string): void {
  ledger.knownCodes(folded)
  answerCode(ledger, folded, undefined, LAST_DAY)
}
const moment = { now: LAST_DAY, randomBytes: (count: number) => randomBytes(count) }
const must = ({ ok }: { ok: boolean }): void => {
  if (!ok) throw new Error('A piece of work was refused')
}

const WORK: Readonly<Record<string, Work>> = {
  "look up an article's code": ({ ledger, articles }, turn) =>
    void ledger.knownCodes(articleCode(turn, articles, CODE_LENGTH)),
  "look up a page's code": ({ ledger, articles }, turn) =>
    void ledger.knownCodes(codeOf(((turn * 7919) % articles) * LINKS_PER_ARTICLE + 1, CODE_LENGTH)),
  'mint a code': ({ ledger }) =>
    void mintCode(
      moment.randomBytes,
      (folded) => isReservedCode(folded) || ledger.foldedCodeExists(folded),
    ),
  'count an unknown code': ({ ledger }, turn) =>
    ledger.countMiss(codeOf(turn, 11), '2026-11-25', '2026-08-27', 1000),
  'suggest for a code of 8': ({ ledger, articles }, turn) => {
    const near = nearCodes(ledger, misspelt(articleCode(turn, articles, GIVEN_LENGTH), turn))
    must({ ok: near.length === 1 })
  },
  'suggest for a code of 5': ({ ledger, articles }, turn) => {
    const near = nearCodes(ledger, misspelt(articleCode(turn, articles, CODE_LENGTH), turn))
    must({ ok: near.length > 0 })
  },
  'answer an unknown code of 8, in all': ({ ledger, articles }, turn) =>
    lookUpInVain(ledger, misspelt(articleCode(turn, articles, GIVEN_LENGTH), turn)),
  'answer an unknown code of 5, in all': ({ ledger, articles }, turn) =>
    lookUpInVain(ledger, misspelt(articleCode(turn, articles, CODE_LENGTH), turn)),
  'make a link': ({ ledger }, turn) =>
    must(
      acceptLink(
        ledger,
        PUBLICATION,
        linkDraft(codeOf(turn, 10), { url: `https://news.example/pages/${turn}` }),
        {},
        moment,
      ),
    ),
  'publish an article': ({ ledger }, turn) => {
    const more = { tags: ['space', 'lahore'], section: 'World', html: 'x'.repeat(3000) }
    must(accept(ledger, draft(`new-${turn}`, more), {}, moment))
  },
}

/** What is asked of a desk over HTTP; throws when it answers anything else. */
const REQUESTS: Readonly<Record<string, (asked: Asked, turn: number) => Promise<void>>> = {
  'reader: a code that is not on the wire': async ({ desk, articles }, turn) =>
    follow(desk, articleCode(turn, articles, CODE_LENGTH), 302),
  'reader: an unknown code of 5': async ({ desk, articles }, turn) =>
    follow(desk, misspelt(articleCode(turn, articles, CODE_LENGTH), turn), 404),
  'editor: an article, acknowledged': async ({ desk }, turn) => {
    const { id, ...manuscript } = madeUp(turn, { form: 'markdown', dated: false, seed: NEWS_SEED })
    const headers = { 'Content-Type': 'application/json' }
    const body = JSON.stringify(manuscript)
    await (await desk.api(`/api/articles/${id}`, { method: 'PUT', headers, body })).arrayBuffer()
  },
}

async function follow(desk: Running, code: string, status: number): Promise<void> {
  // Somebody else each time, or the limiter of unknown codes would answer.
  const headers = { Accept: 'text/html', 'CF-Connecting-IP': code }
  const answer = await desk.get(`/${code}`, { headers })
  await answer.arrayBuffer()
  if (answer.status !== status) throw new Error(`/${code} is ${answer.status}`)
}

/** Each piece of work in turn; embargoed codes and unknown ones in turn; and then two desks that run. */
export async function measureLinks(
  workshop: Workshop,
  { few, many, samples, asks }: LinkBounds,
  tell: (line: string) => void,
): Promise<LinkRow[]> {
  const folders = []
  for (const links of [few, many]) {
    tell(`a ledger of ${links} links`)
    folders.push({ links, stateFolder: await folderWithLinks(workshop, links) })
  }
  const contestants = folders.map(({ links, stateFolder }) => open(stateFolder, links))
  const rows: LinkRow[] = []
  for (const [name, work] of Object.entries(WORK)) {
    tell(name)
    const works = contestants.map((contestant) => (turn: number) => work(contestant, turn))
    rows.push(...toRows(name, contestants, inTurns(works, samples)))
  }
  const [, large] = contestants
  if (large) {
    tell('embargoed codes and unknown ones')
    rows.push(embargo(large, samples))
  }
  for (const { close } of contestants) close()
  return [...rows, ...(await measureRequests(workshop, folders, asks, tell))]
}

const toRows = (name: string, sides: { links: number }[], times: number[][]): LinkRow[] =>
  sides.map(({ links }, index) => {
    const against = { what: 'the fewest', ratio: medianRatio(times[1] ?? [], times[0] ?? []) }
    return { case: name, links, time: spread(times[index]), ...(index > 0 && { against }) }
  })

type Asked = { desk: Running; links: number; articles: number }

async function measureRequests(
  workshop: Workshop,
  folders: { links: number; stateFolder: string }[],
  asks: number,
  tell: (line: string) => void,
): Promise<LinkRow[]> {
  const sides: Asked[] = []
  for (const { links, stateFolder } of folders)
    sides.push({
      links,
      articles: articlesAmong(links),
      desk: await workshop.start({ stateFolder }),
    })
  const rows: LinkRow[] = []
  for (const [name, request] of Object.entries(REQUESTS)) {
    tell(name)
    const times = sides.map((): number[] => [])
    for (let ask = -WARM_UP; ask < asks; ask += 1)
      for (let place = 0; place < sides.length; place += 1) {
        const index = (Math.abs(ask) + place) % sides.length
        const side = sides[index]
        if (!side) continue
        const began = performance.now()
        await request(side, ask + WARM_UP)
        if (ask >= 0) times[index]?.push((performance.now() - began) * 1000)
        await settled(side.desk)
      }
    rows.push(...toRows(name, sides, times))
  }
  for (const { desk } of sides) await desk.stop()
  return rows
}

/** Of each pair of codes one is an embargoed article's, and neither is near to any other code. */
function embargo({ ledger, links }: Contestant, samples: number): LinkRow {
  const times = inTurns(
    [
      (turn) => lookUpInVain(ledger, codeOf(turn, EMBARGOED_LENGTH)),
      (turn) => lookUpInVain(ledger, codeOf(EMBARGOED + turn, EMBARGOED_LENGTH)),
    ],
    samples,
  )
  const ratio = medianRatio(times[0] ?? [], times[1] ?? [])
  const against = { what: 'an unknown one', ratio }
  return { case: 'answer an embargoed code, in all', links, time: spread(times[0]), against }
}

/** Microseconds of each piece of work, by who did it; who goes first changes. */
function inTurns(works: ((turn: number) => void)[], samples: number): number[][] {
  const times = works.map((): number[] => [])
  for (let sample = -WARM_UP; sample < samples; sample += 1) {
    for (let place = 0; place < works.length; place += 1) {
      const index = (Math.abs(sample) + place) % works.length
      const began = performance.now()
      for (let each = 0; each < AT_ONCE; each += 1)
        works[index]?.((sample + WARM_UP) * AT_ONCE + each)
      const taken = ((performance.now() - began) * 1000) / AT_ONCE
      if (sample >= 0) times[index]?.push(taken)
    }
  }
  return times
}

const spread = (times: number[] = []): Spread => ({
  p50: median(times),
  p99: percentile(times, 0.99),
})

const articlesAmong = (links: number): number => Math.floor(links / LINKS_PER_ARTICLE)

/** State folder of a desk with so many codes: of articles, of pages, and of some embargoed articles. Nothing is owed. */
async function folderWithLinks(workshop: Workshop, links: number): Promise<string> {
  const stateFolder = workshop.newFolder(`links-${links}`)
  const desk = await workshop.start({ stateFolder })
  await desk.api('/api/wake', { method: 'POST' })
  await settled(desk)
  await desk.stop()
  const database = new DatabaseSync(ledgerFile(stateFolder))
  database.function('code_of', (index, length) => codeOf(Number(index), Number(length)))
  // Nothing is lost that could not be made again.
  database.exec('PRAGMA synchronous = OFF')
  database.exec(bulk(articlesAmong(links)))
  database.close()
  return stateFolder
}

function open(stateFolder: string, links: number): Contestant {
  const database = new DatabaseSync(ledgerFile(stateFolder))
  database.exec('PRAGMA synchronous = OFF')
  const ledger = createLedger(keepingStatements(database), transactionOf(database))
  const close = (): void => {
    database.exec('DELETE FROM outbox')
    database.close()
  }
  return { ledger, links, articles: articlesAmong(links), close }
}

const bulk = (articles: number): string => `
  BEGIN;
  CREATE TEMP TABLE number AS
    WITH RECURSIVE each (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM each WHERE i < ${articles - 1}) SELECT i FROM each;
  INSERT INTO article (id, state, revision, digest, code, published, updated, ever_public, story, html, source)
    SELECT printf('story-%07d', i), 'public', 1, 'd', code_of(${LINKS_PER_ARTICLE} * i, ${CODE_LENGTH}), 1.6e9 + i, 1.6e9 + i, 1,
      json_object('title', 'Story ' || i, 'language', 'en'), printf('%.${ARTICLE_CHARACTERS}c', 'x'), 'x' FROM number;
  INSERT INTO article (id, state, revision, digest, code, published, updated, ever_public, story, html, source)
    SELECT printf('embargoed-%07d', i), 'embargoed', 1, 'd', code_of(i, ${EMBARGOED_LENGTH}), 4e9, 4e9, 0,
      json_object('title', 'Later ' || i, 'language', 'en'), printf('%.${ARTICLE_CHARACTERS}c', 'x'), 'x'
    FROM (WITH RECURSIVE each (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM each WHERE i < ${EMBARGOED - 1}) SELECT i FROM each);
  INSERT INTO code (folded, code, article, url, created, updated, revision, change)
    SELECT code, code, id, url, made, made, revision, CASE WHEN url IS NULL THEN NULL ELSE row_number() OVER () END FROM (
      SELECT code, id, NULL AS url, NULL AS made, NULL AS revision FROM article
      UNION ALL SELECT code_of(${LINKS_PER_ARTICLE} * i, ${GIVEN_LENGTH}), printf('story-%07d', i), NULL, NULL, NULL FROM number
      UNION ALL SELECT code, NULL, 'https://news.example/pages/' || code, 1.6e9, 1 FROM (
        SELECT code_of(${LINKS_PER_ARTICLE} * i + 1, ${CODE_LENGTH}) AS code FROM number
        UNION ALL SELECT code_of(${LINKS_PER_ARTICLE} * i + 1, ${GIVEN_LENGTH}) FROM number) ORDER BY 1);
  INSERT INTO omission (form, folded)
    WITH RECURSIVE place (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM place WHERE at < ${EMBARGOED_LENGTH})
    SELECT DISTINCT form, folded FROM (
      SELECT substr(folded, 1, at - 1) || substr(folded, at + 1) AS form, folded
      FROM code CROSS JOIN place WHERE article LIKE 'story-%' AND at <= length(folded)
      UNION ALL SELECT folded, folded FROM code WHERE article LIKE 'story-%') ORDER BY form, folded;
  DROP TABLE number;
  COMMIT;`

/** As a Durable Object does: a statement is prepared once. */
function keepingStatements(database: DatabaseSync): Sql {
  const statements = new Map<string, StatementSync>()
  return {
    exec: (query, ...bindings) => {
      if (bindings.length === 0 && query.includes(';')) {
        database.exec(query)
        return { toArray: () => [] }
      }
      const statement = statements.get(query) ?? database.prepare(query)
      statements.set(query, statement)
      const rows = statement.all(...bindings) as Record<string, unknown>[]
      return { toArray: () => rows }
    },
  }
}
