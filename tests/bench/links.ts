/**
 * Measures short links in a small ledger and in one with a million links. First it measures the
 * desk's own functions on Node's SQLite, whose cache of 2 MB holds the whole small ledger and a
 * hundredth of the large one. Then it starts a desk with each ledger, and measures the requests for
 * which readers and editors wait, at the two desks in turn.
 */
import { randomBytes } from 'node:crypto'
import { applyDraft } from '../../src/desk/editing.ts'
import type { Ledger } from '../../src/desk/ledger/ledger.ts'
import { acceptLink, findSimilarCodes, lookUpCode } from '../../src/desk/linking.ts'
import { CODE_ALPHABET, CODE_LENGTH, mintCode } from '../../src/model/code.ts'
import { isReservedCode } from '../../src/model/urls.ts'
import { buildDraft, buildLinkDraft, expectOk, PUBLICATION } from '../support/drafts.ts'
import { compareWithFirst, growthAim, runInTurns, spread } from './comparison.ts'
import { openLedger, prepareEmptyFolder } from './desks.ts'
import { generateManuscript } from './manuscripts.ts'
import type { Cell, Part } from './report.ts'
import type { Running, Workshop } from './workshop.ts'

const MAX_GROWTH = 1.5
/**
 * For each article there are two codes of its own, and this many links to pages. Half of all codes
 * have eight characters.
 */
const PAGES_PER_ARTICLE = 2
const LINKS_PER_ARTICLE = 2 + PAGES_PER_ARTICLE
/** The length of the codes that editors chose. Codes of `CODE_LENGTH` were minted. */
const CHOSEN_LENGTH = 8
const ARTICLE_CHARACTERS = 1000
/** The number of embargoed articles, and the length of their codes. */
const EMBARGOED = 1500
const EMBARGOED_LENGTH = 9
/** The number of calls that are timed together, because one is too short for the clock. */
const CALLS_PER_SAMPLE = 5
const NEWS = { form: 'markdown', dated: false, seed: 5 } as const
const WARM_UP = 20
const NOW = Date.parse('2026-11-25T12:00:00Z')

/**
 * Maps each number to a different code of this length. The codes of neighbouring numbers are not
 * similar.
 */
export function formatCode(index: number, length: number): string {
  const codes = BigInt(CODE_ALPHABET.length) ** BigInt(length)
  let rest = (BigInt(index) * 15_485_863n + 12_345n * BigInt(length)) % codes
  let code = ''
  while (code.length < length) {
    code += CODE_ALPHABET[Number(rest % BigInt(CODE_ALPHABET.length))]
    rest /= BigInt(CODE_ALPHABET.length)
  }
  return code
}

/**
 * Creates functions that return the code of an article, of a page, and of an article with one
 * typing error. Successive turns get different codes. In a full run, only the small ledger has
 * fewer articles than there are turns, so some of its correct codes are used again.
 */
const createCodePicker = (articles: number) => {
  const first = (turn: number): number => ((turn * 7919) % articles) * LINKS_PER_ARTICLE
  const code = (turn: number, length = CODE_LENGTH): string => formatCode(first(turn), length)
  return {
    code,
    pageCode: (turn: number): string => formatCode(first(turn) + 1, CODE_LENGTH),
    misspelt: (turn: number, length = CODE_LENGTH): string => {
      const right = code(turn, length)
      const at = turn % length
      const place = CODE_ALPHABET.indexOf(right.charAt(at)) + 1 + (Math.floor(turn / length) % 29)
      const wrong = CODE_ALPHABET[place % CODE_ALPHABET.length]
      return right.slice(0, at) + wrong + right.slice(at + 1)
    },
  }
}
type Codes = ReturnType<typeof createCodePicker>

/** Does everything that the desk does for an unknown code: look-up, suggestions, and counting. */
function answerUnknown(ledger: Ledger, folded: string): void {
  ledger.listPublishedCodes(folded)
  lookUpCode(ledger, folded, undefined, NOW)
}
const context = { now: NOW, randomBytes: (count: number) => randomBytes(count) }
const assertExpected = (isExpected: boolean): void => {
  if (!isExpected) throw new Error('A measured call returned an unexpected result')
}

