import { readFileSync } from 'node:fs'

/**
 * The most memory that this process has had resident so far, in bytes. On Linux `maxRSS` counts that of
 * the process which started this one as well: what is kept over `exec` is no reading of ours.
 */
export function peakMemory(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? []
  return Number(kib) * 1024
}
