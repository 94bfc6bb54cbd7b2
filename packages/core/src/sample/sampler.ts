import type { Component } from '../components.ts'
import { FlaggingError } from '../errors.ts'
import type { Exchange } from '../capture/exchange.ts'
import type { Declared } from '../resolve-components.ts'
import { coerce } from './coerce.ts'
import type { Parts } from './decode-exchange.ts'
import { lookUpInputs, lookUpOutputs } from './declared-columns.ts'
import type { FlagValue } from './flag-value.ts'
import { type Found, InferredColumns } from './inferred-columns.ts'
import type { Interaction } from './interaction.ts'
import { EMPTY, type Slot, recordOf } from './slot.ts'

/** The values of an interaction over the columns of its dataset, and the interaction itself. */
export interface Sampled {
  readonly interaction: Interaction
  readonly components: readonly Component[]
  readonly slots: readonly Slot[]
  /** The columns to go on with, where they are inferred. */
  readonly columns: InferredColumns | undefined
  /** Whether a declared input was present; `true` where none are declared. */
  readonly anyInput: boolean
}

/** Lays out an interaction over declared components, or over inferred columns. */
export function sample(
  exchange: Exchange,
  parts: Parts,
  endpoint: string,
  target: Declared | InferredColumns,
  maxFileBytes: number,
): Sampled {
  const base = bareInteraction(exchange, parts, endpoint)
  if (target instanceof InferredColumns) {
    const { columns, slots } = target.layOut(found(parts, maxFileBytes))
    return { ...filled(base, columns.components, slots), columns, anyInput: true }
  }
  const inputs = lookUpInputs(target.inputs, parts, () => base, maxFileBytes)
  const outputs = lookUpOutputs(target.outputs, parts, () => base, maxFileBytes)
  return {
    ...filled(base, target.all, [...inputs.slots, ...outputs]),
    columns: undefined,
    anyInput: inputs.anyPresent,
  }
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
    interaction = redact(sampled.interaction)
    if (!interaction.inputs || !interaction.outputs)
      throw new TypeError('inputs or outputs missing')
  } catch (error) {
    throw new FlaggingError(
      'ERR_FLAGGING_REDACT',
      '`redact` failed, so the sample was dropped: it must return the interaction to store.',
      { cause: error },
    )
  }
  const slots = sampled.components.map(({ label, role }, index): Slot => {
    const before = sampled.slots[index] as Slot
    const side = role === 'output' ? 'outputs' : 'inputs'
    const values = interaction[side]
    const value = Object.hasOwn(values, label) ? (values[label] as FlagValue) : null
    return Object.is(value, sampled.interaction[side][label]) ? before : { value: value ?? null }
  })
  return { ...sampled, ...filled(interaction, sampled.components, slots) }
}

function filled(
  base: Interaction,
  components: readonly Component[],
  slots: readonly Slot[],
): Pick<Sampled, 'interaction' | 'components' | 'slots'> {
  const entries = (output: boolean) =>
    components.flatMap(({ label, role }, index) =>
      (role === 'output') === output ? [[label, slots[index] ?? EMPTY] as const] : [],
    )
  const interaction = Object.create(
    Object.getPrototypeOf(base),
    Object.getOwnPropertyDescriptors(base),
  ) as { -readonly [Key in keyof Interaction]: Interaction[Key] }
  interaction.inputs = recordOf(entries(false))
  interaction.outputs = recordOf(entries(true))
  return { interaction, components, slots }
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

function bareInteraction(exchange: Exchange, parts: Parts, endpoint: string): Interaction {
  const { method, url } = exchange.facts
  const error = parts.request.error ?? parts.response.error
  const interaction = {
    id: exchange.id,
    endpoint,
    method,
    path: url.split('?', 1)[0] as string,
    status: exchange.answer?.status ?? 0,
    startedAt: new Date(exchange.startedAt),
    duration: exchange.duration,
    ended: exchange.endedAs,
    truncated: parts.truncated,
    ...(error === undefined ? {} : { error }),
    params: recordOf(parts.params),
    query: recordOf(parts.query),
    inputs: {},
    outputs: {},
  }
  // A body is put together as one value only for those who ask for it.
  return Object.defineProperties(interaction, {
    body: { get: () => parts.request.whole.value, enumerable: true, configurable: true },
    output: { get: () => parts.response.whole.value, enumerable: true, configurable: true },
  }) as unknown as Interaction
}
