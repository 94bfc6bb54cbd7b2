import { FRAMEWORKS } from '../groups/entries.ts'
import type { Finding } from '../measure/statistics.ts'
import { figure } from '../measure/table.ts'
import { type Bar, barChart } from './bar-chart.ts'
import type { Results } from './results.ts'

/** Charts of what stands in front of a small JSON exchange, by the names of their files. */
export function costCharts({ found }: Results): Map<string, string> {
  return new Map(
    Object.entries(FRAMEWORKS).flatMap(([title, framework]) => {
      const findings = found[`JSON on ${title}, in process`]
      if (!findings) return []
      const bare = figure(findings[0]?.spreads['cpu']?.p10 ?? 0)
      const chart = barChart(
        `What stands in front of a small JSON exchange on ${title}`,
        `CPU time added per exchange, in microseconds; the bare app takes ${bare}`,
        bars(findings),
      )
      return [[`json-${framework}.svg`, chart] as const]
    }),
  )
}

function bars(findings: readonly Finding[]): Bar[] {
  return findings.slice(1).flatMap(({ name, spreads }): Bar[] => {
    const spread = spreads['cpu']
    if (!spread) return []
    const { added } = spread
    const text = `${added < 0 ? '−' : '+'}${figure(Math.abs(added))}`
    return [{ name, value: added, text, isOurs: name.startsWith('flagging') }]
  })
}
