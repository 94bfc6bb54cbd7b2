import type { MarkFilter, ReviewFilter } from '@flagging/core/store'
import { indexable } from '../samples/storable-text.ts'
import { fromMillis } from './micros.ts'
import type { SQLValues } from './sql-values.ts'
import type { TimeRange } from './time-parts.ts'

/** The samples that are meant, but for words and times. */
export interface Kind {
  /** The number of the dataset, if it is one. */
  readonly dataset: number | undefined
  readonly filter: ReviewFilter
}

const MARKS: Readonly<Record<MarkFilter, string>> = {
  open: 'not reviewed',
  reviewed: 'reviewed',
  noted: 'note is not null',
}

/** What says of rows that they are of a kind, each by itself. */
export function kindConditions(values: SQLValues, { dataset, filter }: Kind): string[] {
  const { option, user, marks } = filter
  return [
    ...(dataset === undefined ? [] : [`dataset = ${values.put(dataset, 'integer')}`]),
    ...textCondition(values, 'option', option),
    ...textCondition(values, 'username', user),
    ...(marks === undefined ? [] : [MARKS[marks]]),
  ]
}

/** Whether one index has all rows of a kind, and no others: then nothing else is looked at. */
export function isIndexed({ dataset, filter: { option, user, marks } }: Kind): boolean {
  const asked = [dataset, option, user, marks].filter((one) => one !== undefined)
  return (
    asked.length === 0 || (asked.length === 1 && option !== '' && user !== '' && marks !== 'open')
  )
}

/** The times of a selection. */
export function timesOf({ from, to }: ReviewFilter): TimeRange {
  return {
    from: from === undefined ? undefined : fromMillis(from),
    to: to === undefined ? undefined : fromMillis(to),
  }
}

/** The empty text stands for none. */
function textCondition(
  values: SQLValues,
  column: 'option' | 'username',
  asked: string | undefined,
): string[] {
  if (asked === undefined) return []
  if (asked === '') return [`(${column} is null or ${column} = '')`]
  return [`${column} = ${values.put(indexable(asked).text, 'text')}`]
}
