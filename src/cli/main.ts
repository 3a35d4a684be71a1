#!/usr/bin/env node
/** The program `dateline`: arguments, help and exit codes. */
import { resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { DamagedJournalError } from '../client/sent-journal.ts'
import { abandonImport, exportDesk, importDesk } from './backup.ts'
import { type CommandContext, check, listArticles, publish, rebuild, withdraw } from './commands.ts'
import { exportLinks } from './link-export.ts'
import { importLinks } from './link-import.ts'
import { listLinks, listUnknownCodes, type PutLinkOptions, putLink, removeLink } from './links.ts'
import { createOutput } from './output.ts'

const { env } = process
// npm runs scripts in the package's folder and passes the user's folder in this variable.
const workingFolder = env['INIT_CWD'] ?? process.cwd()

/** Formats examples for the end of a help text. */
function examples(...commands: string[]): string {
  return `\nExamples:\n${commands.map((command) => `  ${command}`).join('\n')}`
}

const program = new Command('dateline')
  .description('Publishes manuscripts through a Dateline desk')
  .option(
    '--url <address>',
    'address of the desk (or DATELINE_URL); default: the desk on this machine',
  )
  .option('--json', 'print one JSON object a line')
  .showHelpAfterError()
  .addHelpText(
    'after',
    examples(
      'dateline check articles',
      'dateline publish hello.md',
      'dateline --url https://news.example list',
    ),
  )
  .addHelpText('after', '\nDATELINE_TOKEN has the token; the desk on this machine needs none.')

/** `out`: where output for people goes. */
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
/** The exit code of a shell for a program ended by a closed pipe. */
const SIGPIPE_EXIT_CODE = 141
process.stdout.on('error', exitOnClosedPipe)

const setExitCode = (code: number): void => {
  process.exitCode = code
}

program
  .command('publish')
  .description(
    'publish manuscripts, or those in folders, that changed since this machine last sent them',
  )
  .argument('<path...>', 'Markdown, JSON or NDJSON files, or folders')
  .option('--dry-run', 'check the manuscripts and list what would be published')
  .option('--all', 'also send manuscripts that have not changed')
  .addHelpText(
    'after',
    examples('dateline publish hello.md', 'dateline publish articles archive.ndjson'),
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
  .description('check manuscripts, without a desk')
  .argument('<path...>', 'Markdown, JSON or NDJSON files, or folders')
  .action(async (paths: string[]) => setExitCode(await check(createContext(), paths)))

program
  .command('withdraw')
  .description('withdraw an article from all feeds')
  .argument('<id>')
  .option('--reason <text>', 'the reason, for the newsroom only')
  .option('--legal <text>', 'the legal demand, which readers are shown')
  .addHelpText('after', examples('dateline withdraw hello --reason "Published too early"'))
  .action(async (id: string, reasons: { reason?: string; legal?: string }) =>
    setExitCode(await withdraw(createContext(), id, reasons)),
  )

program
  .command('list')
  .description('list all articles, newest first')
  .action(async () => setExitCode(await listArticles(createContext())))

program
  .command('rebuild')
  .description('write everything that readers are served again, from the ledger')
  .option('--no-wait', 'return before it has finished')
  .action(async (options: { wait: boolean }) =>
    setExitCode(await rebuild(createContext(), options)),
  )

program
  .command('export')
  .description('export the whole desk as lines of JSON, for a backup or to move it')
  .argument('[file]', 'the file to write; - is standard output', '-')
  .addHelpText('after', examples('dateline export backup.ndjson'))
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
  .description('import an export into an empty desk; run it again to resume')
  .argument('[file]', 'the export; - is standard input')
  .option('--abandon', 'stop an unfinished import and empty the desk')
  .addHelpText('after', examples('dateline import backup.ndjson'))
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
  .description(
    'create or change the code of a page, or add a code to an article; a title or expiry that is omitted is removed',
  )
  .argument('<code>')
  .argument('<target>', 'an address on one of your hosts, or the id of an article')
  .option('--title <text>', 'a title for previews')
  .option('--expires <time>', 'when it expires, such as 2026-12-31T23:59:59Z')
  .option('--republish', 'restore a removed link with its old destination')
  .addHelpText(
    'after',
    examples(
      'dateline links put summit https://news.example/2026/summit --title "The summit"',
      'dateline links put expo technology-expo',
    ),
  )
  .action(async (code: string, target: string, options: PutLinkOptions) =>
    setExitCode(await putLink(createContext(), code, target, options)),
  )

links
  .command('remove')
  .description('remove a link; its code is never reused')
  .argument('<code>')
  .option('--legal <text>', 'the legal demand, which readers are shown')
  .action(async (code: string, reasons: { legal?: string }) =>
    setExitCode(await removeLink(createContext(), code, reasons)),
  )

links
  .command('list')
  .description('list all codes, also those of articles')
  .action(async () => setExitCode(await listLinks(createContext())))

links
  .command('misses')
  .description('list unknown codes that readers tried: in how many minutes, and when last')
  .option('--limit <number>', 'the maximum number', parseWholeNumber, 100)
  .action(async ({ limit }: { limit: number }) =>
    setExitCode(await listUnknownCodes(createContext(), limit)),
  )

links
  .command('import')
  .description('import the codes of another shortener; changes nothing if a line is invalid')
  .argument('<file>', 'CSV: code,url[,title,created]; with a header in any order')
  .option('--dry-run', 'validate the file and list what would be new')
  .option('--skip', 'omit invalid lines')
  .addHelpText(
    'after',
    examples(
      'dateline links import old-links.csv --dry-run',
      'dateline links import old-links.csv',
    ),
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
  .argument('[folder]', 'the folder to write to', '.')
  .action(async (folder: string) => setExitCode(await exportLinks(createContext(), folder)))

function parseWholeNumber(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It is not a whole number.')
  return Number(text)
}

// Ends the process, because the progress bar listens to this signal too and would keep it running.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

try {
  await program.parseAsync()
} catch (cause) {
  if (!(cause instanceof DamagedJournalError)) throw cause
  console.error(cause.message)
  setExitCode(1)
}
