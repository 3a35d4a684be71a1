/**
 * Proves that the tests still catch mistakes. Each patch in this folder seeds one realistic fault
 * in `src/` and names the test file that must fail because of it. Arguments are the names of
 * patches to run; without arguments, all patches run. The checkout is copied, and only the copy
 * changes. Vitest runs once for each patch.
 */
import { spawn, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
const CAUGHT_BY = /^Caught by: (?<project>[\w-]+) (?<file>tests\/\S+\.test\.ts)$/m
/** Limits the run of a test file. The slowest one takes about two minutes on a busy machine. */
const MAX_RUN_MS = 10 * 60_000

/** @typedef {{ name: string, patch: string, project: string, file: string }} Fault */
/** @typedef {{ title: string, status: string }} Test */
/**
 * @typedef {{ tests: Test[], problem: string | undefined }} Outcome `problem` is the
 * reason why the tests could not run.
 */
/** @typedef {{ fullName: string, status: string }} AssertionResult */
/** @typedef {{ name: string, message?: string, assertionResults: AssertionResult[] }} FileResult */

/** @type {import('node:child_process').ChildProcess | undefined} */
let running

/** @returns {Fault[]} */
function readFaults() {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.patch'))
    .sort()
    .map((file) => {
      const patch = join(import.meta.dirname, file)
      const { project, file: test } = CAUGHT_BY.exec(readFileSync(patch, 'utf8'))?.groups ?? {}
      if (!project || !test)
        throw new Error(`Cannot run ${file}: it has no line "Caught by: PROJECT FILE"`)
      return { name: basename(file, '.patch'), patch, project, file: test }
    })
}

/**
 * Copies all files that git does not ignore, with their uncommitted changes. Dependencies are
 * shared.
 * @param {string} folder
 */
function copyCheckout(folder) {
  const listed = git(ROOT, ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  if (listed.fault !== undefined) throw new Error(`Cannot list the checkout: ${listed.fault}`)
  for (const path of listed.output.split('\0')) {
    // The index still lists files whose deletion is not committed yet.
    if (path === '' || !existsSync(join(ROOT, path))) continue
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    copyFileSync(join(ROOT, path), join(folder, path))
  }
  symlinkSync(realpathSync(join(ROOT, 'node_modules')), join(folder, 'node_modules'))
}

/** @param {string} folder @param {string[]} args @returns {{ output: string, fault?: string }} */
function git(folder, args) {
  // The copy may lie inside another clone, where git would reject paths that it does not track.
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: dirname(folder) }
  const { status, stdout, stderr, error } = spawnSync('git', args, {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  if (status === 0) return { output: stdout }
  return { output: stdout, fault: error?.message ?? stderr.trim().split('\n')[0] ?? 'git failed' }
}

/**
 * Runs test files of one project, and stops at the first failure unless `all` is true.
 * @param {string} folder @param {string} project
 * @param {string[]} files @param {{ all: boolean }} options
 * @returns {Promise<Outcome>}
 */
async function runTests(folder, project, files, { all }) {
  const report = join(folder, '.report.json')
  rmSync(report, { force: true })
  const { DATELINE_TEST_REPORT: _, ...env } = process.env
  const tools = join(folder, 'node_modules/.bin')
  const args = ['run', '--project', project, '--reporter=json', `--outputFile=${report}`]
  const child = spawn(
    join(tools, 'node'),
    ['node_modules/vitest/vitest.mjs', ...args, ...(all ? [] : ['--bail=1']), ...files],
    {
      cwd: folder,
      env: { ...env, PATH: `${tools}${delimiter}${process.env['PATH'] ?? ''}` },
      stdio: 'ignore',
      detached: true,
    },
  )
  running = child
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    end(child)
  }, MAX_RUN_MS)
  const code = await new Promise((resolve) => {
    child.once('error', () => resolve(1))
    child.once('exit', resolve)
  })
  clearTimeout(timer)
  // Processes that vitest started and left behind are in its process group.
  end(child)
  running = undefined
  if (isLate) return { tests: [], problem: `the tests took longer than ${MAX_RUN_MS / 60_000} min` }
  return readReport(report, files.length, code === 0)
}

/** @param {import('node:child_process').ChildProcess} child */
function end(child) {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The group has ended.
  }
}

