import type { DatasetCounts, Problem, Report } from './report.ts'
import { count, counted, inDataset, plain, size, table } from './text.ts'

/** How many problems, and how many notes, of each dataset are shown. */
export const SHOWN = 20

/** A report for people, in lines. What is well takes no more than its line in the table. */
export function printReport(report: Report, given: string, isQuiet: boolean): string[] {
  const { problems, notes, totals } = report
  const lines: string[] = []
  if (!isQuiet) lines.push(...summary(report), '')
  if (problems.length > 0) {
    lines.push('Problems', ...listed(problems, totals.problems), '')
  }
  if (!isQuiet && notes.length > 0) lines.push('Notes', ...listed(notes, totals.notes), '')
  if (!isQuiet || totals.problems > 0) lines.push(...verdict(report, given))
  return lines
}

function summary({ datasets, totals }: Report): string[] {
  const head = ['dataset', 'rows', 'files', 'size', '']
  const row = (name: string, counts: Omit<DatasetCounts, 'dataset'>): string[] => [
    plain(name),
    count(counts.rows),
    count(counts.files),
    size(counts.bytes),
    state(counts),
  ]
  const rows = datasets.map((counts) => row(counts.dataset, counts))
  if (datasets.length > 1) rows.push(row('all', totals))
  return table([head, ...rows], 3)
}

function state({ problems, inFlight, unrecorded }: Omit<DatasetCounts, 'dataset'>): string {
  return [
    problems === 0 ? 'ok' : counted(problems, 'problem'),
    ...(inFlight === 0 ? [] : [`${count(inFlight)} in flight`]),
    ...(unrecorded === 0 ? [] : [`${counted(unrecorded, 'size')} not recorded`]),
  ].join(', ')
}

/** One line each, in columns: what it is, and where. */
export function listed(
  found: readonly { readonly code: string; readonly dataset: string; readonly message: string }[],
  total: number,
): string[] {
  const lines = table(
    found.map(({ code, dataset, message }) => [`  ${code}`, plain(inDataset(dataset, message))]),
    0,
  )
  return total > found.length
    ? [...lines, `  and ${count(total - found.length)} more: --json has all of them`]
    : lines
}

function verdict({ problems, totals }: Report, given: string): string[] {
  if (totals.problems === 0) return [`All is well: ${counted(totals.rows, 'row')} can be read.`]
  const codes = new Set(problems.map(({ code }) => code))
  const lines = [`${counted(totals.problems, 'problem')}.`]
  const isMendable = ['hole', 'torn_tail', 'orphan', 'abandoned_upload'].some((code) =>
    codes.has(code as Problem['code']),
  )
  if (isMendable) {
    lines.push(
      `Next: flagging repair ${plain(given)} --dry-run says what can be put right without losing a byte.`,
    )
  }
  if (codes.has('bad_row')) {
    lines.push(`Rows that cannot be read stay where they are, unless you repair with --rows.`)
  }
  if (codes.has('missing_file') || codes.has('wrong_size')) {
    lines.push('Files that are gone or have changed: put them back from a backup. Their rows stay.')
  }
  return lines
}
