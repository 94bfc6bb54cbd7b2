import type { RepairReport } from './mending.ts'
import { SHOWN } from './print-verify.ts'
import { count, counted, inDataset, plain, table } from './text.ts'

/** What was done, for people, in lines. */
export function printRepair({ dryRun, actions, left }: RepairReport, given: string): string[] {
  const lines: string[] = []
  if (actions.length > 0) lines.push(dryRun ? 'Would put right' : 'Done', ...listed(actions), '')
  if (left.length > 0) lines.push('Left as it is', ...listed(left), '')
  if (actions.length === 0) lines.push('There is nothing to repair.')
  else if (dryRun) {
    lines.push(`Nothing was changed. To do it: flagging repair ${plain(given)}`)
  } else lines.push(`${counted(actions.length, 'thing')} put right; no byte was thrown away.`)
  if (left.length > 0) lines.push(`${counted(left.length, 'problem')} left.`)
  return lines
}

interface Item {
  readonly code: string
  readonly dataset: string
  readonly message: string
}

function listed(items: readonly Item[]): string[] {
  const rows = items
    .slice(0, SHOWN)
    .map(({ code, dataset, message }) => [`  ${code}`, plain(inDataset(dataset, message))])
  const more = items.length - rows.length
  const rest = more > 0 ? [`  and ${count(more)} more: --json has all of them`] : []
  return [...table(rows, 0), ...rest]
}
