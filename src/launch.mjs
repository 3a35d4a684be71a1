/**
 * Runs one of our programs: `node src/launch.mjs embedded/start.ts`. Plain JavaScript that any Node
 * reads, so that an old one, or a clone without its dependencies, is answered with a sentence and
 * not with a stack trace.
 */
import { existsSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

const LEAST = { major: 22, minor: 12 }

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const isOld = major < LEAST.major || (major === LEAST.major && minor < LEAST.minor)
const isInstalled = existsSync(new URL('../node_modules/valibot', import.meta.url))

if (!isInstalled) fail('the dependencies are not installed; run npm ci first')
if (isOld)
  fail(
    `Node ${process.versions.node} is too old; use npm start or npm run, which use the Node that npm ci installed`,
  )

// SQLite of Node is new, and Node says so at every start.
process.removeAllListeners('warning')
process.on('warning', (warning) => {
  if (warning.name !== 'ExperimentalWarning') console.error(String(warning))
})

// Reading and compiling the modules is most of a start. The cache lies where only who installed
// writes, and a program that this one starts (the build) inherits it.
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
