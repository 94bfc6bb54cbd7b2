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
import { type Found, InferredColumns, type VisitFound } from './inferred-columns.ts'
import type { Interaction } from './interaction.ts'
import { EMPTY, type Slot, recordOf } from './slot.ts'

/** What is known of a sample beside its values. */
export type SampleFacts = Pick<
  Interaction,
  'id' | 'endpoint' | 'method' | 'status' | 'startedAt' | 'duration' | 'ended' | 'truncated'
>

/** The values of an interaction over the columns of its dataset. */
export class Sampled {
  readonly facts: SampleFacts
  readonly components: readonly Component[]
  readonly slots: readonly Slot[]
  /** The columns to go on with, where they are inferred. */
  readonly columns: InferredColumns | undefined
  /** Whether a declared input was present; `true` where none are declared. */
  readonly anyInput: boolean
  readonly #origin: Origin

  constructor(
    origin: Origin,
    components: readonly Component[],
    slots: readonly Slot[],
    { columns, anyInput = true }: { columns?: InferredColumns | undefined; anyInput?: boolean },
  ) {
    this.facts = origin.facts
    this.components = components
    this.slots = slots
    this.anyInput = anyInput
    this.columns = columns
    this.#origin = origin
  }

  /** The interaction as plain data, made for the host's own functions only. */
  interaction(): Interaction {
    return interactionOf(this.#origin, this.components, this.slots)
  }

  /** The same sample with other values. */
  with(slots: readonly Slot[]): Sampled {
    return new Sampled(this.#origin, this.components, slots, this)
  }
}

/** What a sample is made from. */
interface Origin {
  readonly facts: SampleFacts
  readonly url: string
  readonly parts: Parts
}

/** Lays out an interaction over declared components, or over inferred columns. */
export function sample(
  exchange: Exchange,
  parts: Parts,
  endpoint: string,
  target: Declared | InferredColumns,
  rules: ColumnRules,
): Sampled {
  const { method, url } = exchange.facts
  const facts: SampleFacts = {
    id: exchange.id,
    endpoint,
    method,
    status: exchange.answer?.status ?? 0,
    startedAt: new Date(exchange.startedAt),
    duration: exchange.duration,
    ended: exchange.endedAs,
    truncated: parts.truncated,
  }
  const origin = { facts, url, parts }
  if (target instanceof InferredColumns) {
    const layout = target.layOut((visit) => {
      visitFound(parts, rules.maxFileBytes, visit)
    })
    return new Sampled(origin, layout.columns.components, layout.slots, layout)
  }
  // What functions of the host's are asked about has no columns yet.
  const unlaid = () => interactionOf(origin, [], [])
  const inputs = lookUpInputs(target.inputs, parts, unlaid, rules)
  const outputs = lookUpOutputs(target.outputs, parts, unlaid, rules)
  const slots = [...inputs.slots, ...outputs]
  return new Sampled(origin, target.all, slots, { anyInput: inputs.anyPresent })
}

/**
 * The values after the host's own redaction: what the function left in `inputs` and `outputs`.
 * @throws FlaggingError `ERR_FLAGGING_REDACT` where the function threw or gave no interaction
 */
export function redactedSlots(
  sampled: Pick<Sampled, 'components' | 'slots' | 'interaction'>,
  redact: (interaction: Interaction) => Interaction,
): readonly Slot[] {
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
  return sampled.components.map(({ label, role }, index): Slot => {
    const values = role === 'output' ? interaction.outputs : interaction.inputs
    const value = Object.hasOwn(values, label) ? (values[label] as FlagValue) : null
    return unchanged(sampled.slots[index] as Slot, value) ?? { value: value ?? null }
  })
}

/** The slot as it was if the value says the same still: it may have been changed in place. */
function unchanged(before: Slot, value: FlagValue): Slot | undefined {
  if (!Object.is(before.value, value)) return undefined
  if (before.json === undefined) return before
  const told = stringifyJSON(JSON.parse(before.json) as JSONValue)
  return told === stringifyJSON(value as JSONValue) ? before : undefined
}

/** Shows what was found in an interaction, in the order of its columns. */
function visitFound(parts: Parts, maxFileBytes: number, visit: VisitFound): void {
  const { params, query, request, response } = parts
  const visitAll = (
    role: Found['role'],
    place: Found['place'],
    slots: Iterable<readonly [string, Slot]>,
  ) => {
    for (const [name, slot] of slots) visit(role, place, name, coerce(slot, 'any', maxFileBytes))
  }
  if (params.size > 0) visitAll('input', 'param', params)
  if (query.size > 0) visitAll('input', 'query', query)
  if (request.entries) visitAll('input', 'body', request.entries)
  else if (!request.isEmpty) visitAll('input', 'whole', [['Input', request.whole]])
  if (response.entries && response.entries.length > 0) {
    visitAll('output', 'body', response.entries)
  } else visitAll('output', 'whole', [['Output', response.whole]])
}

function interactionOf(
  { facts, url, parts }: Origin,
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
