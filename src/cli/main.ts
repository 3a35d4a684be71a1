#!/usr/bin/env node
/**
 * The program `dateline`: parses arguments, prints help and sets exit codes. The commands
 * themselves are in `commands.ts`, `links.ts`, `link-import.ts`, `link-export.ts` and `backup.ts`.
 */
import { resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { DamagedJournalError } from '../client/sent-journal.ts'
import { abandonImport, exportDesk, importDesk } from './backup.ts'
import { type CommandContext, check, listArticles, publish, rebuild, withdraw } from './commands.ts'
import { exportLinks } from './link-export.ts'
import { importLinks } from './link-import.ts'
import { listLinks, listUnknownCodes, type PutLinkOptions, putLink, removeLink } from './links.ts'
import { createOutput } from './output.ts'
import { reclean } from './recleaning.ts'

const { env } = process
// npm runs scripts in the package's folder and passes the user's folder in this variable.
const workingFolder = env['INIT_CWD'] ?? process.cwd()

/**
 * Formats commands as they are entered in a clone of the repository, for the end of a help text.
 */
function formatExamples(...commands: string[]): string {
  return `\nExamples:\n${commands.map((command) => `  npm run dateline -- ${command}`).join('\n')}`
}

const program = new Command('dateline')
  .description('Publishes manuscripts to a Dateline desk and manages its short links')
  .option('--url <address>', 'address of the desk (default: the one running on this machine)')
  .option('--json', 'print one JSON object per line')
  .configureHelp({ showGlobalOptions: true })
  .showHelpAfterError()
  .addHelpText(
    'after',
    `
Environment:
  DATELINE_URL    address of the desk, if --url is missing
  DATELINE_TOKEN  token of the desk; a desk on this machine needs none
  DATELINE_STATE  folder of the desk on this machine (default: .dateline)
${formatExamples(
  'check articles',
  'publish hello.md',
  'links list',
  '--url https://news.example list',
)}`,
  )

/** `out` receives all output except failures. */
function createContext(out: NodeJS.WriteStream = process.stdout): CommandContext {
  const { url, json } = program.opts<{ url?: string; json?: boolean }>()
  return {
    workingFolder,
    stateFolder: resolve(env['DATELINE_STATE'] ?? '.dateline'),
    url: url ?? env['DATELINE_URL'],
    token: env['DATELINE_TOKEN'],
    output: createOutput(json ?? false, { out, err: process.stderr, now: () => Date.now() }),
    fetch,
    wait: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
    now: () => Date.now(),
  }
}

/** Ends silently when the reader of the output closes the pipe, as in `list | head`. */
function exitOnClosedPipe(cause: NodeJS.ErrnoException): void {
  if (cause.code !== 'EPIPE') throw cause
  process.exit(SIGPIPE_EXIT_CODE)
}
/** The exit code that a shell reports for a program that a closed pipe has ended. */
const SIGPIPE_EXIT_CODE = 141
process.stdout.on('error', exitOnClosedPipe)

const setExitCode = (code: number): void => {
  process.exitCode = code
}

const MANUSCRIPT_PATHS = 'Markdown, JSON or NDJSON files, or folders of Markdown and JSON files'

program
  .command('publish')
  .description('publish the manuscripts that this machine has not sent yet, or that have changed')
  .argument('<path...>', MANUSCRIPT_PATHS)
  .option('--dry-run', 'check the manuscripts and list what would be published; needs no desk')
  .option('--all', 'also send manuscripts that have not changed')
  .addHelpText(
    'after',
    formatExamples(
      'publish hello.md',
      'publish articles --dry-run',
      'publish articles archive.ndjson',
    ),
  )
  .action(async (paths: string[], options: { dryRun?: boolean; all?: boolean }) =>
    setExitCode(
      await publish(createContext(), paths, {
        dryRun: options.dryRun ?? false,
        all: options.all ?? false,
      }),
    ),
  )

program
  .command('check')
  .description('check manuscripts; needs no desk')
  .argument('<path...>', MANUSCRIPT_PATHS)
  .action(async (paths: string[]) => setExitCode(await check(createContext(), paths)))

program
  .command('withdraw')
  .description('withdraw an article; its page and short link then report the withdrawal')
  .argument('<id>', 'id of the article')
  .option('--reason <text>', 'reason, which only the newsroom sees')
  .option('--legal <text>', 'legal demand that requires it, which readers see')
  .addHelpText('after', formatExamples('withdraw hello --reason "Published too early"'))
  .action(async (id: string, reasons: { reason?: string; legal?: string }) =>
    setExitCode(await withdraw(createContext(), id, reasons)),
  )

program
  .command('list')
  .description('list all articles, newest first')
  .action(async () => setExitCode(await listArticles(createContext())))

program
  .command('rebuild')
  .description('rebuild all public documents and links from the ledger of the desk')
  .option('--no-wait', 'start the rebuild and return at once')
  .action(async (options: { wait: boolean }) =>
    setExitCode(await rebuild(createContext(), options)),
  )

program
  .command('reclean')
  .description('clean all stored texts again after an update, and show what changes')
  .option('--dry-run', 'show what would change, and change nothing', false)
  .addHelpText('after', formatExamples('reclean --dry-run', 'reclean'))
  .action(async (options: { dryRun: boolean }) =>
    setExitCode(await reclean(createContext(), options)),
  )

program
  .command('export')
  .description('export the whole desk as NDJSON, for a backup or a move')
  .argument('[file]', 'file to write; - means standard output', '-')
  .addHelpText('after', formatExamples('export backup.ndjson'))
  .action(async (file: string) =>
    setExitCode(
      await exportDesk(
        createContext(file === '-' ? process.stderr : process.stdout),
        file,
        process,
      ),
    ),
  )

program
  .command('import')
  .description('import an export into an empty desk; after an interruption, run it again to resume')
  .argument('[file]', 'export to read; - or nothing means standard input')
  .option('--abandon', 'give up an unfinished import and empty the desk')
  .addHelpText('after', formatExamples('import backup.ndjson', 'import --abandon'))
  .action(async (file: string | undefined, options: { abandon?: boolean }) =>
    setExitCode(
      options.abandon
        ? await abandonImport(createContext())
        : await importDesk(createContext(), file ?? '-', process.stdin),
    ),
  )

const links = program.command('links').description('manage short links')

links
  .command('put')
  .description('create or change a short link to a page, or add a code to an article')
  .argument('<code>', 'short name, such as summit')
  .argument('<target>', 'address on one of your hosts, or id of an article')
  .option('--title <text>', 'title for previews')
  .option('--expires <time>', 'when the link expires, such as 2026-12-31T23:59:59Z')
  .option('--republish', 'restore a removed link; its target must be the earlier one')
  .addHelpText(
    'after',
    `
The command replaces the whole link: a title or expiry that you omit is removed.
A code of an article stays with this article.
${formatExamples(
  'links put summit https://news.example/2026/summit --title "The summit"',
  'links put live https://news.example/live --expires 2026-12-31T23:59:59Z',
  'links put expo technology-expo',
)}`,
  )
  .action(async (code: string, target: string, options: PutLinkOptions) =>
    setExitCode(await putLink(createContext(), code, target, options)),
  )

links
  .command('remove')
  .description('remove a link; its code is never reused')
  .argument('<code>', 'code of the link')
  .option('--legal <text>', 'legal demand that requires it, which readers see')
  .action(async (code: string, reasons: { legal?: string }) =>
    setExitCode(await removeLink(createContext(), code, reasons)),
  )

links
  .command('list')
  .description('list all codes, including those of articles')
  .action(async () => setExitCode(await listLinks(createContext())))

links
  .command('misses')
  .description('list unknown codes that readers tried, with how often and when last')
  .option('--limit <number>', 'how many codes to list at most', parseWholeNumber, 100)
  .action(async ({ limit }: { limit: number }) =>
    setExitCode(await listUnknownCodes(createContext(), limit)),
  )

links
  .command('import')
  .description('import the codes of another shortener; if any line is invalid, nothing is imported')
  .argument('<file>', 'CSV: code,url[,title,created], or a header and its columns in any order')
  .option('--dry-run', 'only check the file, and count the links that would be new')
  .option('--skip', 'skip invalid lines and import the others')
  .addHelpText(
    'after',
    formatExamples('links import old-links.csv --dry-run', 'links import old-links.csv'),
  )
  .action(async (file: string, options: { dryRun?: boolean; skip?: boolean }) =>
    setExitCode(
      await importLinks(createContext(), file, {
        dryRun: options.dryRun ?? false,
        skip: options.skip ?? false,
      }),
    ),
  )

links
  .command('export')
  .description('export all codes as links.csv and links.ndjson, with SHA256SUMS')
  .argument('[folder]', 'folder to write to', '.')
  .addHelpText('after', formatExamples('links export escrow'))
  .action(async (folder: string) => setExitCode(await exportLinks(createContext(), folder)))

function parseWholeNumber(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text))
    throw new InvalidArgumentError('Use a whole number from 1 to 1000.')
  return Number(text)
}

// The progress bar listens to these signals too, and would keep the process running.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

try {
  await program.parseAsync()
} catch (cause) {
  if (!(cause instanceof DamagedJournalError)) throw cause
  console.error(cause.message)
  setExitCode(1)
}
