import { createHash } from 'node:crypto'
import type { Component, FlagValue, FlaggedFile, JSONValue } from '@flagging/core'
import { isFlaggedFile, isFlaggedFileList, stringifyJSON } from '@flagging/core/store'
import type { SampleRecord } from '../samples/sample-record.ts'

/** Gives the SHA-256 of a file. */
export type HashOf = (file: FlaggedFile) => string | Promise<string>

/**
 * What tells whether a row of a log is a sample: the same for the sample that was written and for the row
 * that is read back, and for nothing else but a sample that reads the same.
 */
export async function samplePrint(record: SampleRecord, hashOf: HashOf): Promise<string> {
  const { folder, components, values, json, at, isTimed } = record
  const parts: unknown[] = [
    folder,
    record.option,
    record.username,
    record.comment,
    textOf('any', record.correction, textBeyond(record.correctionJSON)),
    isTimed === false ? null : at.toISOString(),
    record.interaction,
    record.endpoint ?? (folder === '' ? null : folder),
    record.status,
    record.duration,
    record.ended,
    record.truncated,
  ]
  for (const [index, { label, type }] of components.entries()) {
    const text = textBeyond(json?.[index])
    // A large value is parsed when it is asked for.
    const value = text === undefined ? (values[index] ?? null) : null
    parts.push(label, await printOf(type, value, text, hashOf))
  }
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)
}

/** A string has no other JSON text than its own. */
function textBeyond(json: string | undefined): string | undefined {
  return json === undefined || json.startsWith('"') ? undefined : json
}

async function printOf(
  type: Component['type'],
  value: FlagValue,
  json: string | undefined,
  hashOf: HashOf,
): Promise<string | null> {
  if (isFlaggedFile(value)) return `f${await hashOf(value)}`
  if (!isFlaggedFileList(value)) return textOf(type, value as JSONValue, json)
  const hashes: string[] = []
  for (const file of value) hashes.push(await hashOf(file))
  // A list of one file is that file, once it is stored.
  return `f${hashes.join()}`
}

function textOf(
  type: Component['type'],
  value: JSONValue,
  json: string | undefined,
): string | null {
  if (typeof value === 'string' && json === undefined) return `s${value}`
  const text = json ?? stringifyJSON(value)
  if (text === 'null') return null
  // In a column of texts every value is one.
  return type === 'text' ? `s${text}` : `j${text}`
}

/** The SHA-256 of a file, from its bytes. */
export async function hashOfBytes(file: FlaggedFile): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of file.stream()) hash.update(chunk)
  return hash.digest('hex')
}
