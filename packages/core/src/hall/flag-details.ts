import type { Component } from '../components.ts'
import type { Settings } from '../options/settings.ts'
import type { Dataset } from '../sample/datasets.ts'
import type { SampleFacts } from '../sample/sampler.ts'
import type { Slot } from '../sample/slot.ts'
import type { FlagDetails } from '../store/flagging-callback.ts'
import type { CheckedFlag } from './flag-request.ts'

/**
 * What a callback is told of a sample beside its values.
 * @param once what a retry of the flag has in common with it; by default, what the flag says
 */
export function flagDetails(
  { dir }: Dataset,
  components: readonly Component[],
  slots: readonly Slot[],
  facts: SampleFacts,
  flag: CheckedFlag | undefined,
  username: string | null,
  settings: Settings,
  once?: string,
): FlagDetails {
  const details: Writable<FlagDetails> = {
    components,
    dir,
    id: facts.id,
    endpoint: facts.endpoint,
    method: facts.method,
    status: facts.status,
    startedAt: facts.startedAt,
    duration: facts.duration,
    ended: facts.ended,
    truncated: facts.truncated,
    byHand: flag !== undefined,
  }
  if (flag !== undefined) details.once = once ?? onceOf(facts.id, flag, username)
  if (settings.comment) details.comment = flag?.comment ?? null
  if (settings.correction) details.correction = flag?.correction ?? null
  if (flag?.correctionJSON !== undefined) details.correctionJSON = flag.correctionJSON
  for (const { json } of slots) {
    if (json === undefined) continue
    details.json = slots.map((slot) => slot.json)
    break
  }
  return details
}

function onceOf(
  id: string,
  { option, comment, correction, correctionJSON }: CheckedFlag,
  username: string | null,
): string {
  return JSON.stringify([id, option, comment, correctionJSON ?? correction, username])
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }
