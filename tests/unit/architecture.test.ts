/**
 * Checks the structure of the source that CONTRIBUTING describes: imports point to lower layers,
 * each library and each kind of knowledge belongs to one file, and the language is used without
 * escape hatches.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'oxc-parser'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../../src')
const TESTS = join(import.meta.dirname, '..')

/**
 * A source file. In `code`, comments are replaced by spaces, so that lines and columns do not
 * change.
 */
type Source = { path: string; text: string; code: string; imports: string[] }

const sources: Source[] = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path))
  .sort()
  .map((path) => parseSource(path, readFileSync(join(ROOT, path), 'utf8')))

function parseSource(path: string, text: string): Source {
  const { module, comments, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`)
  const requests = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
    ),
    ...module.dynamicImports.map(({ moduleRequest: { start, end } }) =>
      text.slice(start, end).replace(/^['"`]|['"`]$/g, ''),
    ),
  ]
  let code = text
  for (const { start, end } of comments)
    code = code.slice(0, start) + code.slice(start, end).replace(/[^\n]/g, ' ') + code.slice(end)
  return { path, text, code, imports: [...new Set(requests)] }
}

/** Returns the imported path in src, or `undefined` if a package is imported. */
function resolveImport(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? join(from, '..', specifier) : undefined
}

/** All imports between our files, as pairs of paths. */
const importPairs = sources.flatMap(({ path, imports }) =>
  imports.flatMap((specifier) => {
    const target = resolveImport(path, specifier)
    return target === undefined ? [] : [{ from: path, to: target }]
  }),
)

const isInFolder = (path: string, folder: string): boolean => path.startsWith(`${folder}/`)
/** Returns the folder of a path in src, or the name of a file that is in no folder. */
const getFolder = (path: string): string => path.split('/')[0] ?? path

/** Lists the matches of `pattern` in files where it is not allowed. */
const listOffenders = (pattern: RegExp, allowed: (path: string) => boolean): string[] =>
  sources
    .filter(({ path }) => !allowed(path))
    .flatMap(({ path, code }) =>
      [...code.matchAll(new RegExp(pattern.source, `${pattern.flags}g`))].map(
        (found) => `${path}: ${found[0].trim()}`,
      ),
    )

const isOneOf =
  (...paths: string[]) =>
  (path: string): boolean =>
    paths.includes(path)

/**
 * The layers of the worker, from top to bottom. A file may import from its own folder and from
 * lower rows, but not from other folders of its row.
 */
const LAYERS: readonly (readonly string[])[] = [
  ['worker.ts'],
  ['app.ts'],
  ['routes', 'api'],
  ['serving'],
  ['reader'],
  ['desk'],
  ['views'],
  ['wire'],
  ['feeds'],
  ['manuscript', 'http'],
  ['model'],
  ['text'],
]

/**
 * The programs that run under Node. Each may import from its own folder and from the listed folders
 * and files.
 */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  client: ['manuscript', 'model', 'text'],
  cli: ['client', 'manuscript', 'model', 'text'],
  embedded: ['client', 'model'],
  // A deploy checks settings as the worker does, and starts the runtime of `npm start`.
  deploy: ['client', 'embedded/server.ts', 'feeds/formats.ts', 'model'],
}

/** Layers that may import only `desk/protocol.ts` from the desk. */
const CALLERS_OF_THE_DESK = ['reader', 'serving', 'routes', 'api']
/** Exceptions: these functions parse the operator's input before the desk is called. */
const ALLOWED_DESK_IMPORTS = [
  { path: 'api/backup.ts', from: 'desk/backup/exporting.ts', name: 'parseCursor' },
  { path: 'api/backup.ts', from: 'desk/backup/records.ts', name: 'parsePage' },
]

/**
 * Lists every name that a file imports from `folder`. `*` means a whole module, or an import for
 * its side effects.
 */
