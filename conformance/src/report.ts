import type { HostName } from './hosts.ts'
import type { Verdict } from './run.ts'

/** All verdicts on one subject. */
export interface Report {
  readonly subject: string
  readonly verdicts: readonly Verdict[]
}

/** One line on a verdict, and what differs below it. */
export function say({ probe, host, differences, kept }: Verdict): string {
  const mark = differences.length > 0 ? '✗' : kept === false ? '–' : '✓'
  const lines = differences.slice(0, 8).map((line) => `\n      ${line}`)
  return `${mark} ${host}: ${probe.name}${kept === false ? ' (not captured)' : ''}${lines.join('')}`
}

/** Markdown: a row for each probe, a column for each subject; one table for each host. */
export function tables(reports: readonly Report[]): string {
  const hosts = new Set(reports.flatMap(({ verdicts }) => verdicts.map(({ host }) => host)))
  return [...hosts].map((host) => table(host, reports)).join('\n\n')
}

function table(host: HostName, reports: readonly Report[]): string {
  const columns = reports.filter(({ verdicts }) => verdicts.some((one) => one.host === host))
  const names = new Set(
    columns.flatMap(({ verdicts }) =>
      verdicts.filter((one) => one.host === host).map(({ probe }) => probe.name),
    ),
  )
  const rows = [...names].map((name) => {
    const cells = columns.map(({ verdicts }) =>
      cell(verdicts.find((one) => one.host === host && one.probe.name === name)),
    )
    return [name, ...cells]
  })
  const sums = columns.map(({ verdicts }) => {
    const here = verdicts.filter((one) => one.host === host)
    return `${here.filter(({ differences }) => differences.length === 0).length} of ${here.length}`
  })
  const head = [`${host}`, ...columns.map(({ subject }) => subject)]
  const rule = head.map(() => '---')
  const all = [head, rule, ...rows, ['**unchanged**', ...sums.map((sum) => `**${sum}**`)]]
  return all.map((row) => `| ${row.join(' | ')} |`).join('\n')
}

function cell(verdict: Verdict | undefined): string {
  if (!verdict) return ''
  if (verdict.differences.length > 0) return '**differs**'
  return verdict.kept === false ? 'not captured' : 'same'
}
