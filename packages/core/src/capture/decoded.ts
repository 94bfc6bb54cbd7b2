import type { JSONValue } from '../sample/flag-value.ts'

/** A file inside a body: a range of what was recorded, or bytes of its own (decoded base64). */
export interface FilePart {
  readonly name: string | undefined
  readonly type: string
  /** Where it starts in the recorded body, content codings undone; 0 if `bytes` is set. */
  readonly offset: number
  readonly size: number
  readonly bytes?: Uint8Array
}

/**
 * One decoded value, plain enough to cross threads.
 * - `value`: what JavaScript makes of it. `undefined` for a large value that is parsed on first use
 *   from `json`.
 * - `json`: its JSON text, compact, keys as received; set only where `stringifyJSON(value)` would give
 *   something else, or where `value` is left undefined because it is large.
 */
export type Datum =
  | { readonly value?: JSONValue; readonly json?: string }
  | { readonly file: FilePart }
  | { readonly files: readonly FilePart[] }

/** A body, decoded and redacted. */
export interface Decoded {
  /**
   * `fields`: a JSON object or a form, by name, in the order received.
   * `value`: anything else. `empty`: no body.
   */
  readonly kind: 'empty' | 'fields' | 'value'
  /** With `fields`: names are unique; repeated form names hold a list. */
  readonly entries?: readonly (readonly [name: string, datum: Datum])[]
  /** With `value`. */
  readonly datum?: Datum
  /** Whether the values are the strings of a form, whose canonical numbers count as numbers. */
  readonly form: boolean
  /** Whether a limit (fields, files, decoded size) cut it. */
  readonly truncated: boolean
  /** Why the body is kept as it came instead of decoded, in words; never quotes the body. */
  readonly error?: string
}

/** Which JSON keys and form names are replaced by `[redacted]`. Names are normalised already. */
export interface RedactRules {
  /** The built-in names. Empty with `redact: false`. */
  readonly names: readonly string[]
  /** Names that the host added; these have no exemptions. */
  readonly extra: readonly string[]
  /** Exact keys or dotted paths that the built-in names do not apply to: declared components. */
  readonly exempt: readonly string[]
}

/** What a decoder needs to know of a recorded body. */
export interface DecodeJob {
  /** What was recorded: in memory, or the first `size` bytes of an open file. */
  readonly source: Uint8Array | { readonly fd: number; readonly size: number }
  /** The Content-Type header as it came. */
  readonly contentType: string | undefined
  /** The Content-Encoding header as it came; whether it is true is decided by the bytes. */
  readonly contentEncoding?: string | undefined
  /** Whether the recording is cut short: then nothing structured is read from it. */
  readonly truncated: boolean
  /** Whether the exchange broke off: then the body may end anywhere, though all that came is here. */
  readonly unfinished?: boolean
  readonly redact: RedactRules
  readonly limits: DecodeLimits
}

/** The part of the limits that decoding keeps to. */
export interface DecodeLimits {
  /** Fields of a form or multipart body. */
  readonly fields: number
  /** Files of a multipart body. */
  readonly files: number
  /** Bytes of one file. */
  readonly fileBytes: number
  /** Bytes that undoing a content coding may produce. */
  readonly interactionBytes: number
}
