import type { Datum, FilePart } from '../capture/decoded.ts'
import { splitJSON } from '../capture/json-text.ts'
import { stringifyJSON } from '../capture/stringify-json.ts'
import { type ByteSource, SourceFile, memorySource } from '../store/byte-source.ts'
import type { FlagValue, JSONValue } from './flag-value.ts'

/** A value on its way into a column. */
export interface Slot {
  /** Parsed on first use where it is large. */
  readonly value: FlagValue
  /** Its JSON text as received, where the value cannot hold it. */
  readonly json?: string
  /** Whether it is a string of a form, a query or a path, which spells other types. */
  readonly spelled?: boolean
}

/** The slot of a missing value. */
export const EMPTY: Slot = { value: null }

/** Where a file part of a body finds its bytes. */
export type PartSource = (part: FilePart) => ByteSource

/** A decoded value as a slot. */
export function slotOf(datum: Datum, source: PartSource, spelled: boolean): Slot {
  if ('file' in datum) return { value: fileOf(datum.file, source) }
  if ('files' in datum) return { value: datum.files.map((part) => fileOf(part, source)) }
  const { value, json } = datum
  if (value === undefined) return json === undefined ? EMPTY : new LargeSlot(json)
  if (!spelled) return datum as Slot
  return json === undefined ? { value, spelled } : { value, spelled, json }
}

function fileOf(part: FilePart, source: PartSource): SourceFile {
  const bytes = part.bytes ? memorySource(part.bytes) : source(part)
  return new SourceFile(part.name, part.type, bytes)
}

/**
 * The elements of a slot that holds a list; `undefined` where it holds none.
 * @param most elements that are wanted of a list that is not parsed yet
 */
export function elementSlots(slot: Slot, most?: number): readonly Slot[] | undefined {
  if (slot.json !== undefined) {
    const isList = slot.json.startsWith('[')
    return isList ? splitJSON(slot.json, most)?.values.map(slotOfText) : undefined
  }
  if (!Array.isArray(slot.value)) return undefined
  return (slot.value as readonly FlagValue[]).map((value) => ({ value }))
}

/**
 * The members of a slot that holds a JSON object; `undefined` where it holds none.
 * @param most members of an object that is not parsed yet; one with more is left alone
 */
export function memberSlots(
  slot: Slot,
  most: number = Number.POSITIVE_INFINITY,
): ReadonlyMap<string, Slot> | undefined {
  if (slot.json !== undefined) {
    const { keys, values } = splitJSON(slot.json, most + 1) ?? { keys: undefined, values: [] }
    if (values.length > most) return undefined
    return keys && new Map(keys.map((key, index) => [key, slotOfText(values[index] as string)]))
  }
  const { value } = slot
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return new Map(
    Object.entries(value as Record<string, FlagValue>).map(([key, member]) => [
      key,
      { value: member },
    ]),
  )
}

/** JSON text as a slot; large ones are parsed on first use. */
export function slotOfText(text: string): Slot {
  if (text.length > LARGE && !text.startsWith('"')) return new LargeSlot(text)
  const value = JSON.parse(text) as JSONValue
  const isExact = typeof value === 'string' || stringifyJSON(value) === text
  return isExact ? { value } : { value, json: text }
}

/** Characters of JSON text that are not parsed before somebody asks. */
const LARGE = 256 * 1024

/** A large JSON value: most callbacks only need its text. */
class LargeSlot implements Slot {
  readonly json: string
  #value: JSONValue | undefined

  constructor(json: string) {
    this.json = json
  }

  get value(): JSONValue {
    return (this.#value ??= JSON.parse(this.json) as JSONValue)
  }
}

/** Slots as a record by label; large values are parsed on first use. */
export function recordOf(
  entries: Iterable<readonly [label: string, slot: Slot]>,
): Record<string, FlagValue> {
  const record: Record<string, FlagValue> = {}
  for (const [label, slot] of entries) define(record, label, slot)
  return record
}

/** Slots as flag data, in their order; large values are parsed on first use. */
export function flagDataOf(slots: readonly Slot[]): readonly FlagValue[] {
  const data: FlagValue[] = []
  for (const [index, slot] of slots.entries()) {
    if (slot instanceof LargeSlot) define(data, index, slot)
    else data.push(slot.value)
  }
  return data
}

function define(target: object, key: string | number, slot: Slot): void {
  if (slot instanceof LargeSlot) {
    Object.defineProperty(target, key, {
      get: () => slot.value,
      set: (value: FlagValue) => {
        defineValue(target, key, value)
      },
      enumerable: true,
      configurable: true,
    })
  } else defineValue(target, key, slot.value)
}

/** Labels are clients' to choose: `__proto__` too becomes a property like any other. */
function defineValue(target: object, key: string | number, value: FlagValue): void {
  Object.defineProperty(target, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  })
}
