import type { JSONValue } from '@flagging/core'
import { stringifyJSON } from '@flagging/core/store'
import type { SampleRecord } from '../samples/sample-record.ts'

/** Name and media type of a file, as they were given. */
export type FileNote = readonly [name: string | null, type: string]

/** The files of a value, by its position. */
export type FilesNote = readonly [position: number, files: readonly FileNote[]]

/** What is known of a sample beside its values. */
export interface SampleNote extends Omit<
  SampleRecord,
  'folder' | 'components' | 'values' | 'json'
> {
  /** When it was flagged, by `Date.now()`. */
  readonly flaggedAt: number
  readonly files: readonly FilesNote[]
}

/** In this order: a list takes less room and less time than an object, of which there is one a flag. */
type Listed = readonly [
  flaggedAt: number,
  at: number,
  id: string,
  option: string | null,
  username: string | null,
  comment: string | null,
  /** JSON text, which says more than the value. */
  correction: string | null,
  interaction: string | null,
  endpoint: string | null,
  method: string | null,
  status: number | null,
  duration: number | null,
  ended: SampleRecord['ended'],
  truncated: boolean | null,
  byHand: boolean | null,
  files: readonly FilesNote[],
  /** Why the database has refused it, for whoever looks. */
  refused?: string,
]

/** Writes what is known of a sample beside its values. */
export function noteText(
  record: SampleRecord,
  files: readonly FilesNote[],
  refused: string | undefined,
): string {
  const { correction, correctionJSON } = record
  const list: Listed = [
    Date.now(),
    record.at.getTime(),
    record.id,
    record.option,
    record.username,
    record.comment,
    correctionJSON ?? (correction === null ? null : stringifyJSON(correction)),
    record.interaction,
    record.endpoint,
    record.method,
    record.status,
    record.duration,
    record.ended,
    record.truncated,
    record.byHand,
    files,
  ]
  return JSON.stringify(refused === undefined ? list : [...list, refused])
}

/**
 * Reads it.
 * @throws SyntaxError or TypeError where that is no such text
 */
export function readNote(text: string): SampleNote {
  const [
    flaggedAt,
    at,
    id,
    option,
    username,
    comment,
    correctionText,
    interaction,
    endpoint,
    method,
    status,
    duration,
    ended,
    truncated,
    byHand,
    files,
  ] = JSON.parse(text) as Listed
  const correction = correctionText === null ? null : (JSON.parse(correctionText) as JSONValue)
  const isExact = correctionText === null || stringifyJSON(correction) === correctionText
  return {
    flaggedAt,
    at: new Date(at),
    id,
    option,
    username,
    comment,
    correction,
    correctionJSON: isExact ? undefined : correctionText,
    interaction,
    endpoint,
    method,
    status,
    duration,
    ended,
    truncated,
    byHand,
    files,
  }
}
