import type { FlagValue, FlaggedFile, JSONValue } from '@flagging/core'
import {
  SourceFile,
  isFlaggedFile,
  isFlaggedFileList,
  isWellFormed,
  stringifyJSON,
  textSource,
} from '@flagging/core/store'
import { storableJSON, storableString } from './storable-json.ts'
import type { Storable } from './storable-text.ts'

/** A value with a longer JSON text becomes a file. */
const LONGEST_VALUE = 1024 * 1024

/** Files in the place of a value. */
export interface ValueFiles {
  readonly files: readonly FlaggedFile[]
  readonly isList: boolean
  /** Set where the file holds a value that is too large for its row. */
  readonly spilled?: 'txt' | 'json'
}

/**
 * What becomes of a value in the database: JSON text for a jsonb, or files.
 * @param json its exact JSON text where JavaScript cannot hold it; then the value is not looked at
 * @param room characters that there is room for in its row
 */
export function storableValue(
  value: FlagValue,
  json: string | undefined,
  room: number,
): Storable | ValueFiles {
  const longest = Math.min(LONGEST_VALUE, room)
  if (json !== undefined) {
    return json.length > longest ? spilledJSON(json) : storableJSON(json, true)
  }
  if (typeof value === 'string') {
    return value.length > longest ? spilledText(value) : storableString(value)
  }
  if (isFlaggedFile(value)) return { files: [value], isList: false }
  if (isFlaggedFileList(value)) return { files: value, isList: true }
  const text = stringifyJSON(value as JSONValue)
  return text.length > longest ? spilledJSON(text) : storableJSON(text)
}

function spilledText(text: string): ValueFiles {
  // UTF-8 has no halves of pairs; a JSON text has.
  return isWellFormed(text) ? spilled('txt', text) : spilled('json', JSON.stringify(text))
}

function spilledJSON(text: string): ValueFiles {
  return spilled('json', storableJSON(text, true).exact ?? text)
}

function spilled(kind: 'txt' | 'json', text: string): ValueFiles {
  const type = kind === 'txt' ? 'text/plain' : 'application/json'
  const file = new SourceFile(undefined, type, textSource(text))
  return { files: [file], isList: false, spilled: kind }
}