type Work<C> = Readonly<Record<string, (contestant: C & Codes, turn: number) => unknown>>
const WORK: Work<{ ledger: Ledger }> = {
  "look up an article's code": ({ ledger, code }, turn) => ledger.listPublishedCodes(code(turn)),
  "look up a page's code": ({ ledger, pageCode }, turn) =>
    ledger.listPublishedCodes(pageCode(turn)),
  'mint a code': ({ ledger }) =>
    mintCode(
      context.randomBytes,
      (folded) => isReservedCode(folded) || ledger.hasFoldedCode(folded),
    ),
  'count an unknown code': ({ ledger }, turn) =>
    ledger.countUnknownCode(formatCode(turn, 11), '2026-11-25', '2026-08-27', 1000),
  'suggest similar codes, 8 characters': ({ ledger, misspelt }, turn) =>
    assertExpected(findSimilarCodes(ledger, misspelt(turn, CHOSEN_LENGTH)).length === 1),
  'suggest similar codes, 5 characters': ({ ledger, misspelt }, turn) =>
    assertExpected(findSimilarCodes(ledger, misspelt(turn)).length > 0),
  'answer an unknown code, 8 characters': ({ ledger, misspelt }, turn) =>
    answerUnknown(ledger, misspelt(turn, CHOSEN_LENGTH)),
  'answer an unknown code, 5 characters': ({ ledger, misspelt }, turn) =>
    answerUnknown(ledger, misspelt(turn)),
  'make a link': ({ ledger }, turn) => {
    const link = buildLinkDraft(formatCode(turn, 10), { url: `https://news.example/pages/${turn}` })
    expectOk(acceptLink(ledger, PUBLICATION, link, {}, context))
  },
  'publish an article': ({ ledger }, turn) => {
    const more = { tags: ['space', 'lahore'], section: 'World', html: 'x'.repeat(3000) }
    expectOk(applyDraft(ledger, buildDraft(`new-${turn}`, more), {}, context))
  },
}

/** The measured requests to a desk. They throw at an unexpected response. */
const REQUESTS: Work<{ desk: Running }> = {
  'reader: a code that only the desk knows': ({ desk, code }, turn) =>
    follow(desk, code(turn), 302),
  'reader: an unknown code, 5 characters': ({ desk, misspelt }, turn) =>
    follow(desk, misspelt(turn), 404),
  'editor: publish an article': ({ desk }, turn) => desk.put(generateManuscript(turn, NEWS)),
}

async function follow(desk: Running, code: string, status: number): Promise<void> {
  // Each request comes from another client, because unknown codes are limited for each client.
  const headers = { Accept: 'text/html', 'CF-Connecting-IP': code }
  const response = await desk.get(`/${code}`, { headers })
  if (response.status !== status) throw new Error(`/${code} is ${response.status}`)
}

/**
 * Measures each function with both ledgers in turn; then unknown and embargoed codes in turn, with
 * the large ledger; then the requests to two running desks in turn.
 */
export async function measureLinks(
  workshop: Workshop,
  {
    few,
    many,
    samples,
    requests: requestCount,
  }: { few: number; many: number; samples: number; requests: number },
): Promise<Part> {
  const folders: (Codes & { stateFolder: string })[] = []
  for (const links of [few, many]) {
    workshop.logProgress(`a ledger of ${links} links`)
    const articles = Math.floor(links / LINKS_PER_ARTICLE)
    const stateFolder = await prepareLinkFolder(workshop, articles)
    folders.push({ ...createCodePicker(articles), stateFolder })
  }
  const results: LinkTimes[] = []
  const ledgers = folders.map((folder) => ({ ...folder, ...openLedger(folder.stateFolder) }))
  for (const [name, work] of Object.entries(WORK)) {
    workshop.logProgress(name)
    const times = await measureMicroseconds(ledgers, samples, work)
    results.push({ name, times, comparedWith: 'the small ledger' })
  }
  workshop.logProgress('embargoed codes and unknown ones')
  // None of these codes is similar to another one. Those of the numbers below EMBARGOED belong to
  // embargoed articles, the others are unknown.
  const codes = [EMBARGOED, 0].flatMap((first) =>
    ledgers.slice(-1).map(({ ledger }) => ({ ledger, first })),
  )
  results.push({
    name: 'answer an embargoed code',
    times: await measureMicroseconds(codes, samples, ({ ledger, first }, turn) =>
      answerUnknown(ledger, formatCode(first + turn, EMBARGOED_LENGTH)),
    ),
    comparedWith: 'an unknown code',
  })
  for (const { database } of ledgers) {
    database.exec('DELETE FROM outbox')
    database.close()
  }
  const sides: (Codes & { desk: Running })[] = []
  for (const { stateFolder, ...codes } of folders)
    sides.push({ ...codes, desk: await workshop.start({ stateFolder }) })
  for (const [name, request] of Object.entries(REQUESTS)) {
    workshop.logProgress(name)
    const times = await runInTurns(
      sides,
      { warmUp: WARM_UP, turns: requestCount },
      async (side, turn) => {
        const began = performance.now()
        await request(side, turn)
        const time = (performance.now() - began) * 1000
        await side.desk.waitForOutbox()
        return time
      },
    )
    results.push({ name, times, comparedWith: 'the small ledger' })
  }
  return linkPart([few, many], results)
}

