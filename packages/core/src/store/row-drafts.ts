import { listed } from './draft.ts'
import type { LogSource } from './log-bytes.ts'
import type { LogDraft, LogDrafts } from './log-draft.ts'
import { BadSpan, type LogEntry, type RowForm } from './log-entry.ts'
import { someEntries } from './log-records.ts'
import { QuickReader, type RowCount } from './quick-reader.ts'
import { BadDraft, type LogPlan, RowDraft } from './row-draft.ts'

/** Bytes that are read with care before it is tried again without. */
const CAREFUL = 256 * 1024

/** The rows of a log from an offset on, as they come into memory. */
export async function* rowDrafts(
  bytes: LogSource,
  plan: LogPlan,
  form: RowForm,
  from: number,
  count: RowCount,
): AsyncGenerator<LogDrafts> {
  for (let at = from; at < bytes.end;) {
    const quick = new QuickReader(bytes, plan, at, count)
    // A file may start with a mark.
    while (at > 0 && (await quick.fill())) yield quick
    const careful = someEntries(bytes, form, quick.at, CAREFUL)
    let step = await careful.next()
    for (; step.done !== true; step = await careful.next()) yield drafts(plan, step.value, count)
    at = step.value
  }
}

function drafts(plan: LogPlan, entries: readonly LogEntry[], count: RowCount): LogDrafts {
  return listed(
    entries.map((entry): LogDraft => {
      const n = count.next++
      return entry instanceof BadSpan ? new BadDraft(plan, entry, n) : new RowDraft(plan, entry, n)
    }),
  )
}
