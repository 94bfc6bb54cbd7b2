import type { Finding, Spread } from '../measure/statistics.ts'
import { type Frame, type Line, lineChart } from './line-chart.ts'
import type { Results } from './results.ts'

/** A chart of how something grows, from the findings of one group. */
interface Growth extends Frame {
  readonly file: string
  readonly group: string
  /** The figure, and what of it is shown. */
  readonly of: string
  readonly shows: keyof typeof SHOWN
}

const count = (x: number): string => x.toLocaleString('en')
const ADDED = 'CPU time added per exchange, in microseconds'

const CHARTS: readonly Growth[] = [
  {
    file: 'rows.svg',
    group: 'flags to a log that has rows already, 64 at once',
    title: 'Rows that are there already',
    up: 'microseconds per flag, 64 at once',
    right: 'rows in the log',
    of: 'wall',
    shows: 'median',
    isLogarithmic: false,
    tick: count,
  },
  {
    file: 'body-size.svg',
    group: 'by the size of bodies, in process',
    title: 'Size of the bodies',
    up: `${ADDED}, logarithmic`,
    right: 'bytes of JSON, in and out',
    of: 'cpu',
    shows: 'added',
    isLogarithmic: true,
    tick: (x) => (x < 1024 ? `${x} B` : x < 1e6 ? `${x / 1024} KiB` : `${x / 1_048_576} MiB`),
  },
  {
    file: 'columns.svg',
    group: 'by the number of columns, in process',
    title: 'Columns of a sample',
    up: ADDED,
    right: 'fields in the JSON of the request',
    of: 'cpu',
    shows: 'added',
    isLogarithmic: false,
    tick: count,
  },
  {
    file: 'endpoints.svg',
    group: 'by the number of endpoints, in process',
    title: 'Endpoints, each with a log of its own',
    up: ADDED,
    right: 'endpoints that are asked in turn',
    of: 'cpu',
    shows: 'added',
    isLogarithmic: false,
    tick: count,
  },
  {
    file: 'at-once.svg',
    group: 'by the number of exchanges at once, in process',
    title: 'Exchanges at once',
    up: ADDED,
    right: 'exchanges under way',
    of: 'cpu',
    shows: 'added',
    isLogarithmic: false,
    tick: count,
  },
  {
    file: 'processes.svg',
    group: 'flags by several processes into one directory, 64 at once each',
    title: 'Processes that share a directory',
    up: 'flags per second, in sum',
    right: 'processes',
    of: 'wall',
    shows: 'perSecond',
    isLogarithmic: false,
    tick: count,
  },
  {
    file: 'held.svg',
    group: 'memory of held interactions, by their number',
    title: 'Memory of interactions that wait for a flag',
    up: 'KiB for each, once garbage is collected',
    right: 'exchanges that nobody has flagged',
    of: 'heap',
    shows: 'median',
    isLogarithmic: false,
    tick: count,
  },
  {
    file: 'slow-clients.svg',
    group: 'memory under slow clients, by their number',
    title: 'Memory of clients that have sent half of 4 KiB',
    up: 'KiB for each, once garbage is collected',
    right: 'clients at once',
    of: 'heap',
    shows: 'median',
    isLogarithmic: false,
    tick: count,
  },
]

/** The charts of what was found, by the names of their files. */
export function growthCharts({ found }: Results): Map<string, string> {
  return new Map(
    CHARTS.flatMap((chart) => {
      const findings = found[chart.group]
      return findings ? [[chart.file, lineChart(chart, linesOf(chart, findings))] as const] : []
    }),
  )
}

/** Beyond the bare app there is nothing to show of the bare app itself. */
function linesOf({ of, shows }: Growth, findings: readonly Finding[]): Line[] {
  const points = findings.flatMap(({ point, spreads }) =>
    point ? [{ ...point, spread: spreads[of]! }] : [],
  )
  const names = [...new Set(points.map(({ line }) => line))]
  return names
    .filter((name) => !(shows === 'added' && name.endsWith('bare')))
    .map((name) => ({
      name,
      colour: /Express|batch/.test(name) ? 1 : 0,
      dashes: name.endsWith('bare') ? 'short' : name.endsWith('manual') ? 'long' : 'none',
      points: points
        .filter(({ line }) => line === name)
        .map(({ x, spread }) => ({ x, ...SHOWN[shows](spread) })),
    }))
}

/** What of a spread a chart shows: a value, and the quartiles around it. */
const SHOWN = {
  median: ({ median, quartiles: [low, high] }: Spread) => ({ y: median, low, high }),
  // Of a difference between two 10th percentiles there are no quartiles.
  added: ({ added }: Spread) => ({ y: added, low: added, high: added }),
  perSecond: ({ median, quartiles: [low, high] }: Spread) => ({
    y: 1e6 / median,
    low: 1e6 / high,
    high: 1e6 / low,
  }),
}
