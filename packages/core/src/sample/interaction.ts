import type { FlagValue } from './flag-value.ts'

/** How an answer ended: whole, cut off by the client, or cut off by an error of the host. */
export type Ended = 'complete' | 'aborted' | 'error'

/** One request to the host's API and its response, decoded, redacted and as plain data. */
export interface Interaction {
  /** 22 base64url characters, 128 random bits. */
  readonly id: string
  /** The name of the endpoint's dataset, such as `calculate` or `PUT.items.{id}`. */
  readonly endpoint: string
  /** The request method in upper case. */
  readonly method: string
  /** The path of the request without its query, as the client sent it. */
  readonly path: string
  /** The status code of the response. */
  readonly status: number
  /** When the request reached us. */
  readonly startedAt: Date
  /** Milliseconds from then until the answer had ended. */
  readonly duration: number
  readonly ended: Ended
  /** Whether a limit cut the request or the response. */
  readonly truncated: boolean
  /** Why a body could not be decoded, if one could not. */
  readonly error?: string
  /** Route parameters. */
  readonly params: Readonly<Record<string, FlagValue>>
  /** Query values; a repeated name holds a list. */
  readonly query: Readonly<Record<string, FlagValue>>
  /** The decoded request body: an object of fields, another JSON value, a text, a file, or `null`. */
  readonly body: FlagValue | Readonly<Record<string, FlagValue>>
  /** The decoded response body, of the same shapes. */
  readonly output: FlagValue | Readonly<Record<string, FlagValue>>
  /** What goes into the input columns, by label. */
  readonly inputs: Readonly<Record<string, FlagValue>>
  /** What goes into the output columns, by label. */
  readonly outputs: Readonly<Record<string, FlagValue>>
}