function listImportedNames(path: string, text: string, folder: string) {
  const { module } = parseSync(path, text)
  const imports = [
    ...module.staticImports.map(({ moduleRequest, entries }) => ({
      specifier: moduleRequest.value,
      names: entries.map(({ importName }) => importName.name ?? '*'),
    })),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest, importName }) =>
        moduleRequest ? [{ specifier: moduleRequest.value, names: [importName.name ?? '*'] }] : [],
      ),
    ),
  ]
  return imports.flatMap(({ specifier, names }) => {
    const from = resolveImport(path, specifier)
    if (from === undefined || getFolder(from) !== folder) return []
    return (names.length > 0 ? names : ['*']).map((name) => ({ path, from, name }))
  })
}

const getLayer = (path: string): number => LAYERS.findIndex((row) => row.includes(getFolder(path)))
const isProgram = (path: string): boolean => getFolder(path) in PROGRAMS

describe('the tests of the architecture', () => {
  it('read the whole source and its imports', () => {
    expect(sources.length).toBeGreaterThan(45)
    expect(importPairs.length).toBeGreaterThan(200)
    const files = new Set(sources.map(({ path }) => path))
    expect(importPairs.filter(({ to }) => !files.has(to))).toEqual([])
  })

  it('find imports of types, imports for side effects, re-exports and dynamic imports, and ignore comments', () => {
    const { imports, code } = parseSource(
      'x.ts',
      "import type { A } from './a.ts'\nimport './b.ts'\nexport { c } from './c.ts'\n" +
        "// import './no.ts'\nconst d = await import('./d.ts')\nconst e = 'x // y' + /\\/\\*/",
    )
    expect(imports).toEqual(['./a.ts', './b.ts', './c.ts', './d.ts'])
    expect(code).not.toContain('no.ts')
    expect(code).toContain("'x // y' + /\\/\\*/")
  })

  it('have a layer or a program for every file, and at least one file for each layer and program', () => {
    const unassigned = sources.filter(({ path }) => !isProgram(path) && getLayer(path) < 0)
    expect(unassigned.map(({ path }) => path)).toEqual([])
    const folders = new Set(sources.map(({ path }) => getFolder(path)))
    expect(
      [...LAYERS.flat(), ...Object.keys(PROGRAMS)].filter((folder) => !folders.has(folder)),
    ).toEqual([])
  })
})

