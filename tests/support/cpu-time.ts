/** Measures the work of a function independently of how busy the machine is. */

/** Returns the CPU time that `action` uses, in seconds. */
export function measureCpuSeconds(action: () => void): number {
  const start = process.cpuUsage()
  action()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1e6
}
