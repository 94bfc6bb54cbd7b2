import { stringifyJSON } from '../capture/stringify-json.ts'
import { caught } from '../caught.ts'
import type { Exchange } from '../capture/exchange.ts'
import type { Component } from '../components.ts'
import { FlaggingError } from '../errors.ts'
import type { Declared } from '../options/declared.ts'
import { coerce } from './coerce.ts'
import type { Parts } from './decode-exchange.ts'
import { type ColumnRules, lookUpInputs, lookUpOutputs } from './declared-columns.ts'
import type { FlagValue, JSONValue } from './flag-value.ts'
import { type Found, InferredColumns } from './inferred-columns.ts'
import type { Interaction } from './interaction.ts'
import { EMPTY, type Slot, recordOf } from './slot.ts'

/** What is known of a sample beside its values. */
export type SampleFacts = Pick<
  Interaction,
  'id' | 'endpoint' | 'method' | 'status' | 'startedAt' | 'duration' | 'ended' | 'truncated'
>

/** The values of an interaction over the columns of its dataset. */
export interface Sampled {
  readonly facts: SampleFacts
  readonly components: readonly Component[]
  readonly slots: readonly Slot[]
  /** The columns to go on with, where they are inferred. */
  readonly columns: InferredColumns | undefined
  /** Whether a declared input was present; `true` where none are declared. */
  readonly anyInput: boolean
  /** The interaction as plain data, made for the host's own functions only. */
  readonly interaction: () => Interaction
}

/** Lays out an interaction over declared components, or over inferred columns. */
export function sample(
  exchange: Exchange,
  parts: Parts,
  endpoint: string,
  target: Declared | InferredColumns,
  rules: ColumnRules,
): Sampled {
  const facts: SampleFacts = {
    id: exchange.id,
    endpoint,
    method: exchange.facts.method,
    status: exchange.answer?.status ?? 0,
    startedAt: new Date(exchange.startedAt),
    duration: exchange.duration,
    ended: exchange.endedAs,
    truncated: parts.truncated,
  }
  const { url } = exchange.facts
  const rest = { facts, interaction: () => interactionOf(facts, url, parts, components, slots) }
  let components: readonly Component[] = []
  let slots: readonly Slot[] = []
  if (target instanceof InferredColumns) {
    const layout = target.layOut(found(parts, rules.maxFileBytes))
    components = layout.columns.components
    slots = layout.slots
    return { ...rest, components, slots, columns: layout.columns, anyInput: true }
  }
  const inputs = lookUpInputs(target.inputs, parts, rest.interaction, rules)
  const outputs = lookUpOutputs(target.outputs, parts, rest.interaction, rules)
  components = target.all
  slots = [...inputs.slots, ...outputs]
  return { ...rest, components, slots, columns: undefined, anyInput: inputs.anyPresent }
}

/**
 * The sample after the host's own redaction: what the function left in `inputs` and `outputs`.
 * @throws FlaggingError `ERR_FLAGGING_REDACT` where the function threw or gave no interaction
 */
export function redacted(
  sampled: Sampled,
  redact: (interaction: Interaction) => Interaction,
): Sampled {
  let interaction: Interaction
  try {
    interaction = redact(sampled.interaction())
    caught(interaction, () => undefined)
    if (!interaction.inputs || !interaction.outputs) {
      throw new TypeError('inputs or outputs missing')
    }
  } catch (error) {
    throw new FlaggingError(
      'ERR_FLAGGING_REDACT',
      '`redact` failed, so the sample was dropped: it must return the interaction to store.',
      { cause: error },
    )
  }
  const slots = sampled.components.map(({ label, role }, index): Slot => {
    const values = role === 'output' ? interaction.outputs : interaction.inputs
    const value = Object.hasOwn(values, label) ? (values[label] as FlagValue) : null
    return unchanged(sampled.slots[index] as Slot, value) ?? { value: value ?? null }
  })
  return { ...sampled, slots }
}

/** The slot as it was if the value says the same still: it may have been changed in place. */
function unchanged(before: Slot, value: FlagValue): Slot | undefined {
  if (!Object.is(before.value, value)) return undefined
  if (before.json === undefined) return before
  const told = stringifyJSON(JSON.parse(before.json) as JSONValue)
  return told === stringifyJSON(value as JSONValue) ? before : undefined
}

/** What was found in an interaction, in the order of its columns. */
function found(parts: Parts, maxFileBytes: number): readonly Found[] {
  const { params, query, request, response } = parts
  const list: Found[] = []
  const add = (
    role: Found['role'],
    place: Found['place'],
    slots: Iterable<readonly [string, Slot]>,
  ) => {
    for (const [name, slot] of slots) {
      list.push({ role, place, name, slot: coerce(slot, 'any', maxFileBytes) })
    }
  }
  add('input', 'param', params)
  add('input', 'query', query)
  if (request.fields) add('input', 'body', request.fields)
  else if (!request.isEmpty) add('input', 'whole', [['Input', request.whole]])
  if (response.fields && response.fields.size > 0) add('output', 'body', response.fields)
  else add('output', 'whole', [['Output', response.whole]])
  return list
}

function interactionOf(
  facts: SampleFacts,
  url: string,
  parts: Parts,
  components: readonly Component[],
  slots: readonly Slot[],
): Interaction {
  const error = parts.request.error ?? parts.response.error
  const side = (output: boolean) =>
    recordOf(
      components.flatMap(({ label, role }, index) =>
        (role === 'output') === output ? [[label, slots[index] ?? EMPTY] as const] : [],
      ),
    )
  const interaction = {
    ...facts,
    path: url.split('?', 1)[0] as string,
    ...(error === undefined ? {} : { error }),
    params: recordOf(parts.params),
    query: recordOf(parts.query),
    inputs: side(false),
    outputs: side(true),
  }
  // A body is put together as one value only for those who ask for it.
  return Object.defineProperties(interaction, {
    body: { get: () => parts.request.whole.value, enumerable: true, configurable: true },
    output: { get: () => parts.response.whole.value, enumerable: true, configurable: true },
  }) as unknown as Interaction
}