/**
 * `times` has the microseconds of each contestant. They are the ledgers, the small one first, or an
 * unknown and an embargoed code.
 */
export type LinkTimes = {
  name: string
  times: number[][]
  comparedWith: 'the small ledger' | 'an unknown code'
}

export function linkPart(sizes: readonly number[], results: readonly LinkTimes[]): Part {
  const rows = results.flatMap(({ name, times, comparedWith }) =>
    sizes
      .map((links, index): Cell[] => [
        ...[name, links, ...spread(times[index])],
        ...[index > 0 ? comparedWith : '', compareWithFirst(times, index)],
      ])
      .slice(comparedWith === 'the small ledger' ? 0 : 1),
  )
  const aims = results
    .filter(({ comparedWith }) => comparedWith === 'the small ledger')
    .flatMap(({ name, times }) =>
      growthAim(name, { sizes, things: 'links', most: MAX_GROWTH }, times),
    )
  const head = [
    ...[
      'short links, at the desk',
      'links in the ledger',
      'p50 µs',
      'p99 µs',
      'compared with',
      'times',
    ],
  ]
  return { tables: [{ head, rows }], aims }
}

/** Resolves with the microseconds of a call, by contestant. */
const measureMicroseconds = <C>(
  contestants: readonly C[],
  samples: number,
  work: (contestant: C, turn: number) => unknown,
): Promise<number[][]> =>
  runInTurns(contestants, { warmUp: WARM_UP, turns: samples }, (contestant, turn) => {
    const began = performance.now()
    for (let each = 0; each < CALLS_PER_SAMPLE; each += 1)
      work(contestant, turn * CALLS_PER_SAMPLE + each)
    return ((performance.now() - began) * 1000) / CALLS_PER_SAMPLE
  })

/**
 * Prepares the state folder of a desk with many articles, their codes, links to pages, some
 * embargoed articles, and an empty outbox.
 */
async function prepareLinkFolder(workshop: Workshop, articles: number): Promise<string> {
  const stateFolder = await prepareEmptyFolder(workshop)
  const { database } = openLedger(stateFolder)
  database.function('code_of', (index, length) => formatCode(Number(index), Number(length)))
  database.exec(buildInsertions(articles))
  database.close()
  return stateFolder
}

const buildInsertions = (articles: number): string => `
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
      UNION ALL SELECT code_of(${LINKS_PER_ARTICLE} * i, ${CHOSEN_LENGTH}), printf('story-%07d', i), NULL, NULL, NULL FROM number
      UNION ALL SELECT code, NULL, 'https://news.example/pages/' || code, 1.6e9, 1 FROM (
        SELECT code_of(${LINKS_PER_ARTICLE} * i + 1, ${CODE_LENGTH}) AS code FROM number
        UNION ALL SELECT code_of(${LINKS_PER_ARTICLE} * i + 1, ${CHOSEN_LENGTH}) FROM number) ORDER BY 1);
  INSERT INTO omission (form, folded)
    WITH RECURSIVE place (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM place WHERE at < ${EMBARGOED_LENGTH})
    SELECT DISTINCT form, folded FROM (
      SELECT substr(folded, 1, at - 1) || substr(folded, at + 1) AS form, folded
      FROM code CROSS JOIN place WHERE article LIKE 'story-%' AND at <= length(folded)
      UNION ALL SELECT folded, folded FROM code WHERE article LIKE 'story-%') ORDER BY form, folded;
  DROP TABLE number;
  COMMIT;`
