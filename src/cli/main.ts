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

const program = new Command('dateline')
  .description('Publishes manuscripts through a Dateline desk')
  .option('--url <address>', 'the desk (DATELINE_URL); without it the one that runs here')
  .option('--json', 'one JSON object a line')
  .showHelpAfterError()
  .addHelpText(
    'after',
    '\nThe token comes from DATELINE_TOKEN; the desk that runs here needs none.',
  )

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
  .option('--dry-run', 'check, and say what would be published')
  .option('--all', 'send also what has not changed')
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
  .description('check manuscripts without a desk')
  .argument('<path...>', 'Markdown, JSON or NDJSON files, or folders')
  .action(async (paths: string[]) => setExitCode(await check(createContext(), paths)))

program
  .command('withdraw')
  .description('take an article back')
  .argument('<id>')
  .option('--reason <text>', 'why, for the newsroom; readers are not told')
  .option('--legal <text>', 'the legal demand that made it necessary; readers are told')
  .action(async (id: string, reasons: { reason?: string; legal?: string }) =>
    setExitCode(await withdraw(createContext(), id, reasons)),
  )

program
  .command('list')
  .description('all articles, newest first')
  .action(async () => setExitCode(await listArticles(createContext())))

program
  .command('rebuild')
  .description('make everything readers are served from equal to the ledger again')
  .option('--no-wait', 'do not wait until it is done')
  .action(async (options: { wait: boolean }) =>
    setExitCode(await rebuild(createContext(), options)),
  )

program
  .command('export')
  .description('everything of the desk as lines of JSON: for backup, and to move')
  .argument('[file]', 'where to; without one, or as -, to standard output', '-')
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
  .description('an export into an empty desk; begun anew, it goes on where it broke off')
  .argument('[file]', 'the export, - for standard input')
  .option('--abandon', 'forget what an import under way has brought')
  .action(async (file: string | undefined, options: { abandon?: boolean }) =>
    setExitCode(
      options.abandon
        ? await abandonImport(createContext())
        : await importDesk(createContext(), file ?? '-', process.stdin),
    ),
  )

const links = program
  .command('links')
  .description('short links: of pages and articles, those of another shortener, a copy of all')

links
  .command('put')
  .description(
    'give a code to a page of yours or lead it elsewhere (a title or end that is not said again is gone), or give one more to an article, which stays with it',
  )
  .argument('<code>')
  .argument('<target>', 'an address on one of your hosts, or the id of an article')
  .option('--title <text>', 'what is there, for previews')
  .option('--expires <time>', 'when it ends, such as 2026-12-31T23:59:59Z')
  .option('--republish', 'bring back a link that was removed, where it led before')
  .action(async (code: string, target: string, options: PutLinkOptions) =>
    setExitCode(await putLink(createContext(), code, target, options)),
  )

links
  .command('remove')
  .description('take a link back; its code is never used for another')
  .argument('<code>')
  .option('--legal <text>', 'the legal demand that made it necessary; readers are told')
  .action(async (code: string, reasons: { legal?: string }) =>
    setExitCode(await removeLink(createContext(), code, reasons)),
  )

links
  .command('list')
  .description('all codes, of articles too')
  .action(async () => setExitCode(await listLinks(createContext())))

links
  .command('misses')
  .description('codes that were asked for and are none: in how many minutes, and when last')
  .option('--limit <number>', 'how many', parseWholeNumber, 100)
  .action(async ({ limit }: { limit: number }) =>
    setExitCode(await listUnknownCodes(createContext(), limit)),
  )

links
  .command('import')
  .description(
    'take the codes of another shortener; nothing is changed when one line of them is at fault',
  )
  .argument('<file>', 'CSV: code,url[,title,created], or with a header in any order')
  .option('--dry-run', 'check, and say what would be new')
  .option('--skip', 'go on without the lines that are at fault')
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
  .description('all codes as links.csv and links.ndjson, with SHA256SUMS')
  .argument('[folder]', 'where to', '.')
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
