/** Anything that JSON can say. */
export type JSONValue =
  | string
  | number
  | boolean
  | null
  | readonly JSONValue[]
  | { readonly [key: string]: JSONValue }

/**
 * A file of a sample: bytes that passed over the wire or lie beside a log. Never a path that a
 * client named. A file of a running interaction can be read until the callback's `flag` has settled.
 */
export interface FlaggedFile {
  /** The name that the client gave, for display only; `undefined` where it gave none. */
  readonly name: string | undefined
  /** The media type that was declared or recognised, `application/octet-stream` if neither. */
  readonly type: string
  /** The size in bytes. */
  readonly size: number
  /** The content, in chunks. */
  stream(): ReadableStream<Uint8Array>
  /** The whole content. */
  bytes(): Promise<Uint8Array>
  /** Writes the content into a new file with mode 0600; rejects with `EEXIST` if there is one. */
  saveTo(path: string): Promise<void>
}

/** One value of a sample: JSON, a file, or several files of one field. Missing values are `null`. */
export type FlagValue = JSONValue | FlaggedFile | readonly FlaggedFile[]

/** Whether a value is a file, ours or one that a caller of a callback made. */
export function isFlaggedFile(value: unknown): value is FlaggedFile {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as FlaggedFile).bytes === 'function' &&
    typeof (value as FlaggedFile).stream === 'function'
  )
}

/** Whether a value is a non-empty list of files. */
export function isFlaggedFileList(value: unknown): value is readonly FlaggedFile[] {
  return Array.isArray(value) && value.length > 0 && value.every(isFlaggedFile)
}
