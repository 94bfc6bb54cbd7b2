import { type Component, type ComponentSource, isFileType } from '../components.ts'
import type { RedactRules } from '../capture/decoded.ts'
import { FlaggingError } from '../errors.ts'
import { caught, isThenable } from '../caught.ts'
import type { Body } from './body.ts'
import { hideIn } from './hide-in.ts'
import { coerce, textAsFile } from './coerce.ts'
import type { Parts } from './decode-exchange.ts'
import { type FlagValue, isFlaggedFile } from './flag-value.ts'
import type { Interaction } from './interaction.ts'
import { EMPTY, type Slot, elementSlots, memberSlots } from './slot.ts'

/** What the values of columns are held to. */
export interface ColumnRules {
  readonly maxFileBytes: number
  readonly redact: RedactRules
}

/** The declared inputs, and whether at least one of them was present. */
export interface FoundInputs {
  readonly slots: readonly Slot[]
  readonly anyPresent: boolean
}

/**
 * Looks the declared inputs up in body, query and route parameters; exact keys before dotted paths.
 * A body without fields is the value of the one input that is found nowhere else.
 * @param interaction what functions are asked about
 */
export function lookUpInputs(
  components: readonly Component[],
  parts: Parts,
  interaction: () => Interaction,
  rules: ColumnRules,
): FoundInputs {
  const places = [parts.request.fields, parts.query, parts.params]
  const found = components.map(({ label, from = label }) =>
    inputSlot(from, places, parts, interaction),
  )
  const open = components.flatMap((component, index) =>
    found[index] === undefined && typeof (component.from ?? '') === 'string' ? [index] : [],
  )
  const { request } = parts
  if (open.length === 1 && !request.fields && !request.isEmpty && request.error === undefined) {
    found[open[0] as number] = request.whole
  }
  return {
    slots: components.map((component, index) => columnSlot(component, found[index], rules)),
    anyPresent: found.some((slot) => slot !== undefined),
  }
}

function columnSlot({ label, type }: Component, slot: Slot | undefined, rules: ColumnRules): Slot {
  const made = coerce(slot ?? EMPTY, type, rules.maxFileBytes)
  // JSON that a form has spelled out becomes JSON only here.
  return slot?.spelled === true ? hideIn(made, label, rules.redact) : made
}

function inputSlot(
  from: ComponentSource,
  places: readonly (ReadonlyMap<string, Slot> | undefined)[],
  { request, query, params }: Parts,
  interaction: () => Interaction,
): Slot | undefined {
  if (typeof from === 'function') return asked(from, interaction)
  if (typeof from === 'object') {
    const [place, name] = Object.entries(from)[0] as [string, string]
    const fields = place === 'body' ? request.fields : place === 'query' ? query : params
    return fields?.get(name) ?? at(fields, name)
  }
  for (const fields of places) if (fields?.has(from)) return fields.get(from)
  for (const fields of places) {
    const slot = at(fields, from)
    if (slot) return slot
  }
  return undefined
}

/**
 * Looks the declared outputs up: a single one is the key of its name if the response has it, else
 * the whole body; several are found by key, or by position in an array.
 */
export function lookUpOutputs(
  components: readonly Component[],
  parts: Parts,
  interaction: () => Interaction,
  rules: ColumnRules,
): readonly Slot[] {
  const { response } = parts
  const [only] = components
  return components.map((component, index) => {
    const { label, type, from = label } = component
    let slot = outputSlot(from, response, interaction)
    if (slot === undefined && response.error === undefined) {
      if (component === only && components.length === 1 && component.from === undefined) {
        slot = wholeSlot(response, type, parts.responseType)
      } else slot = element(response, index)
    }
    return columnSlot(component, slot, rules)
  })
}

function outputSlot(
  from: ComponentSource,
  response: Body,
  interaction: () => Interaction,
): Slot | undefined {
  if (typeof from === 'function') return asked(from, interaction)
  const name = typeof from === 'string' ? from : (Object.values(from)[0] as string)
  return response.fields?.get(name) ?? at(response.fields, name)
}

function wholeSlot({ whole, fields }: Body, type: Component['type'], mediaType?: string): Slot {
  const isText = fields === undefined && whole.json === undefined && !isFlaggedFile(whole.value)
  const isDataUri = typeof whole.value === 'string' && whole.value.startsWith('data:')
  return isText && isFileType(type) && !isDataUri && !/json/i.test(mediaType ?? '')
    ? textAsFile(whole, mediaType)
    : whole
}

function element({ whole, fields }: Body, index: number): Slot | undefined {
  return fields === undefined ? elementSlots(whole)?.[index] : undefined
}

function asked(
  from: (interaction: Interaction) => FlagValue | undefined,
  interaction: () => Interaction,
): Slot | undefined {
  const value = from(interaction())
  caught(value, () => undefined)
  if (isThenable(value)) {
    throw new FlaggingError('ERR_FLAGGING_OPTION', '`from` must give a value, not a promise.')
  }
  return value === undefined ? undefined : { value }
}

/** What a dotted path leads to. */
function at(fields: ReadonlyMap<string, Slot> | undefined, path: string): Slot | undefined {
  const [first, ...rest] = path.split('.')
  let slot = rest.length === 0 ? undefined : fields?.get(first as string)
  const isSpelled = slot?.spelled === true
  for (const key of rest) slot = slot && memberOf(slot, key)
  return slot && isSpelled ? { ...slot, spelled: true } : slot
}

/** By way of the JSON text where there is one: the value may not hold all of its digits. */
function memberOf(slot: Slot, key: string): Slot | undefined {
  if (slot.json !== undefined) {
    return INDEX.test(key) && slot.json.startsWith('[')
      ? elementSlots(slot)?.[Number(key)]
      : memberSlots(slot)?.get(key)
  }
  const { value } = slot
  if (typeof value !== 'object' || value === null || isFlaggedFile(value)) return undefined
  const isMember = Array.isArray(value) ? INDEX.test(key) : true
  if (!isMember || !Object.hasOwn(value, key)) return undefined
  return { value: (value as Readonly<Record<string, FlagValue>>)[key] as FlagValue }
}

const INDEX = /^(?:0|[1-9]\d*)$/
