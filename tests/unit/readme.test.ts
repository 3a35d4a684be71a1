/**
 * README is true: it names every address that the router knows, and every file it links to is
 * there.
 */
import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { FOLDERS } from '../../src/model/channel.ts'
import { fileOfOldFeed, kindOfOldFolder, ROUTES } from '../../src/model/urls.ts'

const README = readFileSync('README.md', 'utf8')
const TABLE = /## Addresses\n([\s\S]*?)\n## /.exec(README)?.[1] ?? ''

/** Routes that only lead to another spelling, or stand for a whole part. */
const UNNAMED = new Set<string>([
  ROUTES.api,
  // Whatever is left: what is pasted behind a short link, and what is not there.
  ROUTES.any,
  ROUTES.articleAlike,
  ROUTES.articleSlash,
  ROUTES.linkSlash,
  ROUTES.oldFeed,
  ROUTES.oldChannelFeed,
  ROUTES.oldFolderFeed,
  ROUTES.oldSectionFeed,
])

const printed = (pattern: string): string =>
  pattern
    .replace(':file{[a-z0-9-]+\\.json}', ':id.json')
    .replace(/\{.*?\}(?=\/|$)/g, '')
    .replace('/*', '/…')

it('README names every address of the router', () => {
  const names = Object.values(ROUTES)
    .filter((pattern) => !UNNAMED.has(pattern))
    .map(printed)
  expect(names.length).toBeGreaterThan(12)
  for (const name of names) {
    if (name.startsWith('/:folder')) {
      for (const folder of Object.values(FOLDERS)) expect(TABLE).toContain(`\`/${folder}/:`)
    } else if (name === '/:file' || name === '/corrections/:file') {
      for (const file of ['rss.xml', 'atom.xml', 'feed.json'])
        expect(TABLE).toContain(`\`${name.replace(':file', file)}\``)
    } else {
      expect(TABLE, name).toMatch(new RegExp(`[\`\\s]${name.replace(/[.*+?^$()|]/g, '\\$&')}\``))
    }
  }
})

it('README names no address that is not there', () => {
  const known = Object.values(ROUTES).map((pattern) => printed(pattern).split('/')[1])
  // What stands behind a code is read by `pasted.ts`, not by the router.
  const suffixed = [':code+', ':code.svg', ':code+.json']
  const files = ['rss.xml', 'atom.xml', 'feed.json', ...Object.values(FOLDERS), ...suffixed]
  const named = [...TABLE.matchAll(/`(?:[A-Z]+ )?\/([^`/]*)[^`]*`/g)].map(([, first = '']) => first)
  expect(named.length).toBeGreaterThan(12)
  // A section of old may have any name; the example is called the world.
  const old = (first: string): boolean =>
    fileOfOldFeed(first) !== undefined ||
    kindOfOldFolder(first) !== undefined ||
    ['world', '?feed=rss2'].includes(first)
  for (const first of named.filter((each) => !old(each)))
    expect([...known, ...files]).toContain(first)
})

it('every file that README, CONTRIBUTING and the decisions link to or cite is there', () => {
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    'docs/storage.md',
    'docs/decisions/001-one-desk.md',
    'docs/decisions/002-outbox.md',
    'docs/decisions/003-feed-library.md',
    'docs/operate.md',
  ]
  for (const document of documents) {
    const cited = [
      ...readFileSync(document, 'utf8').matchAll(/(?:\]\(|`)((?:src|tests|docs)\/[\w./-]+)/g),
    ]
    expect(cited.length, document).toBeGreaterThan(0)
    for (const [, path = ''] of cited)
      expect(existsSync(path), `${document} cites ${path}`).toBe(true)
  }
})
