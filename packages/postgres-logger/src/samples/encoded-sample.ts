import type { FlaggedFile } from '@flagging/core'
import { stringifyJSON } from '@flagging/core/store'
import { fileKeys } from '../files/file-key.ts'
import type { SampleRecord } from './sample-record.ts'
import { storableJSON, storableString } from './storable-json.ts'
import { type Storable, indexable, storable, storableText } from './storable-text.ts'
import { type ValueFiles, storableValue } from './storable-value.ts'
import type { ExactColumn, StoredFile, TextColumn } from './stored-row.ts'

/** Characters of values in one row; what comes after them lies in files, unless it is short. */
const LONGEST_ROW = 16 * 1024 * 1024
const SHORT = 16 * 1024

const FIRST = 0
const LAST = Date.UTC(10_000, 0) - 1
const INTEGER = 2 ** 31

/** A file on its way to its store. */
export interface FileToStore {
  readonly key: string
  readonly file: FlaggedFile
  /** Under which key of a component it stands in the row. */
  readonly component: string
  readonly spilled: 'txt' | 'json' | undefined
}

/** A sample as the database takes it, but for what its files turn out to be. */
export interface EncodedSample {
  readonly id: string
  readonly at: Date
  readonly folder: string
  /** Whether a client posted its values: then a retry may come in at another time. */
  readonly isPosted: boolean
  readonly files: readonly FileToStore[]
  /** JSON text of a row less its files. */
  readonly row: string
  /** Characters of it. */
  readonly weight: number
}

/** Makes the row of a sample. @param keys of its components, in their order */
export function encodeSample(record: SampleRecord, keys: readonly string[]): EncodedSample {
  const { id, folder } = record
  const at = clamped(record.at)
  const values = encodeValues(record, keys, at)
  const texts = encodeTexts(record)
  const exact: Record<string, unknown> = { ...texts.exact }
  if (values.exact.size > 0) exact.values = Object.fromEntries(values.exact)
  const correction = encodeCorrection(record)
  if (correction?.exact !== undefined) exact.correction = correction.exact
  if (record.isTimed === false) exact.timestamp = 'null'
  const facts = JSON.stringify({
    id,
    at: at.toISOString(),
    folder: storableText(folder),
    ...texts.columns,
    status: integer(record.status),
    duration: Number.isFinite(record.duration) ? record.duration : null,
    ended: record.ended,
    truncated: record.truncated,
    by_hand: record.byHand,
    exact: Object.keys(exact).length > 0 ? exact : null,
  })
  const row =
    `${facts.slice(0, -1)},"correction":${correction?.text ?? 'null'},` +
    `"inputs":{${values.inputs.join(',')}},"outputs":{${values.outputs.join(',')}}`
  return {
    id,
    at,
    folder,
    isPosted: record.endpoint === '',
    files: values.files,
    row,
    weight: row.length,
  }
}

/** The row of a sample with what its files turned out to be. */
export function rowWithFiles(
  { row }: EncodedSample,
  files: ReadonlyMap<string, StoredFile[]>,
): string {
  if (files.size === 0) return `${row},"files":null}`
  return `${row},"files":${JSON.stringify(Object.fromEntries(files))}}`
}

interface EncodedValues {
  readonly inputs: string[]
  readonly outputs: string[]
  readonly exact: Map<string, string>
  readonly files: FileToStore[]
}

function encodeValues(record: SampleRecord, keys: readonly string[], at: Date): EncodedValues {
  const made: EncodedValues = { inputs: [], outputs: [], exact: new Map(), files: [] }
  let room = LONGEST_ROW
  let nameOf: ReturnType<typeof fileKeys> | undefined
  for (const [index, component] of record.components.entries()) {
    const key = keys[index] as string
    const json = exactJSON(record.json?.[index])
    // A value whose JSON text is there is not asked for: large ones are parsed when they are.
    const given = json === undefined ? (record.values[index] ?? null) : null
    const value = storableValue(given, json, Math.max(room, SHORT))
    let text: string
    if ('files' in value) {
      nameOf ??= fileKeys({ folder: record.folder, at, id: record.id, columns: keys })
      const files = filesOf(value, key, index, nameOf)
      made.files.push(...files)
      const names = files.map((file) => file.key)
      text = JSON.stringify(value.isList ? names : names[0])
    } else {
      text = value.text
      room -= text.length + (value.exact?.length ?? 0)
      if (value.exact !== undefined) made.exact.set(key, value.exact)
    }
    const side = component.role === 'output' ? made.outputs : made.inputs
    side.push(`${JSON.stringify(key)}:${text}`)
  }
  return made
}

/** A string has no other JSON text than its own. */
function exactJSON(json: string | undefined): string | undefined {
  return json?.startsWith('"') === true ? undefined : json
}

function filesOf(
  { files, isList, spilled }: ValueFiles,
  component: string,
  column: number,
  nameOf: ReturnType<typeof fileKeys>,
): FileToStore[] {
  return files.map((file, index) => {
    const key = nameOf(column, { type: file.type, spilled }, isList ? index : undefined)
    return { key, file, component, spilled }
  })
}

const TEXTS: readonly (readonly [TextColumn, (text: string) => Storable])[] = [
  ['endpoint', storable],
  ['method', storable],
  ['interaction', indexable],
  ['option', indexable],
  ['username', indexable],
  ['comment', storable],
]

function encodeTexts(record: SampleRecord): {
  readonly columns: Readonly<Record<string, string | null>>
  readonly exact: ExactColumn
} {
  const columns: Record<string, string | null> = {}
  const exact: Record<string, string> = {}
  for (const [name, hold] of TEXTS) {
    const text = record[name]
    const held = text === null ? undefined : hold(text)
    columns[name] = held?.text ?? null
    if (held?.exact !== undefined) exact[name] = held.exact
  }
  return { columns, exact }
}

/** None and `null` are the same. */
function encodeCorrection({ correction, correctionJSON }: SampleRecord): Storable | undefined {
  if (correction === null && correctionJSON === undefined) return undefined
  if (typeof correction === 'string') return storableString(correction)
  const text = correctionJSON ?? stringifyJSON(correction)
  return storableJSON(text, correctionJSON !== undefined)
}

function clamped(at: Date): Date {
  const time = at.getTime()
  return new Date(Number.isNaN(time) ? FIRST : Math.min(Math.max(time, FIRST), LAST))
}

function integer(status: number | null): number | null {
  return Number.isInteger(status) && Math.abs(status as number) < INTEGER ? status : null
}
