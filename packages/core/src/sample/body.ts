import { stringifyJSON } from '../capture/stringify-json.ts'
import type { Decoded } from '../capture/decoded.ts'
import type { FlagValue, JSONValue } from './flag-value.ts'
import { isFlaggedFile, isFlaggedFileList } from './flag-value.ts'
import { EMPTY, type PartSource, type Slot, recordOf, slotOf } from './slot.ts'

/** The fields of a body, whose names are unique. */
type Entries = readonly (readonly [name: string, slot: Slot])[]

/** A decoded body as slots. */
export interface Body {
  /** Its fields by name; `undefined` where it is no form and no JSON object. */
  readonly fields: ReadonlyMap<string, Slot> | undefined
  /** The same, in the order received: cheaper where nothing is looked up. */
  readonly entries: Entries | undefined
  /** All of it as one value; a JSON object or form as an object. */
  readonly whole: Slot
  readonly isEmpty: boolean
  readonly truncated: boolean
  readonly error: string | undefined
}

/** No body at all. */
export const NO_BODY: Body = {
  fields: undefined,
  entries: undefined,
  whole: EMPTY,
  isEmpty: true,
  truncated: false,
  error: undefined,
}

/** Turns what a decoder gave into slots; file parts find their bytes through `source`. */
export function bodyOf(decoded: Decoded, source: PartSource): Body {
  const { truncated, error } = decoded
  if (decoded.kind === 'fields') {
    return new FieldsBody(entriesOf(decoded, source), truncated, error)
  }
  const whole = decoded.datum ? slotOf(decoded.datum, source, false) : EMPTY
  const isEmpty = decoded.kind === 'empty'
  return { fields: undefined, entries: undefined, whole, isEmpty, truncated, error }
}

function entriesOf({ entries = [], form }: Decoded, source: PartSource): Entries {
  // Most data of JSON bodies are slots already.
  const areSlots = !form && entries.every(([, datum]) => slotOf(datum, source, false) === datum)
  if (areSlots) return entries as Entries
  return entries.map(([name, datum]) => [name, slotOf(datum, source, form)] as const)
}

/** A body of fields, whose whole is put together only when somebody asks for it. */
export class FieldsBody implements Body {
  readonly entries: Entries
  readonly isEmpty = false
  readonly truncated: boolean
  readonly error: string | undefined
  #fields: ReadonlyMap<string, Slot> | undefined
  #whole: Slot | undefined

  constructor(entries: Entries, truncated = false, error?: string) {
    this.entries = entries
    this.truncated = truncated
    this.error = error
  }

  get fields(): ReadonlyMap<string, Slot> {
    return (this.#fields ??= new Map(this.entries))
  }

  get whole(): Slot {
    return (this.#whole ??= objectSlot(this.fields))
  }
}

const INTEGER_KEY = /^(0|[1-9]\d*)$/

/** Fields as one object, with its exact JSON text where the values cannot hold it. */
export function objectSlot(fields: ReadonlyMap<string, Slot>): Slot {
  // The record is an object of values, of which only those of JSON bodies are JSON throughout.
  const value = recordOf(fields) as unknown as FlagValue
  const slots = [...fields]
  const exact = slots.every(([name, slot]) => slot.json === undefined && !INTEGER_KEY.test(name))
  const hasFiles = slots.some(([, slot]) => slot.json === undefined && isFiles(slot.value))
  if (exact || hasFiles) return { value }
  const members = slots.map(
    ([name, slot]) =>
      `${JSON.stringify(name)}:${slot.json ?? stringifyJSON(slot.value as JSONValue)}`,
  )
  return { value, json: `{${members.join(',')}}` }
}

function isFiles(value: FlagValue): boolean {
  return isFlaggedFile(value) || isFlaggedFileList(value)
}
