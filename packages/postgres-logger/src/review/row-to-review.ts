import type { FlaggedFile } from '@flagging/core'
import {
  LONGEST_LISTED,
  MISSING,
  type Mark,
  type ReviewCell,
  type ReviewFile,
  type ReviewSample,
  type ReviewValue,
  type SourceFile,
  encodeKey,
  passableJSON,
  reviewValue,
} from '@flagging/core/store'
import { fileFaultOf } from '../files/file-fault.ts'
import type { FileStore } from '../files/file-store.ts'
import { type RowValue, rowSample, wholeValue } from '../samples/row-sample.ts'
import { hashOfId } from '../samples/sample-id.ts'
import { LOG } from '../samples/sample-removal.ts'
import type { StoredRow } from '../samples/stored-row.ts'
import type { FoundRow } from './row-reader.ts'

/** How the values of a sample are given. */
export interface Wanted {
  /** Whether long values are given whole. */
  readonly isWhole: boolean
  /** Whether values that lie in files are read; else they are given as the files. */
  readonly isRead: boolean
}

/** A row as reviewers get it. */
export async function reviewSample(
  found: FoundRow,
  files: FileStore,
  wanted: Wanted,
): Promise<ReviewSample> {
  const { row, dataset } = found
  const sample = rowSample(row, dataset, files)
  const { folder } = dataset
  const cells = await Promise.all(
    sample.values.map(async (value): Promise<readonly [string | undefined, ReviewCell]> => {
      const { label, type, role } = value.component
      const { column } = value
      return [role, { label, type, column, value: await shown(value, found, wanted) }]
    }),
  )
  const side = (role: 'input' | 'output') =>
    cells.flatMap(([of, cell]) => (of === role ? cell : []))
  return {
    key: encodeKey({ folder, log: LOG, offset: row.at.getTime(), hash: hashOfId(row.id) }),
    dataset: folder === '' ? null : folder,
    endpoint: sample.endpoint || folder || null,
    log: LOG,
    isOwn: true,
    option: sample.option,
    username: sample.username,
    inputs: side('input'),
    outputs: side('output'),
    review: markOf(row),
    comment: sample.comment,
    correction: passableJSON(sample.correction),
    timestamp: sample.isTimed === false ? null : row.at.toISOString(),
    id: sample.interaction,
    status: sample.status,
    duration: sample.duration,
    ended: sample.ended,
    truncated: sample.truncated,
  }
}

/** What a reviewer said of a row, if somebody did. */
function markOf(
  row: Pick<StoredRow, 'reviewed' | 'note' | 'reviewed_by' | 'reviewed_at'>,
): Mark | null {
  const { reviewed, note, reviewed_by: by, reviewed_at: at } = row
  if (!reviewed && note === null) return null
  return { reviewed, note, by, at: (at ?? new Date(0)).toISOString() }
}

async function shown(
  value: RowValue,
  { dataset, cuts }: FoundRow,
  { isWhole, isRead }: Wanted,
): Promise<ReviewValue> {
  const cut = cuts.get(dataset.components[value.column]?.key ?? '')
  if (cut !== undefined) return { kind: 'cut', ...cut }
  const longest = isWhole ? Infinity : LONGEST_LISTED
  if (!isRead || value.spilled === undefined) return reviewValue(value.value, longest, fileOf)
  try {
    return reviewValue((await wholeValue(value)).value, longest, fileOf)
  } catch (error) {
    // What cannot be fetched now is not gone.
    if (fileFaultOf(error).at === 'place') throw error
    return MISSING
  }
}

function fileOf(file: FlaggedFile): ReviewFile {
  const { name, type, size } = file
  const { storedAs } = file as SourceFile
  return { path: storedAs ?? '', name, type, size, storedAs }
}
