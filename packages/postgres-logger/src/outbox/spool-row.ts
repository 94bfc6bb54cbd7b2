import type { FlagValue, FlaggedFile, JSONValue } from '@flagging/core'
import {
  SourceFile,
  type StoredSample,
  isFlaggedFile,
  isFlaggedFileList,
  stringifyJSON,
} from '@flagging/core/store'
import type { SampleRecord } from '../samples/sample-record.ts'
import { type FileNote, type FilesNote, noteText, readNote } from './sample-note.ts'
import type { SegmentAbout } from './segment-about.ts'

/** A sample as a row of a segment: its values, and in a last column all else that is known of it. */
export interface SpoolRow {
  /** The values, then {@link note}; `null` where {@link json} has the text. */
  readonly data: readonly FlagValue[]
  /** The JSON text of each value that is no scalar and no file. */
  readonly json: readonly (string | undefined)[] | undefined
  /** Roughly how many bytes it takes on the disk. */
  readonly weight: number
  /** How many of those are bytes of files. */
  readonly fileBytes: number
}

/** A sample that was read back, and when it was flagged. */
export interface SpooledSample {
  readonly record: SampleRecord
  /** By `Date.now()`. */
  readonly flaggedAt: number
  /** Roughly the characters of its values. */
  readonly weight: number
  /** Bytes of its files. */
  readonly fileBytes: number
}

/** Bytes that a row takes beside its texts, roughly. */
const FRAME = 16
/** A text full of quotes takes more room in a log than it has characters. */
const QUOTED = 1.25
const NO_FILES: readonly FilesNote[] = []

/**
 * Makes the row of a sample. Values whose text is given are not looked at: large ones are parsed when
 * they are.
 * @param refused why the database has refused it, for those who look
 */
export function rowOf(record: SampleRecord, refused?: string): SpoolRow {
  const { components, values, json } = record
  const data: FlagValue[] = []
  let texts: (string | undefined)[] | undefined
  let files: FilesNote[] | undefined
  let weight = FRAME
  let fileBytes = 0
  for (let index = 0; index < components.length; index++) {
    const exact = json?.[index]
    const value = isExact(exact) ? null : (values[index] ?? null)
    const held = filesOf(value)
    const text = isExact(exact) ? exact : held ? undefined : textOf(value)
    data.push(text === undefined ? value : null)
    if (text !== undefined) (texts ??= [])[index] = text
    for (const { size } of held ?? []) fileBytes += size
    if (held) (files ??= []).push([index, held.map(({ name, type }) => [name ?? null, type])])
    weight += FRAME + bytesOf(text ?? value)
  }
  const note = noteText(record, files ?? NO_FILES, refused)
  data.push(note)
  weight += fileBytes + bytesOf(note) * QUOTED
  return { data, json: texts, weight, fileBytes }
}

/**
 * Makes a sample of its row.
 * @throws SyntaxError or TypeError where the last column holds no note
 */
export function sampleOf(
  stored: StoredSample,
  { folder, components }: SegmentAbout,
): SpooledSample {
  // Taken away and not copied: large values are parsed when they are looked at.
  const values = stored.values as FlagValue[]
  const cell = values.pop()
  // Where what says that it is a text is lost, it reads as a list.
  const text = typeof cell === 'string' ? cell : (stored.cells.at(-1) ?? '')
  const { flaggedAt, files, ...known } = readNote(text)
  let fileBytes = 0
  for (const [index, notes] of files) {
    const named = namedFiles(values[index] ?? null, notes)
    values[index] = named
    for (const { size } of filesOf(named) ?? []) fileBytes += size
  }
  const record = {
    ...known,
    folder,
    components,
    values,
    json: stored.json?.slice(0, components.length),
  }
  return { record, flaggedAt, weight: weightOf(stored, text), fileBytes }
}

/** A string has no other JSON text than its own. */
function isExact(json: string | undefined): json is string {
  return json !== undefined && !json.startsWith('"')
}

/** The text of what is no scalar: whoever writes the row needs it, and so do we to know its length. */
function textOf(value: FlagValue): string | undefined {
  return typeof value === 'object' && value !== null ? stringifyJSON(value as JSONValue) : undefined
}

function bytesOf(value: FlagValue): number {
  return typeof value === 'string' ? Buffer.byteLength(value) : 0
}

function filesOf(value: FlagValue): readonly FlaggedFile[] | undefined {
  if (isFlaggedFile(value)) return [value]
  return isFlaggedFileList(value) ? value : undefined
}

function namedFiles(value: FlagValue, notes: readonly FileNote[]): FlagValue {
  if (value instanceof SourceFile) return named(value, notes[0])
  if (!isFlaggedFileList(value)) return value
  // Of a list of which one is gone nobody knows which.
  if (value.length !== notes.length) return value
  return value.map((file, index) => (file instanceof SourceFile ? named(file, notes[index]) : file))
}

function named(file: SourceFile, note: FileNote | undefined): SourceFile {
  const [name, type] = note ?? [null, file.type]
  return new SourceFile(name ?? undefined, type, file.source, file.storedAs)
}

function weightOf({ cells, json, values }: StoredSample, note: string): number {
  let weight = note.length
  for (let index = 0; index < values.length; index++) {
    const exact = json?.[index]
    weight += exact?.length ?? cells[index]?.length ?? 0
    if (exact === undefined && cells[index]?.endsWith('.txt') === true) {
      const value = values[index]
      if (typeof value === 'string') weight += value.length
    }
  }
  return weight
}
