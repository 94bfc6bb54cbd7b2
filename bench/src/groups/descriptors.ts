import { spawnSync } from 'node:child_process'

/** How many files a process may have open here. Node raises that to what it is allowed by itself. */
export function descriptors(): number {
  const { stdout } = spawnSync('ulimit -n', { shell: true, encoding: 'utf8' })
  const limit = stdout.trim()
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit) || 1024
}
