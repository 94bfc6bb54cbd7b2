import { createHash } from 'node:crypto'
import type { StoredSample } from '@flagging/core/store'
import { uuidOf } from '../samples/sample-id.ts'
import type { SampleRecord } from '../samples/sample-record.ts'

/** ISO 8601, and what Gradio writes: Python's local time without a zone. Nothing that is guessed. */
const TIME = /^[+-]?\d{4,6}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$/

/** What a log is called in its directory: with its folder in front, if it is an endpoint's. */
export function titleOf({ dataset, log }: Pick<StoredSample, 'dataset' | 'log'>): string {
  return dataset === null ? log : `${dataset}/${log}`
}

/** The id of a row: the same whenever it is read again, and that of no other row. */
export function importedId(source: string, sample: StoredSample): string {
  const { dataset, log, start, cells } = sample
  const text = JSON.stringify([source, dataset ?? '', log, start, cells])
  return uuidOf(createHash('sha256').update(text).digest().subarray(0, 16))
}

/**
 * A row of a log as a sample of the database.
 * @param id {@link importedId}
 * @param writtenAt when its log was written: the time of samples that name none
 */
export function importedRecord(sample: StoredSample, id: string, writtenAt: Date): SampleRecord {
  const { dataset, components, values, json, details } = sample
  const at = timeOf(details.timestamp)
  return {
    id,
    at: at ?? writtenAt,
    isTimed: at !== undefined,
    folder: dataset ?? '',
    components,
    values,
    json,
    option: sample.option,
    username: sample.username,
    comment: details.comment ?? null,
    correction: details.correction ?? null,
    correctionJSON: sample.correctionJSON,
    interaction: details.id ?? null,
    endpoint: sample.endpoint,
    method: null,
    status: details.status ?? null,
    duration: details.duration ?? null,
    ended: details.ended ?? null,
    truncated: details.truncated ?? null,
    byHand: null,
  }
}

function timeOf(text: string | null | undefined): Date | undefined {
  if (text == null || !TIME.test(text)) return undefined
  const time = new Date(text)
  return Number.isNaN(time.getTime()) ? undefined : time
}
