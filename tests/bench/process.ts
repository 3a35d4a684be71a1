/** Reads CPU time and memory of a process from Linux's `/proc`. */
import { readFileSync, writeFileSync } from 'node:fs'

/** The unit of CPU time in `/proc`. */
const TICKS_PER_SECOND = 100
const USER_TIME = 11
const SYSTEM_TIME = 12

/** Returns the CPU seconds, user and system, that all threads have used so far. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name of the program, in parentheses, may contain spaces. Fields are counted from the first
  // one after that name.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) / TICKS_PER_SECOND
}

/** Measures the duration of `work`, and the CPU seconds that the process uses during it. */
export async function measureUsage<T>(
  pid: number,
  work: () => Promise<T>,
): Promise<{ result: T; seconds: number; cpu: number }> {
  const before = cpuSeconds(pid)
  const began = performance.now()
  const result = await work()
  return { result, seconds: (performance.now() - began) / 1000, cpu: cpuSeconds(pid) - before }
}

/**
 * Returns the peak of resident memory since the start or the last `resetPeak`, in MB; 0 after the
 * end of the process.
 */
export const peakMemory = (pid: number): number => readMemory(pid, 'VmHWM')

/** Returns the resident memory in MB; 0 after the end of the process. */
export const residentMemory = (pid: number): number => readMemory(pid, 'VmRSS')

function readMemory(pid: number, field: string): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** Resets the peak to the current resident memory. */
export const resetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5')
