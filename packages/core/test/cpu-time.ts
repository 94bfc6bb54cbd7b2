/** Milliseconds of CPU time that this process has had: what is measured with it says nothing of what else runs. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
