/**
 * Reads reports of Vitest. Prints the slowest test files, and how many tests passed and failed.
 * Exits with 1 if a report is missing or unreadable.
 */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

const SLOWEST = 10

/** @param {string} file */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

const reports = process.argv.slice(2).map(readReport)
let passed = 0
let failed = 0
const files = []
for (const report of reports) {
  // A run without a report ended before its first test, and counts as one failure.
  if (!report) {
    failed += 1
    continue
  }
  passed += report.numPassedTests
  failed += report.numFailedTests
  for (const { name, status, startTime, endTime, assertionResults } of report.testResults) {
    // A file that could not be loaded has no tests, but counts as one failure.
    if (status === 'failed' && assertionResults.length === 0) failed += 1
    files.push({ name: relative(process.cwd(), name), seconds: (endTime - startTime) / 1000 })
  }
}
files.sort((a, b) => b.seconds - a.seconds)
console.log('Slowest files:')
for (const { name, seconds } of files.slice(0, SLOWEST))
  console.log(`${seconds.toFixed(1).padStart(7)} s  ${name}`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = reports.every(Boolean) ? 0 : 1
