import { createHash } from 'node:crypto'
import type { Component } from '../components.ts'
import { type FlaggedFile, type JSONValue, isFlaggedFile, isFlaggedFileList } from './flag-value.ts'
import { objectSlot } from './body.ts'
import { EMPTY, type Slot } from './slot.ts'

/** A value that was found in an interaction, and where. */
export interface Found {
  readonly role: 'input' | 'output'
  /** `whole`: a body without fields. */
  readonly place: 'param' | 'query' | 'body' | 'whole'
  /** The field's name; for a whole body the label that it wishes for. */
  readonly name: string
  readonly slot: Slot
}

/** Told of each value that was found, in the order of the columns. */
export type VisitFound = (
  role: Found['role'],
  place: Found['place'],
  name: string,
  slot: Slot,
) => void

/** The values of one interaction, laid out over columns. */
export interface Layout {
  readonly columns: InferredColumns
  readonly slots: readonly Slot[]
}

const LONGEST_LABEL = 200
const OVERFLOW_LABEL = 'other'

/**
 * The columns of an endpoint whose components are not declared: what has been seen so far, in the
 * order it was seen, inputs before outputs. Never changes; `layOut` gives a wider one where needed.
 */
export class InferredColumns {
  readonly components: readonly Component[]
  readonly #limit: number
  readonly #reserved: readonly string[]
  /** Position in `components` by role and place, then by name. */
  readonly #positions = new Map<string, Map<string, number>>()

  /**
   * @param limit columns at most; beyond it fields share one JSON column
   * @param reserved names of the log's own columns, which keep them
   */
  constructor(components: readonly Component[], limit: number, reserved: readonly string[]) {
    this.components = components
    this.#limit = limit
    this.#reserved = reserved
    for (const [index, component] of components.entries()) {
      const { place, name } = originOf(component)
      let names = this.#positions.get(place)
      if (names === undefined) this.#positions.set(place, (names = new Map()))
      names.set(name, index)
    }
  }

  /**
   * The found values in the order of the columns, which widen to take them.
   * @param visitAll shows all of them; called again where columns are missing
   */
  layOut(visitAll: (visit: VisitFound) => void): Layout {
    const slots: Slot[] = this.components.map(() => EMPTY)
    let isWide = true
    visitAll((role, place, name, slot) => {
      const at = this.#positionOf(role, place, name)
      if (at === undefined) isWide = false
      else slots[at] = slot
    })
    if (isWide) return { columns: this, slots }
    const found: Found[] = []
    visitAll((role, place, name, slot) => found.push({ role, place, name, slot }))
    return this.#widened(found).#layOutAll(found)
  }

  #layOutAll(found: readonly Found[]): Layout {
    const slots: Slot[] = this.components.map(() => EMPTY)
    const overflow = new Map<string, Slot>()
    for (const { role, place, name, slot } of found) {
      const at = this.#positionOf(role, place, name)
      if (at !== undefined) slots[at] = slot
      else
        overflow.set(
          freeName(name, (taken) => overflow.has(taken)),
          slot,
        )
    }
    const at = this.#overflowAt
    if (overflow.size > 0 && at !== undefined) slots[at] = objectSlot(described(overflow))
    return { columns: this, slots }
  }

  #positionOf(role: Found['role'], place: Found['place'], name: string): number | undefined {
    return this.#positions.get(PLACES[role][place])?.get(place === 'whole' ? '' : name)
  }

  get #overflowAt(): number | undefined {
    return this.#positions.get(OVERFLOW)?.get('')
  }

  #widened(found: readonly Found[]): InferredColumns {
    const fresh = found.filter(
      ({ role, place, name }) => this.#positionOf(role, place, name) === undefined,
    )
    const hasOverflow = this.#overflowAt !== undefined
    const room = hasOverflow ? 0 : this.#limit - this.components.length
    const added = fresh.length <= room ? fresh : fresh.slice(0, Math.max(0, room - 1))
    const taken = new Set(this.components.map((component) => component.label))
    const isTaken = (label: string) => taken.has(label) || this.#reserved.includes(label)
    const made = added.map((one): Component => {
      const label = freeName(shortened(one.name), isTaken)
      taken.add(label)
      return { label, type: 'any', role: one.role, ...sourceOf(one) }
    })
    if (!hasOverflow && fresh.length > room) {
      const label = freeName(OVERFLOW_LABEL, isTaken)
      made.push({ label, type: 'json', role: 'input' })
    }
    if (made.length === 0) return this
    const all = [...this.components, ...made]
    const ordered = [
      ...all.filter((component) => component.role !== 'output'),
      ...all.filter((component) => component.role === 'output'),
    ]
    return new InferredColumns(ordered, this.#limit, this.#reserved)
  }
}

function sourceOf({ role, place, name }: Found): Pick<Component, 'from'> {
  if (place === 'whole') return {}
  if (role === 'output') return { from: name }
  return { from: { [place]: name } as unknown as { body: string } }
}

/** The places of fields by role, as one word. */
const PLACES: Readonly<Record<Found['role'], Readonly<Record<Found['place'], string>>>> = {
  input: { param: 'input param', query: 'input query', body: 'input body', whole: 'input whole' },
  output: { param: 'output', query: 'output', body: 'output', whole: 'output whole' },
}
const OVERFLOW = 'other'

/** Where a column of an earlier interaction, maybe of an earlier process, has its values from. */
function originOf({ type, role, from }: Component): { place: string; name: string } {
  if (type === 'json') return { place: OVERFLOW, name: '' }
  const places = PLACES[role === 'output' ? 'output' : 'input']
  if (typeof from === 'string') return { place: places.body, name: from }
  const [place, name] = Object.entries(from ?? {})[0] ?? ['whole', '']
  return place === 'whole'
    ? { place: places.whole, name: '' }
    : { place: places[place as Found['place']], name: String(name) }
}

function freeName(name: string, isTaken: (name: string) => boolean): string {
  const base = name === '' ? '_' : name
  let free = base
  for (let count = 2; isTaken(free); count++) free = `${base} ${count}`
  return free
}

function shortened(name: string): string {
  if (name.length <= LONGEST_LABEL) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 16)
  return `${name.slice(0, LONGEST_LABEL - 17).replace(/[\uD800-\uDBFF]$/, '')}~${hash}`
}

/** The overflow column holds JSON: of files it says what they were. */
function described(overflow: ReadonlyMap<string, Slot>): ReadonlyMap<string, Slot> {
  const slots = [...overflow].map(([name, slot]): [string, Slot] => {
    if (slot.json !== undefined) return [name, slot]
    const { value } = slot
    if (isFlaggedFile(value)) return [name, { value: description(value) }]
    return [name, isFlaggedFileList(value) ? { value: value.map(description) } : slot]
  })
  return new Map(slots)
}

function description({ name, type, size }: FlaggedFile): JSONValue {
  return { name: name ?? null, type, size }
}
