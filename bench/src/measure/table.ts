import type { Group, Measure } from './group.ts'
import type { Finding, Spread } from './statistics.ts'

/** What was found of a group, as text in columns: the head, then a row for each entry. */
export function tableOf(
  { measures }: Pick<Group, 'measures'>,
  found: readonly Finding[],
): readonly (readonly string[])[] {
  const shown = measures.filter(
    ({ of, against }) => against !== 'nothing' || found.some(({ spreads }) => isFound(spreads[of])),
  )
  const head = ['', ...shown.flatMap(headOf)]
  const rows = found.map(({ name, spreads }) => [
    name,
    ...shown.flatMap((measure) => cellsOf(measure, spreads[measure.of])),
  ])
  return [head, ...rows]
}

/** The table for a terminal. */
export function aligned(table: readonly (readonly string[])[]): string {
  const widths = table[0]?.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths![at]!) : cell.padStart(widths![at]!)))
      .join('  ')
  return table.map(line).join('\n')
}

/** A number with as many digits as it deserves. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-'
  const size = Math.abs(value)
  return value.toFixed(size < 0.995 ? 2 : size < 99.5 ? 1 : 0)
}

function headOf({ title, against }: Measure): string[] {
  if (against === 'nothing') return [title]
  const spread = [`${title}, p10`, 'median', 'quartiles']
  return [...spread, ...(against === 'difference' ? ['added'] : ['ratio', 'its quartiles'])]
}

function cellsOf({ against }: Measure, spread: Spread | undefined): string[] {
  if (spread === undefined) return []
  const { p10, median, quartiles, added, ratio, ratioQuartiles } = spread
  if (against === 'nothing') return [figure(median)]
  const cells = [figure(p10), figure(median), quartiles.map(figure).join(' - ')]
  if (against === 'difference') return [...cells, figure(added)]
  return [...cells, ratio.toFixed(2), ratioQuartiles.map((value) => value.toFixed(2)).join(' - ')]
}

function isFound(spread: Spread | undefined): boolean {
  return spread !== undefined && Number.isFinite(spread.median) && spread.median !== 0
}
