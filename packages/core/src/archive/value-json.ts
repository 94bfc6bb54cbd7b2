import { stringifyJSON } from '../capture/stringify-json.ts'
import {
  type FlagValue,
  type FlaggedFile,
  type JSONValue,
  isFlaggedFile,
  isFlaggedFileList,
} from '../sample/flag-value.ts'
import { SourceFile } from '../store/byte-source.ts'

/** What some readers take for the end of a line, and JSON does not. */
const LINE_ENDS = /[\u0085\u2028\u2029]/g

/** The files of a value; none where it is JSON. */
export function filesIn(value: FlagValue): readonly FlaggedFile[] {
  if (isFlaggedFile(value)) return [value]
  return isFlaggedFileList(value) ? value : []
}

/** Where a file lies below its dataset's folder; `undefined` for one that lies nowhere. */
export function storedPath(file: FlaggedFile): string | undefined {
  return file instanceof SourceFile ? file.storedAs : undefined
}

/** The JSON text of a value on one line, whatever reads lines. Of files it says where they lie. */
export function valueJSON(value: FlagValue): string {
  if (isFlaggedFile(value)) return fileJSON(value)
  if (isFlaggedFileList(value)) return `[${value.map(fileJSON).join(',')}]`
  return onOneLine(stringifyJSON(value as JSONValue))
}

/** The JSON text of an object from the texts of its values. Every name may be a key. */
export function objectJSON(members: readonly (readonly [name: string, json: string])[]): string {
  return `{${members.map(([name, json]) => `${valueJSON(name)}:${json}`).join(',')}}`
}

function fileJSON(file: FlaggedFile): string {
  return valueJSON({ file: storedPath(file) ?? null, type: file.type, size: file.size })
}

function onOneLine(json: string): string {
  // They stand in strings alone.
  return json.replaceAll(
    LINE_ENDS,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
