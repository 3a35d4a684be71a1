/** Waits until the process that started it is gone, then ends the one it was told of. */
const pid = Number(process.argv[2])

process.stdin.resume()
process.stdin.on('close', () => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
  process.exit(0)
})
