/**
 * Checks the documents against the code: docs/addresses.md lists exactly the addresses of the
 * router, the shorter table of README lists only existing ones, and every cited file exists.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { FOLDERS } from '../../src/model/channel.ts'
import { findOldFeed, findOldFolderKind } from '../../src/model/old-addresses.ts'
import { ROUTES } from '../../src/model/urls.ts'

const README = readFileSync('README.md', 'utf8')
const README_TABLE = /## Addresses\n([\s\S]*?)\n## /.exec(README)?.[1] ?? ''
const ADDRESSES = readFileSync('docs/addresses.md', 'utf8')

/** Routes that only redirect to another spelling, or match a group of addresses. */
const UNDOCUMENTED = new Set<string>([
  ROUTES.api,
  // Everything else: text pasted after a short link, and unknown addresses.
  ROUTES.any,
  ROUTES.linkSlash,
])

const formatPattern = (pattern: string): string =>
  pattern
    .replace(':file{[a-z0-9-]+\\.json}', ':id.json')
    .replace(/\{.*?\}(?=\/|$)/g, '')
    .replace('/*', '/…')

it('docs/addresses.md lists every address of the router', () => {
  const names = Object.values(ROUTES)
    .filter((pattern) => !UNDOCUMENTED.has(pattern))
    .map(formatPattern)
  expect(names.length).toBeGreaterThan(12)
  for (const name of names) {
    if (name.startsWith('/:folder')) {
      for (const folder of Object.values(FOLDERS)) expect(ADDRESSES).toContain(`\`/${folder}/:`)
    } else if (name === '/:file' || name === '/corrections/:file') {
      for (const file of ['rss.xml', 'atom.xml', 'feed.json'])
        expect(ADDRESSES).toContain(`\`${name.replace(':file', file)}\``)
    } else {
      expect(ADDRESSES, name).toMatch(
        new RegExp(`[\`\\s]${name.replace(/[.*+?^$()|]/g, '\\$&')}\``),
      )
    }
  }
})

it.each([
  ['docs/addresses.md', ADDRESSES, 12],
  ['README', README_TABLE, 8],
])('%s lists no address that does not exist', (_name, table, minimum) => {
  const firstSegments = Object.values(ROUTES).map((pattern) => formatPattern(pattern).split('/')[1])
  // `pasted-code.ts` parses the text after a code, not the router.
  const codePatterns = [':code+', ':code.svg', ':code+.json']
  const files = ['rss.xml', 'atom.xml', 'feed.json', ...Object.values(FOLDERS), ...codePatterns]
  const listedSegments = [...table.matchAll(/`(?:[A-Z]+ )?\/([^`/]*)[^`]*`/g)].map(
    ([, first = '']) => first,
  )
  expect(listedSegments.length).toBeGreaterThan(minimum)
  // An old feed address may name any section; the documents use `world` as the example.
  const isOldFeed = (first: string): boolean =>
    findOldFeed(first) !== undefined ||
    findOldFolderKind(first) !== undefined ||
    ['world', '?feed=rss2'].includes(first)
  for (const first of listedSegments.filter((each) => !isOldFeed(each)))
    expect([...firstSegments, ...files]).toContain(first)
})

it('every file that a document links to or cites exists', () => {
  const decisions = readdirSync('docs/decisions').map((file) => `docs/decisions/${file}`)
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    'docs/addresses.md',
    'docs/operate.md',
    'docs/performance.md',
    'docs/storage.md',
    ...decisions,
  ]
  for (const document of documents) {
    const text = readFileSync(document, 'utf8')
    const citedPaths = [...text.matchAll(/`((?:src|tests|docs)\/[\w./-]+)/g)].map(
      ([, path = '']) => path,
    )
    const linkedPaths = [...text.matchAll(/\]\((?!https?:|#)([\w./-]+)/g)].map(([, path = '']) =>
      join(dirname(document), path),
    )
    expect(
      document.startsWith('docs/decisions/') || citedPaths.length + linkedPaths.length > 0,
    ).toBe(true)
    for (const path of [...citedPaths, ...linkedPaths])
      expect(existsSync(path), `${document} cites ${path}`).toBe(true)
  }
})