describe('imports', () => {
  it('of the worker point only to lower layers', () => {
    const upward = importPairs.filter(
      ({ from, to }) =>
        !isProgram(from) && getFolder(from) !== getFolder(to) && getLayer(to) <= getLayer(from),
    )
    expect(upward).toEqual([])
  })

  it('of a program are allowed by its list', () => {
    const violations = importPairs.filter(({ from, to }) => {
      const folder = getFolder(from)
      if (!isProgram(from) || getFolder(to) === folder) return false
      return !PROGRAMS[folder]?.some((allowed) => to === allowed || getFolder(to) === allowed)
    })
    expect(violations).toEqual([])
  })

  it('from the desk are only from its protocol, with the listed exceptions', () => {
    const found = sources
      .filter(({ path }) => CALLERS_OF_THE_DESK.includes(getFolder(path)))
      .flatMap(({ path, text }) => listImportedNames(path, text, 'desk'))
      .filter(({ from }) => from !== 'desk/protocol.ts')
    expect(found).toEqual(ALLOWED_DESK_IMPORTS)
  })

  it('of Hono are only in the application and its handlers, and no handler passes its context to other files', () => {
    const allowed = (path: string): boolean => ['app.ts', 'routes', 'api'].includes(getFolder(path))
    const users = sources.filter(({ imports }) => imports.includes('hono'))
    expect(users.map(({ path }) => path).filter((path) => !allowed(path))).toEqual([])
    // This handler serves several addresses, so it is a function of its own.
    expect(listOffenders(/\bContext<AppEnv>/, () => false)).toEqual([
      'routes/links.ts: Context<AppEnv>',
    ])
  })

  it('form no cycle, not even with imports of types', () => {
    const cycles: string[] = []
    const done = new Set<string>()
    const visit = (path: string, trail: string[]): void => {
      if (trail.includes(path))
        cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
      else if (!done.has(path)) {
        for (const { from, to } of importPairs) if (from === path) visit(to, [...trail, path])
        done.add(path)
      }
    }
    for (const { path } of sources) visit(path, [])
    expect(cycles).toEqual([])
  })

  it('of Node modules are only in the programs, except for digests and content codings', () => {
    const used = sources
      .filter(({ path }) => !isProgram(path))
      .flatMap(({ path, imports }) =>
        imports
          .filter((specifier) => specifier.startsWith('node:'))
          .map((name) => `${path} ${name}`),
      )
    expect(used).toEqual([
      'http/coding.ts node:zlib',
      'text/digest.ts node:crypto',
      'views/style.ts node:crypto',
    ])
  })

  it.each([
    [/^feed$/, ['feeds/rss-and-json.ts']],
    [/^(?:unified|rehype-.*)$/, ['manuscript/sanitize.ts']],
    [
      /^markdown-it$/,
      ['manuscript/footnotes.ts', 'manuscript/heading-ids.ts', 'manuscript/markdown.ts'],
    ],
    [/^(?:parse5|hast-.*)$/, ['manuscript/bounds.ts', 'manuscript/implied-tables.ts']],
    [/^yaml$/, ['manuscript/front-matter.ts']],
    [/^qr$/, ['views/qr.ts']],
    [/^cloudflare:workers$/, ['desk/desk.ts']],
    // Wrangler parses its own configuration, including environments, for a deploy.
    [/^wrangler$/, ['deploy/main.ts', 'embedded/runtime.ts']],
    [/^miniflare$/, ['embedded/runtime.ts']],
    [/^commander$/, ['cli/main.ts']],
    [/^csv-parse$/, ['cli/link-file.ts']],
  ])('of %s are only in the listed files', (library, owners) => {
    const users = sources.filter(({ imports }) => imports.some((name) => library.test(name)))
    expect(users.map(({ path }) => path)).toEqual(owners)
  })
})

