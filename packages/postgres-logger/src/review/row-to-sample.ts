import type { FlagValue, JSONValue, Sample } from '@flagging/core'
import {
  type Asked,
  type CellMode,
  decodeCell,
  encodeCell,
  isFlaggedFile,
  isFlaggedFileList,
  setOwn,
  sidesOf,
} from '@flagging/core/store'
import { fileFaultOf } from '../files/file-fault.ts'
import type { FileStore } from '../files/file-store.ts'
import { type RowValue, rowSample, wholeValue } from '../samples/row-sample.ts'
import { LOG } from '../samples/sample-removal.ts'
import type { FoundRow } from './row-reader.ts'

/** A row as whoever reads samples gets it, with what was asked for. @param n its position */
export async function sampleOf(
  { row, dataset }: FoundRow,
  files: FileStore,
  asked: Asked,
  n: number,
): Promise<Sample> {
  const sample = rowSample(row, dataset, files)
  const missing: string[] = []
  const sides = { inputs: {}, outputs: {} }
  for (const side of ['inputs', 'outputs'] as const) {
    for (const { label } of asked[side] ?? []) setOwn(sides[side], label, null)
  }
  const labels = sample.values.map(({ component }) => component.label)
  const parts = sidesOf(labels, asked, (_, at) =>
    sample.values[at]?.component.role === 'output' ? 'outputs' : 'inputs',
  )
  for (const [at, value] of sample.values.entries()) {
    const part = parts[at]
    const { label } = value.component
    if (part !== undefined) setOwn(sides[part], label, await valueOf(value, asked, missing))
  }
  return {
    n,
    ...sides,
    option: sample.option,
    username: sample.username,
    endpoint: sample.endpoint || dataset.folder || null,
    details: {
      log: LOG,
      missing,
      comment: sample.comment,
      correction: sample.correction,
      timestamp: sample.isTimed === false ? null : row.at.toISOString(),
      id: sample.interaction,
      status: sample.status,
      duration: sample.duration,
      ended: sample.ended,
      truncated: sample.truncated,
    },
  }
}

async function valueOf(value: RowValue, asked: Asked, missing: string[]): Promise<FlagValue> {
  const { label, type } = value.component
  try {
    const whole = (await wholeValue(value)).value
    if (isFlaggedFile(whole) || isFlaggedFileList(whole)) return whole
    const wanted = [...(asked.inputs ?? []), ...(asked.outputs ?? [])].find(
      (one) => one.label === label,
    )
    const isTyped = wanted !== undefined && wanted.type !== 'any'
    return isTyped ? readAs(whole as JSONValue, modeOf(type), modeOf(wanted.type)) : whole
  } catch (error) {
    // What cannot be fetched now is not gone.
    if (fileFaultOf(error).at === 'place') throw error
    missing.push(label)
    return null
  }
}

/** A value as a log would give it that is read otherwise than it was written. */
function readAs(value: JSONValue, written: CellMode, read: CellMode): JSONValue {
  if (written === read) return value
  const decoded = decodeCell(encodeCell(value, written), read)
  return decoded.kind === 'value' ? decoded.value : value
}

function modeOf(type: string): CellMode {
  return type === 'text' ? 'text' : 'any'
}