/** @param {string} file @param {number} count @param {boolean} passed @returns {Outcome} */
function readReport(file, count, passed) {
  /** @type {FileResult[]} */
  let results
  try {
    results = JSON.parse(readFileSync(file, 'utf8')).testResults
  } catch {
    return { tests: [], problem: 'vitest wrote no report, so no test ran' }
  }
  const tests = results.flatMap(({ assertionResults }) =>
    assertionResults.map(({ fullName: title, status }) => ({ title, status })),
  )
  if (tests.some(({ status }) => status === 'failed')) return { tests, problem: undefined }
  if (results.length < count) return { tests, problem: 'a test file was not found' }
  const broken = results.find(({ message }) => message)?.message?.split('\n')[0]
  return { tests, problem: passed ? undefined : `no test failed, but ${broken ?? 'vitest did'}` }
}

/**
 * Requires the test files to pass without a fault; otherwise their failures prove nothing.
 * @param {string} folder @param {Fault[]} faults
 */
async function requirePassing(folder, faults) {
  for (const project of new Set(faults.map((fault) => fault.project))) {
    const files = new Set(faults.flatMap((fault) => (fault.project === project ? fault.file : [])))
    const { tests, problem } = await runTests(folder, project, [...files], { all: true })
    const failed = tests.find(({ status }) => status === 'failed')
    const why = failed ? `"${failed.title}" fails` : problem
    if (why) throw new Error(`Cannot prove anything: without a fault, in ${project}: ${why}`)
  }
}

/**
 * Returns the title of the test that fails because of the fault, or why no test fails.
 * @param {string} folder @param {Fault} fault @returns {Promise<{ by: string } | { why: string }>}
 */
async function tryFault(folder, { patch, project, file }) {
  const applied = git(folder, ['apply', patch])
  if (applied.fault !== undefined) return { why: `it does not apply: ${applied.fault}` }
  const { tests, problem } = await runTests(folder, project, [file], { all: false })
  const restored = git(folder, ['apply', '--reverse', patch])
  if (restored.fault !== undefined) throw new Error(`Cannot undo ${patch}: ${restored.fault}`)
  const failed = tests.find(({ status }) => status === 'failed')
  if (failed) return { by: failed.title }
  return { why: problem ?? `every test of ${file} passes` }
}

async function main() {
  const names = process.argv.slice(2).map((name) => basename(name, '.patch'))
  const seeded = readFaults()
  const unknown = names.find((name) => !seeded.some((fault) => fault.name === name))
  if (unknown !== undefined) throw new Error(`Cannot run "${unknown}": there is no such patch`)
  const faults = names.length === 0 ? seeded : seeded.filter(({ name }) => names.includes(name))
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'dateline-faults-')))
  process.on('exit', () => {
    if (running) end(running)
    rmSync(folder, { recursive: true, force: true })
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))
  copyCheckout(folder)
  await requirePassing(folder, faults)
  let caught = 0
  for (const fault of faults) {
    const result = await tryFault(folder, fault)
    if ('by' in result) {
      caught += 1
      console.log(`caught  ${fault.name}  by ${result.by}`)
    } else console.log(`MISSED  ${fault.name}: ${result.why}`)
  }
  const missed = faults.length - caught
  console.log(`${caught} caught, ${missed} missed`)
  // `.ci/count.mjs` reads this report.
  const report = process.env['DATELINE_TEST_REPORT']
  if (report)
    writeFileSync(
      report,
      JSON.stringify({ numPassedTests: caught, numFailedTests: missed, testResults: [] }),
    )
  process.exitCode = missed === 0 ? 0 : 1
}

try {
  await main()
} catch (cause) {
  console.error(cause instanceof Error ? cause.message : cause)
  process.exitCode = 1
}
