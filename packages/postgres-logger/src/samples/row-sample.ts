import type { Component, FlagValue, JSONValue } from '@flagging/core'
import { SourceFile, stringifyJSON } from '@flagging/core/store'
import { OF_FILE, fileError } from '../files/file-fault.ts'
import type { FileStore } from '../files/file-store.ts'
import type { SampleRecord } from './sample-record.ts'
import {
  type ExactColumn,
  type StoredDataset,
  type StoredFile,
  type StoredRow,
  type TextColumn,
  componentOf,
} from './stored-row.ts'

/** Where the files of samples are read from. */
export type FileSource = Pick<FileStore, 'open'>

/** A value of a sample that was read. */
export interface RowValue {
  readonly component: Component
  /** The position of its component in the dataset. */
  readonly column: number
  /** Files with their keys as `storedAs`; a value that is too large for its row as the file that holds it. */
  readonly value: FlagValue
  /** Its exact JSON text, where the JavaScript value cannot hold it. */
  readonly json: string | undefined
  /** Set where `value` is the file that holds the value. */
  readonly spilled: 'txt' | 'json' | undefined
}

/** A sample that was read: what was stored, but that its values may still lie in files. */
export interface RowSample extends Omit<SampleRecord, 'components' | 'values' | 'json'> {
  /** Of the components that the sample was stored with: inputs, then outputs, in the order of the dataset. */
  readonly values: readonly RowValue[]
}

/** The sample in a row. Nothing is fetched before the files are read. */
export function rowSample(row: StoredRow, dataset: StoredDataset, files: FileSource): RowSample {
  const { id, at, status, duration, truncated, exact } = row
  const text = (name: TextColumn): string | null => exactText(exact, name) ?? row[name]
  const correction = exact?.correction
  return {
    id,
    at,
    isTimed: exact?.timestamp === undefined ? undefined : false,
    folder: dataset.folder,
    values: valuesOf(row, dataset, files),
    option: text('option'),
    username: text('username'),
    comment: text('comment'),
    correction: correction === undefined ? row.correction : (JSON.parse(correction) as JSONValue),
    correctionJSON: correction === undefined ? undefined : textBeyond(correction),
    interaction: text('interaction'),
    endpoint: text('endpoint'),
    method: text('method'),
    status,
    duration,
    ended: isEnded(row.ended) ? row.ended : null,
    truncated,
    byHand: row.by_hand,
  }
}

/**
 * The sample as it was stored, with the values that lie in files.
 * @throws FlaggingError `ERR_FLAGGING_STORE` where such a file cannot be read
 */
export async function wholeRecord(sample: RowSample): Promise<SampleRecord> {
  const values = await Promise.all(sample.values.map(wholeValue))
  const hasJSON = values.some(({ json }) => json !== undefined)
  return {
    ...sample,
    components: sample.values.map(({ component }) => component),
    values: values.map(({ value }) => value),
    json: hasJSON ? values.map(({ json }) => json) : undefined,
  }
}

/**
 * A value, also one that lies in a file.
 * @throws FlaggingError `ERR_FLAGGING_STORE` where its file cannot be read
 */
export async function wholeValue({
  value,
  json,
  spilled,
}: RowValue): Promise<Pick<RowValue, 'value' | 'json'>> {
  if (spilled === undefined) return { value, json }
  const bytes = await (value as SourceFile).bytes()
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    if (spilled === 'txt') return { value: text, json: undefined }
    return { value: JSON.parse(text) as JSONValue, json: textBeyond(text) }
  } catch (cause) {
    const message = 'A value that lies in a file cannot be read: the file is damaged'
    throw fileError(OF_FILE, message, cause)
  }
}

function valuesOf(row: StoredRow, { components }: StoredDataset, files: FileSource): RowValue[] {
  const values: RowValue[] = []
  for (const [column, stored] of components.entries()) {
    const side = stored.role === 'input' ? row.inputs : row.outputs
    // What a sample does not have it was stored without.
    if (!Object.hasOwn(side, stored.key)) continue
    values.push({
      component: componentOf(stored),
      column,
      ...valueOf(row, stored.key, side, files),
    })
  }
  return values
}

function valueOf(
  row: StoredRow,
  key: string,
  side: Readonly<Record<string, JSONValue>>,
  files: FileSource,
): Pick<RowValue, 'value' | 'json' | 'spilled'> {
  const stored = own(row.files, key)
  const held = side[key] ?? null
  if (stored !== undefined) {
    const made = stored.map((file) => fileOf(file, files))
    const value = Array.isArray(held) ? made : (made[0] ?? null)
    return { value, json: undefined, spilled: stored[0]?.spilled }
  }
  const exact = own(row.exact?.values ?? null, key)
  if (exact === undefined) return { value: held, json: undefined, spilled: undefined }
  return { value: JSON.parse(exact) as JSONValue, json: textBeyond(exact), spilled: undefined }
}

function fileOf({ key, name, type, size, exact }: StoredFile, files: FileSource): SourceFile {
  const said = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : (JSON.parse(text) as string)
  return new SourceFile(
    said(exact?.name) ?? name ?? undefined,
    said(exact?.type) ?? type,
    files.open(key, size),
    key,
  )
}

/** A JSON text, where it says more than its value. */
function textBeyond(text: string): string | undefined {
  if (text.startsWith('"')) return undefined
  return stringifyJSON(JSON.parse(text) as JSONValue) === text ? undefined : text
}

function exactText(exact: ExactColumn | null, name: TextColumn): string | undefined {
  const text = exact?.[name]
  return text === undefined ? undefined : (JSON.parse(text) as string)
}

/** Keys are clients' to choose: also those of what every object has. */
function own<T>(record: Readonly<Record<string, T>> | null, key: string): T | undefined {
  return record !== null && Object.hasOwn(record, key) ? record[key] : undefined
}

function isEnded(text: unknown): text is 'complete' | 'aborted' | 'error' {
  return text === 'complete' || text === 'aborted' || text === 'error'
}