describe('the source', () => {
  it('has SQL only in the ledger and in the embedded runtime', () => {
    const sql =
      /\bsql\.exec\b|['"`]\s*(?:SELECT\s|INSERT (?:OR \w+ )?INTO\s|UPDATE \w+ SET\s|DELETE FROM\s|CREATE (?:TABLE|INDEX|UNIQUE)\s)/
    const isAllowed = (path: string): boolean =>
      ['desk/ledger', 'embedded'].some((folder) => isInFolder(path, folder))
    expect(listOffenders(sql, isAllowed)).toEqual([])
    expect(listOffenders(sql, () => false).length).toBeGreaterThan(30)
  })

  it('uses KV only in wire/store.ts, and passes its binding on only in two other files', () => {
    const access = /\.getWithMetadata\(|\b[kK][vV]\.(?:get|put|delete|list)\(|\.WIRE\s*\.\s*\w+/
    expect(listOffenders(access, isOneOf('wire/store.ts'))).toEqual([])
    expect(listOffenders(/\.WIRE\b/, isOneOf('reader/readers.ts', 'desk/desk.ts'))).toEqual([])
  })

  it('has keys of KV only in wire/targets.ts', () => {
    // Names of Open Graph properties begin like keys of KV.
    const violations = listOffenders(
      /['"`](?:article|page|feed|link|file):/,
      isOneOf('wire/targets.ts'),
    )
    expect(violations.filter((found) => !found.startsWith('views/metadata.tsx'))).toEqual([])
    expect(listOffenders(/['"`](?:article|page|feed|link):/, () => false)).not.toEqual([])
  })

  it('has the addresses of the site only in two files, and in a third one that prints them', () => {
    const address =
      /['"`](?:\$\{[^}]*\})?\/(?:articles|api|problems|healthz|media|feeds|sections|tags|authors|places|languages|archive|newsroom|hub)\b[^'"`]*['"`]|\b(?:rss|atom)\\{0,2}\.xml|\bfeed\\{0,2}\.json/
    // The grammar of manuscripts contains `/media/`, which is not an address that we build.
    const violations = listOffenders(
      address,
      // `npm start` prints the addresses of the three feeds.
      isOneOf('model/urls.ts', 'feeds/formats.ts', 'embedded/start.ts'),
    ).filter((found) => !found.includes('/media/'))
    expect(violations).toEqual([])
  })

  it('has the words and reasons of storage failures only in model/storage-failures.ts', () => {
    const allowed = isOneOf('model/storage-failures.ts')
    expect(
      listOffenders(/\bSQLITE_(?:FULL|READONLY|NOTADB)|\bEDQUOT\b|\bno space left\b/i, allowed),
    ).toEqual([])
    expect(listOffenders(/'disk-full',\s*'disk-read-only'/, allowed)).toEqual([])
  })

  it('reads the clock and random bytes only in the entry points of programs', () => {
    const isEntryPoint = isOneOf('worker.ts', 'desk/desk.ts', 'cli/main.ts')
    const ambient =
      /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bcrypto\.(?:getRandomValues|randomUUID)\b|\bperformance\.now\b/
    expect(
      listOffenders(ambient, (path) => isEntryPoint(path) || isInFolder(path, 'embedded')),
    ).toEqual([])
  })
})

describe('the language of the source', () => {
  it('has no private, protected or public members, because `#` makes a member private', () => {
    expect(listOffenders(/^\s*(?:private|protected|public)\s+[\w#*[]/m, () => false)).toEqual([])
  })

  it('has no enum and no namespace', () => {
    const word = /^\s*(?:export\s+)?(?:declare\s+)?(?:const\s+)?(?:enum|namespace|module)\s+\w+/m
    expect(listOffenders(word, () => false)).toEqual([])
  })

  it('has no any, no cast through unknown, and no suppressed compiler errors', () => {
    expect(
      listOffenders(
        /[:<|&(,]\s*any\b(?=[\s;,)>|&[\]=]|$)|\bas any\b|\bas unknown as\b/,
        () => false,
      ),
    ).toEqual([])
    const withSuppressions = sources.filter(({ text }) =>
      /@ts-(?:ignore|expect-error|nocheck)|biome-ignore|eslint-disable/.test(text),
    )
    expect(withSuppressions.map(({ path }) => path)).toEqual([])
  })
})

describe('source files', () => {
  it('have at most 400 lines; those of the ledger have at most 250, and src/app.ts has at most 80', () => {
    const getMaxLines = (path: string): number =>
      path === 'app.ts' ? 80 : isInFolder(path, 'desk/ledger') ? 250 : 400
    const tooLong = sources.filter(
      ({ path, text }) => text.trimEnd().split('\n').length > getMaxLines(path),
    )
    expect(tooLong.map(({ path }) => path)).toEqual([])
  })

  it('have no vague names such as utils or helpers', () => {
    const vagueName =
      /(?:^|\/)(?:utils?|helpers?|common|lib|shared|misc|manager|service)(?:\/|\.|$)/i
    expect(sources.map(({ path }) => path).filter((path) => vagueName.test(path))).toEqual([])
    expect(vagueName.test('desk/utils.ts')).toBe(true)
  })

  it('begin with a comment', () => {
    const withoutComment = sources.filter(({ text }) => !/^(?:#![^\n]*\n)?\/\*\*/.test(text))
    expect(withoutComment.map(({ path }) => path)).toEqual([])
  })

  it('have no line of a comment wider than 100 columns, and neither have tests', () => {
    const tests = readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(?:ts|tsx|mjs)$/.test(path))
      .map((path) => ({ path: `tests/${path}`, text: readFileSync(join(TESTS, path), 'utf8') }))
    expect(tests.length).toBeGreaterThan(100)
    const wide = [...sources, ...tests].flatMap(({ path, text }) =>
      text
        .split('\n')
        .map((line, index) => ({ place: `${path}:${index + 1}`, line }))
        .filter(({ line }) => /^\s*(?:\/\*\*?|\*|\/\/)/.test(line) && line.length > 100),
    )
    expect(wide.map(({ place }) => place)).toEqual([])
  })
})
