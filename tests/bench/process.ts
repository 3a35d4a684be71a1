/** Reads CPU time and memory of a process from Linux. */
import { readFileSync, writeFileSync } from 'node:fs'

/** Linux counts CPU time in hundredths of a second for whoever reads `/proc`. */
const TICKS_PER_SECOND = 100
const USER_TIME = 11
const SYSTEM_TIME = 12

/** CPU seconds that it has used so far, all threads, user and system. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name, in parentheses, may hold spaces; what follows it is counted from the state.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) / TICKS_PER_SECOND
}

/** Measures the time that `work` takes, and the CPU seconds that a process uses meanwhile. */
export async function metered<T>(
  pid: number,
  work: () => Promise<T>,
): Promise<{ result: T; seconds: number; cpu: number }> {
  const before = cpuSeconds(pid)
  const began = performance.now()
  const result = await work()
  return { result, seconds: (performance.now() - began) / 1000, cpu: cpuSeconds(pid) - before }
}

/**
 * Most memory that was resident at once since the start or since `forgetPeak`, in MB; 0 when it has
 * ended.
 */
export const peakMemory = (pid: number): number => memoryOf(pid, 'VmHWM')

/** Memory that is resident now, in MB; 0 when it has ended. */
export const residentMemory = (pid: number): number => memoryOf(pid, 'VmRSS')

function memoryOf(pid: number, field: string): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** Lets the peak begin anew at what is resident now. */
export const forgetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5')
