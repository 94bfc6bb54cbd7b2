import { listed } from './print-verify.ts'
import { count, counted, plain, size, table } from './text.ts'
import type { TransferCounts, TransferReport } from './transfer.ts'

/** What was imported or exported, for people, in lines. */
export function printTransfer(report: TransferReport, command: 'import' | 'export'): string[] {
  const { datasets, problems, notes, totals } = report
  const lines: string[] = []
  if (datasets.length > 0) lines.push(...summary(report), '')
  if (problems.length > 0) lines.push('Problems', ...listed(problems, totals.problems), '')
  if (notes.length > 0) lines.push('Notes', ...notes.map((note) => `  ${plain(note)}`), '')
  return [...lines, ...verdict(report, command)]
}

function summary({ datasets, totals }: TransferReport): string[] {
  const head = ['dataset', 'samples', 'files', 'size of files', '']
  const row = (name: string, counts: TransferCounts): string[] => [
    plain(name),
    count(counts.samples),
    count(counts.files),
    size(counts.bytes),
    counts.problems === 0 ? 'ok' : counted(counts.problems, 'problem'),
  ]
  const rows = datasets.map((counts) => row(counts.dataset, counts))
  if (datasets.length > 1) rows.push(row('all', totals))
  return table([head, ...rows], 3)
}

function verdict(report: TransferReport, command: 'import' | 'export'): string[] {
  const { dir, database, schema, totals, before } = report
  const place = command === 'import' ? `${plain(database)}, schema ${plain(schema)}` : plain(dir)
  const lines = [`${counted(totals.samples, 'sample')} ${command}ed into ${place}.`]
  if (before > 0) lines.push(`${count(before)} more were there before.`)
  if (totals.problems > 0) lines.push(`${counted(totals.problems, 'problem')}.`)
  return lines
}
