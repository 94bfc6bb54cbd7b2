import type { Component, FlagDetails, FlagValue } from '@flagging/core'
import { sampleId } from './sample-id.ts'
import type { SampleRecord } from './sample-record.ts'

/** What is asked to be flagged, as a callback hears it. */
export interface Flag {
  readonly values: readonly FlagValue[]
  readonly option: string | null | undefined
  readonly username: string | null | undefined
  readonly details: FlagDetails | undefined
}

/**
 * The sample that a flag makes.
 * @param components of its dataset, where the flag comes without details
 */
export function flagRecord(
  folder: string,
  components: readonly Component[],
  { values, option, username, details }: Flag,
): SampleRecord {
  return {
    id: sampleId(folder, details?.once ?? details?.id),
    at: details?.startedAt ?? new Date(),
    folder,
    components,
    values,
    json: details?.json,
    option: option ?? null,
    username: username ?? null,
    comment: details?.comment ?? null,
    correction: details?.correction ?? null,
    correctionJSON: details?.correctionJSON,
    interaction: details?.id ?? null,
    endpoint: details?.endpoint ?? null,
    method: details?.method ?? null,
    status: details?.status ?? null,
    duration: details?.duration ?? null,
    ended: details?.ended ?? null,
    truncated: details?.truncated ?? null,
    byHand: details?.byHand ?? null,
  }
}
