import { stringifyJSON } from '../capture/stringify-json.ts'
import type { FlagValue, FlaggedFile, JSONValue } from '../sample/flag-value.ts'
import { isFlaggedFile, isFlaggedFileList } from '../sample/flag-value.ts'
import { isDeep } from './deep-json.ts'
import type { ReviewFile, ReviewValue } from './review-sample.ts'

/** Characters of a value in a list. */
export const LONGEST_LISTED = 4000

/** What is given for a value whose file is gone. */
export const MISSING: ReviewValue = { kind: 'missing' }

/**
 * A value as reviewers get it: cut where it is longer than so many characters, and as text where it is
 * nested too deep to be passed on.
 * @param fileOf what names a file of the store
 */
export function reviewValue(
  value: FlagValue,
  longest: number,
  fileOf: (file: FlaggedFile) => ReviewFile,
): ReviewValue {
  if (isFlaggedFile(value)) return { kind: 'files', files: [fileOf(value)] }
  if (isFlaggedFileList(value)) return { kind: 'files', files: value.map(fileOf) }
  const text = typeof value === 'string' ? value : stringifyJSON(value as JSONValue)
  if (text.length <= longest && (typeof value === 'string' || !isDeep(text))) {
    return { kind: 'json', value }
  }
  return { kind: 'cut', text: text.slice(0, longest), length: text.length }
}

/** A JSON value, or its text where it is nested too deep. */
export function passableJSON(value: JSONValue): JSONValue {
  if (typeof value !== 'object' || value === null) return value
  const text = stringifyJSON(value)
  return isDeep(text) ? text : value
}
