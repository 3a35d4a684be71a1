/**
 * Runs one of our programs: `node src/launch.mjs embedded/start.ts`. Prints one sentence, not a
 * stack trace, if Node is too old or the dependencies are missing. It is plain JavaScript, because
 * an old Node cannot run TypeScript.
 */
import { existsSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

const MIN_NODE_VERSION = { major: 22, minor: 12 }

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const isOld =
  major < MIN_NODE_VERSION.major ||
  (major === MIN_NODE_VERSION.major && minor < MIN_NODE_VERSION.minor)
const isInstalled = existsSync(new URL('../node_modules/valibot', import.meta.url))

if (!isInstalled) fail('the dependencies are not installed; run npm ci first')
if (isOld)
  fail(
    `Node ${process.versions.node} is too old; use npm start or npm run, which use the version that npm ci installed`,
  )

// Hides the warning, at every start, that Node's SQLite is experimental.
process.removeAllListeners('warning')
process.on('warning', (warning) => {
  if (warning.name !== 'ExperimentalWarning') console.error(String(warning))
})

// Caches compiled modules, because reading and compiling them takes most of a start. Only the user
// who installed the dependencies can write to this folder. The build inherits the variable.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(
  new URL('../node_modules/.cache/dateline', import.meta.url),
)
module.enableCompileCache(process.env['NODE_COMPILE_CACHE'])

const [program = ''] = process.argv.splice(2, 1)
await import(new URL(program, import.meta.url).href)

/** @param {string} why @returns {never} */
function fail(why) {
  console.error(`Cannot start: ${why}`)
  process.exit(1)
}
