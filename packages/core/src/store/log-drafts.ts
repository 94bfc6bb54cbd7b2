import type { FileSystem } from './file-system.ts'
import type { FoundDataset } from './find-logs.ts'
import type { LogDrafts } from './log-draft.ts'
import { LogOpener } from './open-log.ts'
import type { ReadSettings } from './read-options.ts'
import { rowDrafts } from './row-drafts.ts'

/** The rows of a dataset, log by log, as they come into memory. */
export async function* datasetDrafts(
  fs: FileSystem,
  dataset: FoundDataset,
  settings: ReadSettings,
): AsyncGenerator<LogDrafts> {
  const opener = await LogOpener.of(fs, dataset, { ...settings, spills: true, endsAtHole: true })
  const count = { next: 0 }
  for (const log of dataset.logs) {
    const open = await opener.open(log)
    if (open === undefined) continue
    try {
      yield* rowDrafts(open.bytes, open.plan, open.form, open.from, count)
    } finally {
      await open.file.close()
    }
  }
}
