/**
 * The shape of the source (docs and CONTRIBUTING promise it): imports point downward, each library and each
 * secret of the trade has one owner, and the language is used without its back doors.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../../src')

type Source = { path: string; text: string; code: string; imports: string[] }

const sources: Source[] = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path))
  .sort()
  .map((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8')
    const code = withoutComments(text)
    return { path, text, code, imports: importsOf(code) }
  })

/** Blanks comments and leaves strings, templates and regular expressions; lines stay where they are. */
function withoutComments(text: string): string {
  const token =
    /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*|(?<=[=(,:[!&|?{};\n]\s*)\/(?![*/])(?:[^\\/\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[dgimsuvy]*/g
  return text.replace(token, (found) =>
    /^\/[/*]/.test(found) ? found.replace(/[^\n]/g, ' ') : found,
  )
}

function importsOf(code: string): string[] {
  const statement =
    /(?:^|\n)\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g
  return [...code.matchAll(statement)].map((found) => found[1] ?? found[2] ?? '')
}

/** Path in src of a relative import; `undefined` for a package. */
function resolved(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? join(from, '..', specifier) : undefined
}

const inFolder = (path: string, folder: string): boolean => path.startsWith(`${folder}/`)

/** Files that break a rule, each with what it has there: an empty list is the rule kept. */
const offenders = (pattern: RegExp, allowed: (path: string) => boolean): string[] =>
  sources
    .filter(({ path }) => !allowed(path))
    .flatMap(({ path, code }) =>
      [...code.matchAll(new RegExp(pattern.source, `${pattern.flags}g`))].map(
        (found) => `${path}: ${found[0].trim()}`,
      ),
    )

const only =
  (...paths: string[]) =>
  (path: string): boolean =>
    paths.includes(path)

/** Top to bottom. A file imports from rows below its own, from its own folder, or from its own row. */
const ROWS: readonly string[][] = [
  ['worker.ts'],
  ['app.ts'],
  ['routes'],
  ['desk'],
  ['views'],
  ['wire.ts'],
  ['feeds'],
  ['http'],
  ['manuscript.ts', 'html.ts', 'bounds.ts', 'cost.ts', 'dateline.ts', 'json.ts', 'ndjson.ts'],
  ['answer.ts', 'article.ts', 'fault.ts', 'link.ts'],
  [
    'urls.ts',
    'code.ts',
    'pasted.ts',
    'misspelt.ts',
    'channel.ts',
    'publication.ts',
    'warning.ts',
    'picture.ts',
  ],
  ['failure.ts', 'language.ts', 'time.ts', 'text.ts'],
]
const CLI_MAY_IMPORT = [
  'warning',
  'manuscript',
  'ndjson',
  'answer',
  'article',
  'link',
  'code',
  'channel',
  'urls',
  'failure',
  'text',
]
/** It tells of storage what the desk tells. */
const EMBEDDED_MAY_IMPORT = ['desk/damage', 'publication']
/** A deploy checks settings as the worker does, speaks to the desk as the CLI does, and runs what `npm start` runs. */
const DEPLOY_MAY_IMPORT = [
  'cli/client',
  'embedded/server',
  'feeds/formats',
  'answer',
  'publication',
  'urls',
  'channel',
]

const ownerOf = (path: string): string => path.split('/')[0] ?? path
const rowOf = (path: string): number => ROWS.findIndex((row) => row.includes(ownerOf(path)))
const apart = (path: string): boolean =>
  ['cli', 'deploy', 'embedded'].some((folder) => inFolder(path, folder))

describe('the tests of the architecture', () => {
  it('see the whole source and its imports', () => {
    expect(sources.length).toBeGreaterThan(45)
    const links = sources.flatMap(({ imports }) => imports)
    expect(links.length).toBeGreaterThan(200)
    const known = new Set(sources.map(({ path }) => path))
    const lost = sources.flatMap(({ path, imports }) =>
      imports.filter((specifier) => {
        const target = resolved(path, specifier)
        return target !== undefined && !known.has(target)
      }),
    )
    expect(lost).toEqual([])
  })

  it('count every import statement', () => {
    for (const { path, text, imports } of sources) {
      const lines = text.match(/^(?:import |export .* from |\} from )/gm) ?? []
      const multiline = text.match(/^import (?:type )?\{$/gm)?.length ?? 0
      expect(`${path} ${imports.length}`).toBe(`${path} ${lines.length - multiline}`)
    }
  })

  it('tell comments from strings and regular expressions', () => {
    const code = withoutComments("const a = 'x // y' // z\n/* w */ const b = /\\/\\*/ + `//v`")
    expect(code).toBe("const a = 'x // y'     \n        const b = /\\/\\*/ + `//v`")
  })
})

describe('imports', () => {
  it('point downward', () => {
    const upward = sources
      .filter(({ path }) => !apart(path))
      .flatMap(({ path, imports }) =>
        imports.flatMap((specifier) => {
          const target = resolved(path, specifier)
          if (target === undefined || ownerOf(path) === ownerOf(target)) return []
          return rowOf(target) >= rowOf(path) && rowOf(target) >= 0 ? [] : [`${path} -> ${target}`]
        }),
      )
    expect(upward).toEqual([])
  })

  it('find every file in a row of the table', () => {
    const lost = sources.filter(({ path }) => !apart(path) && rowOf(path) < 0)
    expect(lost.map(({ path }) => path)).toEqual([])
    const unused = ROWS.flat().filter(
      (owner) => !sources.some(({ path }) => ownerOf(path) === owner),
    )
    expect(unused).toEqual([])
  })

  it('make no circle, type imports included', () => {
    const graph = new Map(
      sources.map(({ path, imports }) => [
        path,
        imports.flatMap((specifier) => resolved(path, specifier) ?? []),
      ]),
    )
    const circles: string[] = []
    const done = new Set<string>()
    const visit = (path: string, trail: string[]): void => {
      if (trail.includes(path))
        circles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
      else if (!done.has(path)) {
        for (const next of graph.get(path) ?? []) visit(next, [...trail, path])
        done.add(path)
      }
    }
    for (const path of graph.keys()) visit(path, [])
    expect(circles).toEqual([])
  })

  it.each([
    ['cli', CLI_MAY_IMPORT, 'the words that it shares with the desk'],
    ['deploy', DEPLOY_MAY_IMPORT, 'what it shares with worker, command line and embedded server'],
  ])('of %s stay within itself and %j, %s', (folder, allowed) => {
    const strange = sources
      .filter(({ path }) => inFolder(path, folder))
      .flatMap(({ path, imports }) =>
        imports.flatMap((specifier) => {
          const target = resolved(path, specifier)
          const fine =
            target === undefined ||
            inFolder(target, folder) ||
            allowed.includes(target.replace(/\.ts$/, ''))
          return fine ? [] : [`${path} -> ${target}`]
        }),
      )
    expect(strange).toEqual([])
  })

  it('of the embedded server are its own, those of the command line, and the words for storage and settings', () => {
    const strange = sources
      .filter(({ path }) => inFolder(path, 'embedded'))
      .flatMap(({ path, imports }) =>
        imports.flatMap((specifier) => {
          const target = resolved(path, specifier)
          const allowed =
            target === undefined ||
            inFolder(target, 'cli') ||
            inFolder(target, 'embedded') ||
            EMBEDDED_MAY_IMPORT.includes(target.replace(/\.ts$/, ''))
          return allowed ? [] : [`${path} -> ${target}`]
        }),
      )
    expect(strange).toEqual([])
  })

  it('of Node are for the command line, the embedded server and a deploy, but for two digests and the codings', () => {
    const used = sources
      .filter(({ path }) => !apart(path))
      .flatMap(({ path, imports }) =>
        imports
          .filter((specifier) => specifier.startsWith('node:'))
          .map((name) => `${path} ${name}`),
      )
    expect(used).toEqual([
      'desk/digest.ts node:crypto',
      'http/coding.ts node:zlib',
      'views/style.ts node:crypto',
    ])
  })

  it.each([
    [/^feed$/, ['feeds/library.ts']],
    [/^(?:unified|remark-.*|rehype-.*|mdast.*)$/, ['html.ts']],
    [/^yaml$/, ['manuscript.ts']],
    [/^qr$/, ['views/qr.ts']],
    [/^cloudflare:workers$/, ['desk/desk.ts']],
    // A deploy reads wrangler's configuration as wrangler does, environments included.
    [/^wrangler$/, ['deploy/main.ts', 'embedded/server.ts']],
    [/^miniflare$/, ['embedded/server.ts']],
    [/^commander$/, ['cli/main.ts']],
    [/^csv-parse$/, ['cli/link-file.ts']],
  ])('of %s have one owner', (library, owners) => {
    const users = sources.filter(({ imports }) => imports.some((name) => library.test(name)))
    expect(users.map(({ path }) => path)).toEqual(owners)
  })
})

describe('owners', () => {
  it('of SQL are the files of the ledger, one a table', () => {
    const sql =
      /\bsql\.exec\b|['"`]\s*(?:SELECT\s|INSERT (?:OR \w+ )?INTO\s|UPDATE \w+ SET\s|DELETE FROM\s|CREATE (?:TABLE|INDEX|UNIQUE)\s)/
    const allowed = (path: string): boolean =>
      ['desk/ledger', 'embedded'].some((folder) => inFolder(path, folder))
    expect(offenders(sql, allowed)).toEqual([])
    expect(offenders(sql, () => false).length).toBeGreaterThan(30)
  })

  it('of KV is the wire: others may only hand the binding on', () => {
    const access = /\.getWithMetadata\(|\b[kK][vV]\.(?:get|put|delete|list)\(|\.WIRE\s*\.\s*\w+/
    expect(offenders(access, only('wire.ts'))).toEqual([])
    expect(offenders(/\.WIRE\b/, only('routes/context.ts', 'desk/desk.ts'))).toEqual([])
  })

  it('of the keys on the wire is the wire', () => {
    // Open Graph has names of its own that begin alike.
    const strange = offenders(/['"`](?:article|page|feed|link):/, only('wire.ts'))
    expect(strange.filter((found) => !found.startsWith('views/metadata.tsx'))).toEqual([])
    expect(offenders(/['"`](?:article|page|feed|link):/, () => false)).not.toEqual([])
  })

  it('of addresses is one file', () => {
    const address =
      /['"`](?:\$\{[^}]*\})?\/(?:articles|api|problems|healthz|media|feeds|sections|tags|authors|places|languages|archive|newsroom|hub)\b[^'"`]*['"`]|\b(?:rss|atom)\\{0,2}\.xml|\bfeed\\{0,2}\.json/
    // A manuscript names its pictures by `/media/`: that is its grammar, not an address that is built.
    const strange = offenders(
      address,
      // What `npm start` prints for people names the three feeds.
      only('urls.ts', 'feeds/formats.ts', 'embedded/start.ts'),
    ).filter((found) => !found.includes('/media/'))
    expect(strange).toEqual([])
  })

  it('of the words and reasons of storage is one file', () => {
    const allowed = only('desk/damage.ts')
    expect(
      offenders(/\bSQLITE_(?:FULL|READONLY|NOTADB)|\bEDQUOT\b|\bno space left\b/i, allowed),
    ).toEqual([])
    expect(offenders(/'disk-full',\s*'disk-read-only'/, allowed)).toEqual([])
  })

  it('of clock and chance are the edges of the program', () => {
    const edge = only('worker.ts', 'desk/desk.ts', 'cli/main.ts')
    const world =
      /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bcrypto\.(?:getRandomValues|randomUUID)\b|\bperformance\.now\b/
    expect(offenders(world, (path) => edge(path) || inFolder(path, 'embedded'))).toEqual([])
  })
})

describe('the language', () => {
  it('has no members that are private by keyword only', () => {
    expect(offenders(/^\s*(?:private|protected|public)\s+[\w#*[]/m, () => false)).toEqual([])
  })

  it('has no enum and no namespace', () => {
    const word = /^\s*(?:export\s+)?(?:declare\s+)?(?:const\s+)?(?:enum|namespace|module)\s+\w+/m
    expect(offenders(word, () => false)).toEqual([])
  })

  it('has no any, no cast by way of unknown, and nothing that silences the compiler', () => {
    expect(
      offenders(/[:<|&(,]\s*any\b(?=[\s;,)>|&[\]=]|$)|\bas any\b|\bas unknown as\b/, () => false),
    ).toEqual([])
    const silencers = sources.filter(({ text }) =>
      /@ts-(?:ignore|expect-error|nocheck)|biome-ignore|eslint-disable/.test(text),
    )
    expect(silencers.map(({ path }) => path)).toEqual([])
  })
})

describe('files', () => {
  it('have at most 400 lines, and those of the ledger 250', () => {
    const limitOf = (path: string): number => (inFolder(path, 'desk/ledger') ? 250 : 400)
    const long = sources.filter(
      ({ path, text }) => text.trimEnd().split('\n').length > limitOf(path),
    )
    expect(long.map(({ path }) => path)).toEqual([])
  })

  it('have names that say whose they are', () => {
    const vague = /(?:^|\/)(?:utils?|helpers?|common|lib|shared|misc|manager|service)(?:\/|\.|$)/i
    expect(sources.map(({ path }) => path).filter((path) => vague.test(path))).toEqual([])
    expect(vague.test('desk/utils.ts')).toBe(true)
  })

  it('open with a comment', () => {
    const silent = sources.filter(({ text }) => !/^(?:#![^\n]*\n)?\/\*\*/.test(text))
    expect(silent.map(({ path }) => path)).toEqual([])
  })
})
