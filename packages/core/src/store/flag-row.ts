import type { FlagValue } from '../sample/flag-value.ts'
import type { FlagDetails } from './flagging-callback.ts'
import type { OwnColumn } from '../log-columns.ts'
import type { RowLayout } from './row-layout.ts'
import { SampleRow } from './sample-row.ts'

/** Makes the row of a flag: its values, then those of our own columns, in the layout's order. */
export function flagRow(
  layout: RowLayout,
  flagData: readonly FlagValue[],
  flagOption: string | null | undefined,
  username: string | null | undefined,
  details: FlagDetails | undefined,
): SampleRow {
  const row = new SampleRow(layout)
  const json = details?.json
  for (let index = 0; index < layout.components.length; index++) {
    const exact = json?.[index]
    // A value whose JSON text is there is not asked for: large ones are parsed when they are.
    if (isExact(exact)) row.add(null, exact)
    else row.add(flagData[index] ?? null)
  }
  for (const column of layout.columns) {
    if (column === 'flag_option') row.add(flagOption ?? null)
    else if (column === 'username') row.add(username ?? null)
    else if (column === 'correction' && isExact(details?.correctionJSON)) {
      row.add(null, details.correctionJSON)
    } else row.add(detail(column, details))
  }
  return row
}

/** A string has no other JSON text than its own. */
function isExact(json: string | undefined): json is string {
  return json !== undefined && !json.startsWith('"')
}

function detail(
  column: Exclude<OwnColumn, 'flag_option' | 'username'>,
  details: FlagDetails | undefined,
): FlagValue {
  if (column === 'timestamp') return (details?.startedAt ?? new Date()).toISOString()
  return details?.[column] ?? null
}
